"""A TCP proxy that counts connections; or one for CONNECT, to any name."""

import contextlib
import socket
import threading

import support


def pump(source, sink):
    with contextlib.suppress(OSError):
        while True:
            piece = source.recv(65536)
            if not piece:
                break
            sink.sendall(piece)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


class Proxy:
    """Every connection leads to this port of loopback; without one, to the
    port that CONNECT asks for, whatever the name."""

    def __init__(self, port=None):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.connections = 0
        self.names = []

    def __enter__(self):
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(support.PATIENCE)
        self.listener.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(
                target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        port = self.target
        if port is None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += sock.recv(1)
            name = head.split()[1].decode()
            self.names.append(name)
            port = int(name.rsplit(":", 1)[1])
        with sock, socket.create_connection(("127.0.0.1", port)) as other:
            if self.target is None:
                sock.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(
                target=pump, args=(other, sock), daemon=True)
            back.start()
            pump(sock, other)
            back.join(support.PATIENCE)
