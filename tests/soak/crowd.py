"""A crowd: connections that are held and ask nothing, or slowly."""

import contextlib
import random
import select
import socket
import time

import worker

IPV6_FREEBIND = 78
HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Fill: "
BODY = (b"POST /slot HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        b"application/json\r\nContent-Length: 9000\r\n\r\n")
AT_ONCE = 100       # dials in a tenth of a second
SOURCES = ["1 address", "80 addresses"]
WIDE = "5 IPv6 /48s"


def source_of(kind, number):
    """Of the connection with this number."""
    if kind == "1 address":
        return "127.9.0.1"
    if kind == "80 addresses":
        return f"127.9.1.{1 + number % 80}"
    # Of each /48, /64s of 16 /56s.
    return "fd51:0:{:x}:{:x}::1".format(number % 5, number // 5 % 256 << 4)


class Crowd(worker.Worker):
    def __init__(self, port, idle, slow):
        super().__init__()
        self.port = port
        self.idle, self.slow = idle, slow
        self.dice = random.Random(5000)

    def come(self, kind):
        """Until it is told more. Gives how many there were at the most, and
        how many the other side has ended."""
        self.kind = kind
        self.held, self.drips, self.next = {}, set(), 0
        self.poll = select.poll()
        self.most = self.ended = self.number = 0
        while not self.told():
            until = time.monotonic() + 0.1
            self.dial(min(AT_ONCE, self.idle + self.slow - len(self.held)))
            self.most = max(self.most, len(self.held))
            self.drip()
            while (left := until - time.monotonic()) > 0:
                self.look(left)
        for sock in self.held.values():
            sock.close()
        return self.most, self.ended

    def dial(self, count):
        for _ in range(count):
            self.number += 1
            source = source_of(self.kind, self.number)
            wide = ":" in source
            sock = socket.socket(socket.AF_INET6 if wide else socket.AF_INET)
            sock.setblocking(False)
            try:
                if wide:
                    sock.setsockopt(
                        socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
                sock.bind((source, 0))
                sock.connect_ex(("::1" if wide else "127.0.0.1", self.port))
            except OSError:
                sock.close()
                continue
            self.held[sock.fileno()] = sock
            self.poll.register(sock, select.POLLIN | select.POLLHUP)
            if len(self.drips) < self.slow:
                self.drips.add(sock.fileno())
                with contextlib.suppress(OSError):
                    sock.send(self.dice.choice([HEAD, BODY]))

    def look(self, seconds):
        """Who is refused or ended makes room for another."""
        for number, _ in self.poll.poll(seconds * 1000):
            sock = self.held[number]
            try:
                if sock.recv(65536):
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            self.ended += 1
            self.drips.discard(number)
            self.poll.unregister(number)
            del self.held[number]
            sock.close()

    def drip(self):
        """A byte of each that is slow."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + 0.5
        for number in self.drips:
            with contextlib.suppress(OSError):
                self.held[number].send(b"x")
