"""Something that says what a test wants where a Redis is awaited."""

import socket
import threading

import resp
import support


def numbers(*values):
    return b"*%d\r\n" % len(values) + b"".join(
        b":%d\r\n" % value for value in values)


class Peer(resp.Client):
    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(support.PATIENCE)
        self.file = connection.makefile("rb")


class Fake:
    """Answers well; what `answers` has for a command, or for a function of
    the script, comes first. Once each."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answers = {}
        self.asked = []
        self.peers = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer = Peer(self.listener.accept()[0])
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(
                target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            while True:
                peer.socket.sendall(self.answer(peer.read()))
        except OSError:
            peer.close()

    def answer(self, words):
        name = words[0].decode()
        if name in ("EVAL", "EVALSHA"):
            name = words[3 + int(words[2])].decode()
        self.asked.append(name)
        return self.answers.pop(name, None) or {
            "SCRIPT": b"$40\r\n" + b"0" * 40 + b"\r\n",
            "probe": numbers(0),
            "take": numbers(0, 1_800_000_000_000, 0, 0),
            "back": numbers(0),
            "reset": numbers(0),
            "SET": b"+OK\r\n",
        }[name]

    def close(self):
        # Wakes who waits in accept.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.peers:
            try:
                peer.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
