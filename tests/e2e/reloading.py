"""SIGHUP to a running slotd, and clients that keep it busy meanwhile."""

import http.client
import itertools
import signal
import threading

import support

DATA = b"0123456789abcdef" * 4096


def reader(slotd):
    """The process that parses for slotd; None: there is none any more."""
    pid = slotd.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        for child in file.read().split():
            with open(f"/proc/{child}/stat") as stat:
                name, state = stat.read().split("(")[1].split(")")
            if name == "slotd-reads" and state.split()[0] != "Z":
                return int(child)
    return None


def reload(slotd, config=None, done="msg=reloaded"):
    """Has it read its configuration again; gives the lines that it said."""
    if config is not None:
        support.write_config(slotd.path.parent, config)
    seen = len(slotd.lines)
    slotd.process.send_signal(signal.SIGHUP)
    slotd.wait_line(done, seen)
    return slotd.lines[seen:]


def failed(slotd, config=None):
    return reload(slotd, config, "keeping the previous configuration")


class Load:
    """Clients that ask for slots and fill them until they are told to stop.

    One that was refused or cut off keeps what happened in `lost`.
    """

    def __init__(self, slotd, clients=6, keep_alive=True, uploads=True):
        self.slotd = slotd
        self.keep_alive = keep_alive
        self.uploads = uploads
        self.lost = []
        self.done = itertools.count()
        self.whole = 0
        self.over = threading.Event()
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self._run, daemon=True)
                        for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(support.PATIENCE)
            assert not thread.is_alive()

    def wait_more(self, count):
        """Until so many more journeys are over."""
        with self.changed:
            goal = self.whole + count
            assert self.changed.wait_for(
                lambda: self.whole >= goal or self.lost, support.PATIENCE)

    def _ask(self, connection, *request):
        """A request on a connection that may have to be made anew: the last
        answer said that it ends."""
        reply = connection.ask(*request)
        if not self.keep_alive:
            connection.close()
        return reply

    def _journey(self, connection):
        body = support.slot_body(size=len(DATA))
        reply = self._ask(connection, "POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")])
        assert reply.status == 200, reply
        if not self.uploads:
            return
        target = support.split_url(reply.json["put"])[1]
        reply = self._ask(connection, "PUT", target, DATA)
        assert reply.status == 201, reply

    def _run(self):
        connection = support.Connection(self.slotd.address)
        while not self.over.is_set():
            try:
                self._journey(connection)
            except (OSError, http.client.HTTPException,
                    AssertionError) as fault:
                if self._may_fail(connection, fault):
                    return
                self.lost.append(repr(fault))
                with self.changed:
                    self.changed.notify_all()
                return
            with self.changed:
                self.whole += 1
                self.changed.notify_all()
        connection.close()

    def _may_fail(self, connection, fault):
        """Nobody listens any more: there was no connection to lose."""
        return isinstance(fault, ConnectionRefusedError)
