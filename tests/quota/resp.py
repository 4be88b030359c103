"""A Redis client: the protocol (RESP2) and nothing more."""

import socket


class RedisError(Exception):
    pass


def packed(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Client:
    """One connection; commands can be sent many at a time."""

    def __init__(self, path, patience=20):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(patience)
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def many(self, commands):
        self.socket.sendall(b"".join(map(packed, commands)))
        return [self.read() for _ in commands]

    def __call__(self, *words):
        reply = self.many([words])[0]
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        mark, text = line[:1], line[1:-2]
        if mark == b"+":
            return text.decode()
        if mark == b"-":
            return RedisError(text.decode())
        if mark == b":":
            return int(text)
        if mark == b"$":
            if text == b"-1":
                return None
            return self.file.read(int(text) + 2)[:-2]
        assert mark == b"*", line
        return [self.read() for _ in range(int(text))]
