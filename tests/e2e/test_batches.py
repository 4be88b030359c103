"""Many requests that arrive at the same instant."""

import contextlib
import os
import signal
import socket

import pytest

import support

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


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
    slotd = start(support.s3_config(listen={"threads": 1}))
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.create_connection(
            slotd.address, timeout=support.PATIENCE)) for _ in range(count)]
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
