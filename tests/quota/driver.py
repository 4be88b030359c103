"""The Redis part by itself: tests/quota/redis_driver.c as a process."""

import os
import pathlib
import queue
import subprocess
import threading

import support

PROGRAM = (pathlib.Path(support.SLOTD).parent
           / "tests/quota/redis_driver")


class Driver:
    def __init__(self, **settings):
        words = [f"{name}={value}" for name, value in settings.items()]
        self.process = subprocess.Popen(
            [PROGRAM, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1)
        self.said = queue.Queue()
        self.all_said = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said.put(line.rstrip("\n"))

    def hear(self, text):
        """Waits for a line with this text, and gives it."""
        while True:
            try:
                line = self.said.get(timeout=support.PATIENCE)
            except queue.Empty:
                raise AssertionError((text, self.all_said)) from None
            self.all_said.append(line)
            if text in line:
                return line

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, ("the driver ended", self.process.poll())
        return line.split()

    def take(self, user="juliet@example.org", size=1, slots=0, bytes=0,
             domain_bytes=0, nonce=(), now=0):
        """(what became of it, retry_at, the user's bytes, now, micros)"""
        domain = user.partition("/")[0].rpartition("@")[2]
        words = self.ask("take", user, domain, size, slots, bytes,
                         domain_bytes, now, *nonce)
        return (words[0], *map(int, words[1:]))

    def back(self, now, user="juliet@example.org", size=1, slots=0, bytes=0,
             domain_bytes=0):
        domain = user.partition("/")[0].rpartition("@")[2]
        self.ask("back", user, domain, size, slots, bytes, domain_bytes, now)

    def use(self, user="juliet@example.org"):
        return [int(word) for word in self.ask("use", user)]

    def load(self, threads, rounds=0, user="juliet@example.org", size=1,
             slots=0, bytes=0, domain_bytes=1 << 47):
        self.ask("load", threads, rounds, user, user.rpartition("@")[2],
                 size, slots, bytes, domain_bytes, 0)

    def count(self, word="count"):
        """(granted, refused, unavailable, longest in micros)"""
        return tuple(map(int, self.ask(word)))

    def stats(self):
        return {name: int(value) for name, _, value in
                (word.partition("=") for word in self.ask("stats"))}

    def close(self):
        self.process.stdin.close()
        try:
            status = self.process.wait(support.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.reader.join(support.PATIENCE)
            self.process.stdout.close()
            self.process.stderr.close()
        assert status == 0, (status, list(self.said.queue))


def is_there():
    return os.access(PROGRAM, os.X_OK)
