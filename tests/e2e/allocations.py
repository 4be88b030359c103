"""Allocations that fail: see nth_malloc.c."""

import mmap
import struct


class Allocations:
    """Which of slotd's fail, if it was started with NTH_MALLOC=path."""

    def __init__(self, path):
        path.write_bytes(bytes(32))
        with open(path, "r+b") as file:
            self.plan = mmap.mmap(file.fileno(), 32)

    def fail(self, nth=0, every=0):
        """The nth from now on, or each of so many; neither: none."""
        self.plan[:] = struct.pack("=4Q", 0, nth, every, 0)

    @property
    def count(self):
        """How many there have been since then."""
        return struct.unpack("=4Q", self.plan[:])[0]

    @property
    def failed(self):
        return struct.unpack("=4Q", self.plan[:])[3]
