"""A store that does what it is told, faults above all.

    def script(peer):
        peer.proceed()
        peer.read(100)
        peer.answer(503, "SlowDown")

    with stub_store.Store(script) as store: ...

The script is called for each request; store.script may be changed at any
time. A connection stays open after it, unless the script closes it.
"""

import contextlib
import re
import select
import socket
import threading

import support

WORDS = {200: "OK", 307: "Temporary Redirect"}


class Peer:
    """One request of slotd's, and the way to answer it."""

    def __init__(self, store, sock, head, rest):
        self.store = store
        self.sock = sock
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {
            name.lower(): value.strip() for name, _, value in
            (line.partition(":") for line in lines[1:])}
        self.length = int(self.headers.get("content-length", 0))
        self.pieces = [rest]
        self.received = len(rest)
        self.ended = False  # by slotd
        self.closed = False

    @property
    def body(self):
        return b"".join(self.pieces)

    def proceed(self):
        if "expect" in self.headers:
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def read(self, size=None, block=65536):
        """Until so many bytes, or all, are there; less: slotd closed."""
        size = self.length if size is None else size
        while self.received < size and not self.ended:
            try:
                piece = self.sock.recv(min(block, size - self.received))
            except ConnectionError:
                piece = b""
            self.ended = not piece
            if self.store.keep:
                self.pieces.append(piece)
            with self.store.changed:
                self.received += len(piece)
                self.store.changed.notify_all()

    def wait_gone(self):
        """Until slotd has closed; what still comes is read."""
        self.read(self.length + 1)

    def answer(self, status, code=None, *lines):
        self.send(
            status, f"<Error><Code>{code}</Code></Error>" if code else "",
            *lines)

    def send(self, status, body, *lines):
        head = [f"HTTP/1.1 {status} {WORDS.get(status, 'No')}"]
        if status != 204:
            head.append(f"Content-Length: {len(body.encode())}")
        head = "\r\n".join([*head, *lines])
        self.sock.sendall((head + "\r\n\r\n" + body).encode())

    def linger(self):
        """Says no more; with unread bytes a plain close() would take the
        answer back."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            self.wait_gone()

    def close(self):
        self.closed = True
        self.sock.close()

    def reset(self):
        """At once, unread bytes or not."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.close()


def take(peer):
    """What a store does that has no faults."""
    peer.proceed()
    peer.read()
    if peer.received == peer.length:
        peer.answer(200)


class Store:
    def __init__(self, script=take, keep=True, buffer=None, port=0):
        self.script = script
        self.keep = keep  # the bytes of bodies
        self.changed = threading.Condition()
        self.peers = []
        self.connections = 0
        self.finished = 0
        self.open = set()
        self.released = threading.Event()
        self.faults = []
        self.listener = socket.socket()
        if buffer:
            self.listener.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(1000)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/bucket"

    def __enter__(self):
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.drop_all()
        # A thread that accepts does not see that its socket is closed.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(support.PATIENCE)
        self.listener.close()
        self.drop_all()
        assert not self.faults, self.faults

    def drop_all(self):
        """Ends every connection, as a store does with idle ones."""
        with self.changed:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(support.PATIENCE)
            with self.changed:
                self.connections += 1
                self.open.add(sock)
                self.changed.notify_all()
            threading.Thread(
                target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            while True:
                peer = self.read_head(sock)
                if not peer:
                    break
                with self.changed:
                    self.peers.append(peer)
                    self.changed.notify_all()
                try:
                    self.script(peer)
                finally:
                    with self.changed:
                        self.finished += 1
                        self.changed.notify_all()
                if peer.closed or peer.received < peer.length:
                    break
        except (ConnectionError, TimeoutError):
            pass
        except Exception as fault:
            if not self.released.is_set():
                self.faults.append(fault)
        with self.changed:
            self.open.discard(sock)
            self.changed.notify_all()
        sock.close()

    def read_head(self, sock):
        data = b""
        while b"\r\n\r\n" not in data:
            # Connections may be idle for as long as they like.
            if not data:
                select.select([sock], [], [])
            piece = sock.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        return Peer(self, sock, head, rest)

    def wait(self, what, condition):
        with self.changed:
            assert self.changed.wait_for(condition, support.PATIENCE), (
                "waited too long for " + what)

    def wait_peers(self, count):
        """The number'th request's peer, once its head is there."""
        self.wait(f"request {count}", lambda: len(self.peers) >= count)
        return self.peers[count - 1]

    def wait_finished(self, count):
        self.wait(f"end {count}", lambda: self.finished >= count)
        return self.peers[count - 1]


def config(store, folder, **over):
    """slotd's configuration with a relay to this store."""
    folder.mkdir(exist_ok=True)
    key = support.write_key(folder)
    url = store if isinstance(store, str) else store.url
    storage = {"bucket_url": url, "relay": True, **over.pop("storage", {})}
    result = support.s3_config(storage=storage, key_file=key, **over)
    result["public_url"] = "http://127.0.0.1:%d" % result["listen"]["port"]
    return result


def key_of(target):
    """The object key in a path-style target, still encoded."""
    return re.fullmatch(r"/bucket/([^?]*)\?.*", target)[1]
