"""Connections that libmicrohttpd cannot take, while others come: they cost
nobody else his, nor the process its life."""

import contextlib
import multiprocessing
import re
import resource
import socket
import time

import pytest

import support
from dial import Lines

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Fill: " + b"x" * 30000
SECONDS = 12
AT_ONCE = 800
# Beyond what it has when it starts.
MEGABYTES = 27
STACK = 256 << 10
ANY = resource.RLIM_INFINITY


class Little(support.Slotd):
    """Whose address space soon ends; threads' stacks are no part of it."""

    def spawn(self, command, **options):
        return super().spawn(
            ["prlimit", f"--stack={STACK}:", *command], **options)

    def limit(self, megabytes):
        with open(f"/proc/{self.process.pid}/status") as file:
            size = int(re.search(r"VmSize:\s*(\d+) kB", file.read())[1])
        resource.prlimit(self.process.pid, resource.RLIMIT_AS, (
            (size << 10) + (megabytes << 20), ANY))

    def unlimit(self):
        resource.prlimit(self.process.pid, resource.RLIMIT_AS, (ANY, ANY))


class Bounded(support.Slotd):
    """From its start with so many bytes of address space."""

    space = 120000000

    def spawn(self, command, **options):
        return super().spawn(
            ["prlimit", f"--as={self.space}", *command], **options)


class Roomy(Bounded):
    space = 2000000000


def attack(address, net, end):
    """From thousands of addresses: most of a head, then a hang-up."""
    held, count = [], 0
    while time.monotonic() < end:
        count = (count + 1) % 15000
        source = f"127.{net}.{1 + count // 250}.{1 + count % 250}"
        sock = socket.socket()
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.bind((source, 0))
            sock.connect_ex(address)
            sock.send(HEAD)
        held.append(sock)
        if len(held) > AT_ONCE:
            held.pop(0).close()
    for sock in held:
        sock.close()


@contextlib.contextmanager
def attackers(slotd):
    end = time.monotonic() + SECONDS
    processes = [multiprocessing.Process(
        target=attack, args=(slotd.address, net, end)) for net in (10, 11)]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
            process.join(support.PATIENCE)


def healthy(slotd):
    try:
        return slotd.healthy()
    except (OSError, support.http.client.HTTPException):
        return False


@pytest.mark.skipif(
    support.SANITIZED, reason="sanitizers reserve terabytes of addresses")
@pytest.mark.parametrize("kind", ["s3", "fs"])
def test_it_starts_in_little(tmp_path, kind):
    """Stacks of 8 MiB for each thread alone would be more."""
    config = (support.s3_config() if kind == "s3"
              else support.fs_config(tmp_path / "store"))
    slotd = Bounded(tmp_path, config)
    try:
        assert slotd.slot()["put"]
        assert slotd.healthy()
    finally:
        slotd.stop()


@pytest.mark.skipif(
    support.SANITIZED, reason="sanitizers reserve terabytes of addresses")
def test_no_thread_takes_addresses_of_its_own(tmp_path):
    """Under a limit, even one that is far: the C library would try for 64 MiB
    at each thread's first malloc, while the next thread's stack is mapped."""
    slotd = Roomy(tmp_path, support.fs_config(tmp_path / "store"))
    try:
        assert slotd.slot()["put"]
        with open(f"/proc/{slotd.process.pid}/status") as file:
            peak = int(re.search(r"VmPeak:\s*(\d+) kB", file.read())[1])
        assert peak << 10 <= Bounded.space
    finally:
        slotd.stop()


@pytest.mark.skipif(
    support.SANITIZED, reason="sanitizers reserve terabytes of addresses")
def test_connections_that_cannot_be_taken(tmp_path):
    slotd = Little(tmp_path, support.fs_config(
        tmp_path / "store", trusted_proxies=()))
    try:
        slotd.limit(MEGABYTES)
        with attackers(slotd) as processes:
            for process in processes:
                process.join(SECONDS + support.PATIENCE)
                assert slotd.process.poll() is None, slotd.lines[-3:]
        slotd.unlimit()
        support.wait_for("its recovery", lambda: healthy(slotd))
        slotd.slot()
    finally:
        slotd.stop()


def test_a_closed_socket_is_nobody_s(start, tmp_path, preload):
    """Its number is another's before libmicrohttpd has said so."""
    preload("choosy_mhd.c")
    slotd = start(support.s3_config(
        trusted_proxies=(), listen={"threads": 2},
        limits={"connections": 200, "connections_per_address": 0,
                "header_timeout": 600}))
    # Those that it closed give their places back, or there soon are none.
    served = 0
    for _ in range(8):
        with Lines(slotd.address) as lines:
            served += lines.served(50)
    assert served == 200
