"""Many requests that arrive at the same instant."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import socket

import pytest

import support
from upload import Upload

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
# Many connections take a slow test a while, and none is to end meanwhile.
LONG = {"header_timeout": 3600, "idle_timeout": 3600}


def connect(slotd):
    return socket.create_connection(slotd.address, timeout=support.PATIENCE)


def count_files(slotd):
    return len(os.listdir(f"/proc/{slotd.process.pid}/fd"))


def answer(sock):
    """The head of one response."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        assert piece, data
        data += piece
    return data


# libmicrohttpd takes 128 events at a time; its own threads wait for another
# one after a full batch, and then nobody of that batch is served.
@pytest.mark.parametrize("count", [127, 128, 129, 256])
def test_full_batches(start, count):
    slotd = start(support.s3_config(listen={"threads": 1}, limits=LONG))
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(slotd)) for _ in range(count)]
        for sock in socks:
            sock.sendall(ASK)
            answer(sock)
        # While the process stands still, all of them become ready.
        os.kill(slotd.process.pid, signal.SIGSTOP)
        try:
            for sock in socks:
                sock.sendall(ASK)
        finally:
            os.kill(slotd.process.pid, signal.SIGCONT)
        for sock in socks:
            assert answer(sock).startswith(b"HTTP/1.1 200")


def test_a_connection_that_comes_while_another_is_taken(
        start, tmp_path, monkeypatch, preload):
    gate = tmp_path / "gate"
    preload("slow_take.c")
    monkeypatch.setenv("SLOW_TAKE", str(gate))
    # The end of the first connection would help the second.
    slotd = start(support.s3_config(listen={"threads": 1}, limits=LONG))
    before = count_files(slotd)
    gate.touch()
    with connect(slotd):
        slotd.wait_line("^slow take$")
        with connect(slotd) as second:
            support.wait_for("the second",
                             lambda: count_files(slotd) >= before + 2)
            gate.unlink()
            second.sendall(ASK)
            assert answer(second).startswith(b"HTTP/1.1 200")


def link_of(path):
    """Where it leads; nowhere, if it is gone meanwhile."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


def count_calls(slotd):
    """How often slotd's loops were called: they never read their eventfds."""
    proc = pathlib.Path(f"/proc/{slotd.process.pid}")
    events = [number for number in os.listdir(proc / "fd")
              if "eventfd" in link_of(proc / "fd" / number)]
    return sum(int(count, 16) for number in events for count in re.findall(
        r"^eventfd-count:\s*([0-9a-f]+)$",
        (proc / "fdinfo" / number).read_text(), re.M))


def test_a_request_that_goes_on_while_the_loop_looks(
        start, tmp_path, monkeypatch, preload):
    disk, look = tmp_path / "disk", tmp_path / "look"
    preload("slow_look.c")
    monkeypatch.setenv("SLOW_DISK", str(disk))
    monkeypatch.setenv("SLOW_LOOK", str(look))
    slotd = start(support.fs_config(
        tmp_path, listen={"threads": 1}, limits=LONG))
    put = slotd.slot(size=70000)["put"]
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(connect(slotd))
        sock.sendall(ASK)
        answer(sock)
        disk.touch()
        upload = stack.enter_context(contextlib.closing(Upload(put, 70000)))
        slotd.wait_line("^slow disk$")
        # The loop has nothing else to do when it has answered this.
        sock.sendall(ASK)
        answer(sock)
        look.touch()
        # To take a new connection it looks at its epoll, and does not wait.
        sock = stack.enter_context(connect(slotd))
        sock.sendall(ASK)
        slotd.wait_line("^slow look$")
        before = count_calls(slotd)
        disk.unlink()
        support.wait_for("the call", lambda: count_calls(slotd) > before)
        look.unlink()
        assert answer(sock).startswith(b"HTTP/1.1 200")
        upload.send(bytes(70000))
        assert upload.reply().status == 507


# None is refused, and none has to send its SYN again, which takes a second.
def test_two_thousand_at_once(start):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    queue = pathlib.Path("/proc/sys/net/core/somaxconn")
    if int(queue.read_text()) < 2000 or limits[1] < 5000:
        pytest.skip("the system's own limits are lower")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    slotd = start(support.s3_config(limits=LONG))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        # What comes while the process stands still waits in the kernel.
        os.kill(slotd.process.pid, signal.SIGSTOP)
        try:
            socks = [stack.enter_context(connect(slotd))
                     for _ in range(2000)]
        finally:
            os.kill(slotd.process.pid, signal.SIGCONT)
        for sock in socks:
            sock.sendall(ASK)
        for sock in socks:
            assert answer(sock).startswith(b"HTTP/1.1 200")
