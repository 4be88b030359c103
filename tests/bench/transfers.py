"""Bytes for each CPU second, of slotd and of an nginx that does the same."""

import contextlib
import http.client
import os
import pathlib

import support
from figures import AT_LEAST, Figure, say
from programs import cpu

MIB = 1 << 20
KIB = 1 << 10
# (name, bytes of a file, files a round)
SIZES = [("64 MiB", 64 * MIB, 6), ("64 KiB", 64 * KIB, 480)]
TURNS = 6   # in which they go, a round
CACHES = pathlib.Path("/proc/sys/vm/drop_caches")


class Client:
    """One connection that is kept."""

    def __init__(self, program):
        self.program = program
        self.http = http.client.HTTPConnection(
            "127.0.0.1", program.port, timeout=support.PATIENCE)

    def put(self, target, body):
        self.http.request("PUT", target, body)
        with self.http.getresponse() as response:
            said = response.read()
            assert response.status in (200, 201), (response.status, said)

    def get(self, target, room):
        self.http.request("GET", target)
        with self.http.getresponse() as response:
            assert response.status == 200, response.status
            got = 0
            while piece := response.readinto(room):
                got += piece
        return got

    def upload(self, targets, size):
        """CPU seconds."""
        body = bytes(size)
        before = cpu(self.program.pid)
        for target in targets:
            self.put(target, body)
        return cpu(self.program.pid) - before

    def download(self, targets, size):
        """CPU seconds."""
        room = memoryview(bytearray(MIB))
        before = cpu(self.program.pid)
        for target in targets:
            assert self.get(target, room) == size
        return cpu(self.program.pid) - before


def rates(size, *sides):
    """MiB a CPU second of two, each an `upload` or a `download` and its
    targets. They go in turns, and who is first changes."""
    spent = [0, 0]
    count = len(sides[0][1])
    step = count // TURNS
    for at in range(0, count, step):
        for which in (0, 1) if at // step % 2 else (1, 0):
            run, targets = sides[which]
            spent[which] += run(targets[at:at + step], size)
    return tuple(size * count / MIB / seconds for seconds in spent)


def settle():
    """Writes out what is still to be written, and forgets what the disk has,
    where this is allowed. ext4 without a journal looks at each inode that was
    deleted in the last minutes before it makes another, as long as it has it
    in memory."""
    os.sync()
    with contextlib.suppress(OSError):
        CACHES.write_text("1\n")


def slots(program, size, count):
    """(targets of their uploads, targets of their downloads)"""
    address = "127.0.0.1", program.port
    body = support.slot_body(size=size)
    puts, gets = [], []
    for _ in range(count):
        reply = support.request(address, "POST", "/slot", body, [
            ("Content-Type", "application/json"),
            ("Authorization", support.authorization(body=body))])
        assert reply.status == 200, reply
        puts.append(support.split_url(reply.json["put"])[1])
        gets.append(reply.json["get"])
    return puts, gets


def figure(group, name, pairs, bound):
    """Of (slotd's, nginx's) rates."""
    return Figure(
        group, name, [ours / other for ours, other in pairs], AT_LEAST, bound,
        note="{:,.0f} and {:,.0f} MiB a CPU second".format(
            *(sorted(rates)[len(rates) // 2] for rates in zip(*pairs))))


def progress(what, size, number):
    say(f"{what} of {size}, round {number + 1}")
