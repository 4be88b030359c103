"""An upload in slow motion: its head, its body piece by piece, its reply."""

import contextlib
import http.client
import os
import pathlib
import socket

import support


class Upload:
    def __init__(self, url, size, headers=(), method="PUT"):
        self.address, self.target = support.split_url(url)
        self.sock = socket.create_connection(self.address, support.PATIENCE)
        lines = [f"{method} {self.target} HTTP/1.1", "Host: 127.0.0.1"]
        if size is not None:
            lines.append(f"Content-Length: {size}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    @classmethod
    def begun(cls, url, data, first):
        """One that slotd has accepted and that has sent its first bytes.

        The 100 says that the slot is taken and the room reserved.
        """
        upload = cls(url, len(data), [("Expect", "100-continue")])
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            piece = upload.sock.recv(1)
            assert piece, answer
            answer += piece
        assert answer.startswith(b"HTTP/1.1 100 "), answer
        upload.send(data[:first])
        return upload

    def send(self, data):
        self.sock.sendall(data)

    def reply(self):
        response = http.client.HTTPResponse(self.sock, method="PUT")
        response.begin()
        return support.Reply(response, response.read())

    def wait_closed(self, drip=None, patience=support.PATIENCE):
        """Until the other side ends it; writes drip now and then."""
        self.sock.settimeout(0.05)
        received = []

        def closed():
            try:
                if drip:
                    self.sock.sendall(drip)
                piece = self.sock.recv(65536)
                received.append(piece)
                return piece == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True
        support.wait_for("the connection's end", closed, patience)
        return b"".join(received)

    def close(self):
        self.sock.close()


def tree(folder):
    """Every regular file below a folder, and its size; not the key.

    What goes away while it looks is not there.
    """
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            with contextlib.suppress(FileNotFoundError):
                if name != ".key":
                    size = path.lstat().st_size
                    found[str(path.relative_to(folder))] = size
    return found


def memory(slotd, field):
    """A field of /proc/PID/status, in KiB."""
    text = pathlib.Path(f"/proc/{slotd.process.pid}/status").read_text()
    line = next(x for x in text.splitlines() if x.startswith(field + ":"))
    return int(line.split()[1])
