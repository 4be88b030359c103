"""Bytes for each CPU second, of slotd and of an nginx that does the same."""

import http.client

import support
from figures import AT_LEAST, Figure, say
from programs import cpu

MIB = 1 << 20
KIB = 1 << 10
# (name, bytes of a file, files a round)
SIZES = [("64 MiB", 64 * MIB, 4), ("64 KiB", 64 * KIB, 400)]


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
        """MiB a CPU second."""
        body = bytes(size)
        before = cpu(self.program.pid)
        for target in targets:
            self.put(target, body)
        return self.rate(before, size * len(targets))

    def download(self, targets, size):
        room = memoryview(bytearray(MIB))
        before = cpu(self.program.pid)
        for target in targets:
            assert self.get(target, room) == size
        return self.rate(before, size * len(targets))

    def rate(self, before, size):
        return size / MIB / (cpu(self.program.pid) - before)


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
