"""Processes that do what they are told."""

import multiprocessing
import signal
import traceback

import support


class Worker:
    """A process with this object's state. It answers each call() with what
    the method of that name gives. All begin before this process has
    threads."""

    def __init__(self):
        self.pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=self._main, args=(far,), daemon=True)

    def begin(self):
        self.process.start()

    def _main(self, far):
        # ^C is for the process that ends the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.pipe.close()
        self.pipe = far
        while True:
            name, *words = far.recv()
            try:
                answer = getattr(self, name)(*words)
            except Exception:
                answer = Broken(traceback.format_exc())
            far.send(answer)

    def told(self):
        """In the process: whether there is more to do."""
        return self.pipe.poll()

    def tell(self, *order):
        self.pipe.send(order)

    def hear(self):
        patience = 10 * support.PATIENCE
        assert self.pipe.poll(patience), f"{self} does not answer"
        answer = self.pipe.recv()
        assert not isinstance(answer, Broken), answer.text
        return answer

    def call(self, *order):
        self.tell(*order)
        return self.hear()

    def rest(self):
        """For one that was told to do something until there is more."""
        self.tell("nothing")
        answer = self.hear()
        self.hear()
        return answer

    def nothing(self):
        pass

    def close(self):
        self.process.kill()
        self.process.join(support.PATIENCE)


class Broken:
    def __init__(self, text):
        self.text = text
