"""Connections that are held: each asks when it is told to."""

import http.client
import socket

import support

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Line:
    """One connection; from another address of this machine if wanted."""

    def __init__(self, address, source=None):
        if isinstance(address, str):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(support.PATIENCE)
            self.sock.connect(address)
            return
        self.sock = socket.create_connection(
            address, support.PATIENCE, source and (source, 0))

    def send(self, data):
        self.sock.sendall(data)

    def reply(self):
        response = http.client.HTTPResponse(self.sock)
        response.begin()
        return support.Reply(response, response.read())

    def ask(self, request=HEALTH):
        self.send(request)
        return self.reply()

    def served(self):
        """Whether it is answered; who is refused may also be cut off."""
        try:
            return self.ask().status == 200
        except (ConnectionError, http.client.BadStatusLine):
            return False

    def rest(self):
        """What comes until the end."""
        pieces = []
        while not pieces or pieces[-1]:
            pieces.append(self.sock.recv(65536))
        return b"".join(pieces)

    def reset(self):
        """Ends it by a reset."""
        self.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()


class Lines:
    """A number of them, closed at the end."""

    def __init__(self, address):
        self.address = address
        self.open = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for line in self.open:
            line.close()

    def dial(self, source=None):
        self.open.append(Line(self.address, source))
        return self.open[-1]

    def served(self, count, source=None):
        """How many of `count` more at once are answered."""
        lines = [self.dial(source) for _ in range(count)]
        return sum(line.served() for line in lines)
