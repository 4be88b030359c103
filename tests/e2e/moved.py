"""A clock that is moved: see moved_clock.c."""

import os
import time

import support


class Clock:
    """slotd's, ahead of ours by so many seconds."""

    def __init__(self, path):
        self.path = path
        self.ahead = 0
        path.touch()

    def move(self, ahead):
        self.ahead = ahead
        os.truncate(self.path, ahead)

    def now(self):
        return time.time() + self.ahead

    def post(self, slotd):
        return slotd.post(
            support.slot_body(), ts=int(self.now()))

    def slot(self, slotd):
        reply = self.post(slotd)
        assert reply.status == 200, reply
        return reply.json
