"""A server whose answers to anything do not end (before 64 MB)."""

import contextlib
import socket
import threading

import support

LINES = b"X-Fake: " + b"a" * 40 + b"\r\n"
# What comes first, and what comes again and again.
SHAPES = {
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"1\r\nx\r\n0\r\n", LINES * 200),
    "headers": (b"HTTP/1.1 200 OK\r\n", LINES * 200),
    "heads": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 400),
}


def pour(sock, shape):
    """Whether the other side has taken all of it."""
    first, again = SHAPES[shape]
    try:
        sock.sendall(first)
        for _ in range(2**26 // len(again)):
            sock.sendall(again)
    except OSError:
        return False
    return True


class Flood:
    def __init__(self, shape):
        self.shape = shape
        self.ended = []  # for each connection: whether all was taken
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(support.PATIENCE)
        self.listener.close()

    def taken(self):
        """Whether somebody has taken all; the first one's end is waited
        for."""
        support.wait_for("the end of an answer", lambda: self.ended)
        return any(self.ended)

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(OSError):
                sock.settimeout(support.PATIENCE)
                if sock.recv(65536):
                    self.ended.append(pour(sock, self.shape))
