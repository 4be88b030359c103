"""The relay and nginx's `proxy_pass` with request buffering off; and slots
beside many relayed uploads."""

import contextlib
import ctypes
import multiprocessing
import os
import selectors
import signal
import socket
import time

import support
import transfers
from figures import Figure, say
from programs import AS_USUAL, nginx, slotd
from transfers import Client, figure, progress, rates

GROUP = "Relay"
BYTES = 0.8
PROXY = """location / {
            proxy_pass http://store;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
        }"""
UPSTREAM = "upstream store {{ server 127.0.0.1:{port}; keepalive 16; }}"

UPLOADS = 200
SIZE = 1 << 30
PIECE = 8192
PAUSE = 0.1  # so that each upload has 80 KiB a second
SLOTS = 3000
BESIDE = 1.5
PR_SET_PDEATHSIG = 1    # prctl(2)


class Upload:
    """A connection to the store: where its request has got to."""

    def __init__(self, sock):
        self.sock = sock
        self.head = b""
        self.left = None  # bytes of the body; None: the head is not over

    def read(self, room):
        """How many bytes have come; 0: the other side has closed."""
        size = self.sock.recv_into(room)
        if self.left is None:
            self.head += room[:size]
            if b"\r\n\r\n" not in self.head:
                return size
            head, _, rest = self.head.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2]
            self.left = int(length.split(b"\r\n")[0]) - len(rest)
            if b"expect:" in head.lower():
                self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        else:
            self.left -= size
        if self.left == 0:
            self.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            self.head, self.left = b"", None
        return size


def store(listener, taken):
    """Takes every body, and keeps nothing of it."""
    room = memoryview(bytearray(1 << 18))
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                sock = listener.accept()[0]
                selector.register(sock, selectors.EVENT_READ, Upload(sock))
                continue
            with contextlib.suppress(ConnectionError):
                if size := key.data.read(room):
                    taken.value += size
                    continue
            selector.unregister(key.fileobj)
            key.fileobj.close()


@contextlib.contextmanager
def process(*call):
    """A function that runs beside us, and ends with us."""
    def bounded(target, *args):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.nice(19)
        target(*args)

    one = multiprocessing.Process(target=bounded, args=call, daemon=True)
    one.start()
    try:
        yield
    finally:
        one.kill()
        one.join()


def clients(port, targets, under_way):
    """Uploads that never end, at a steady rate; on a real machine they and
    the store would be others' work."""
    socks = []
    for target in targets:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(f"PUT {target} HTTP/1.1\r\nHost: x\r\n"
                     f"Content-Length: {SIZE}\r\n\r\n".encode())
        sock.setblocking(False)
        socks.append(sock)
    piece = b"x" * PIECE
    while True:
        began = time.monotonic()
        for number, sock in enumerate(socks):
            due = began + PAUSE * number / len(socks)
            time.sleep(max(0, due - time.monotonic()))
            with contextlib.suppress(BlockingIOError):
                sock.send(piece)
        under_way.set()


def p99(program):
    """Of sequential slots on one connection, in microseconds."""
    body = support.slot_body()
    headers = ["Content-Type: application/json", "Host: x",
               f"Content-Length: {len(body)}"]
    asks = []
    for _ in range(SLOTS):
        line = support.authorization("POST", "/slot", body)
        text = "\r\n".join(["POST /slot HTTP/1.1", "Authorization: " + line,
                            *headers, "", ""])
        asks.append(text.encode() + body)
    times = []
    with socket.create_connection(("127.0.0.1", program.port)) as sock:
        for ask in asks:
            began = time.perf_counter_ns()
            sock.sendall(ask)
            answer = sock.recv(65536)
            times.append((time.perf_counter_ns() - began) / 1000)
            assert answer.startswith(b"HTTP/1.1 200"), answer
    return sorted(times)[SLOTS * 99 // 100]


def beside(program, taken, rounds):
    pairs = []
    for number in range(rounds):
        say(f"slots beside {UPLOADS} relayed uploads, round {number + 1}")
        quiet = p99(program)
        targets, _ = transfers.slots(program, SIZE, UPLOADS)
        under_way = multiprocessing.Event()
        with process(clients, program.port, targets, under_way):
            assert under_way.wait(60)
            before, began = taken.value, time.monotonic()
            busy = p99(program)
            rate = (taken.value - before) / (time.monotonic() - began)
            assert rate > 1e6, "the uploads stood still"
        pairs.append((busy, quiet))
    return Figure(
        GROUP, f"p99 of a slot beside {UPLOADS} uploads, over quiet",
        [busy / quiet for busy, quiet in pairs], bound=BESIDE,
        note="%.0f and %.0f us on one connection" % tuple(
            sorted(times)[rounds // 2] for times in zip(*pairs)))


def throughput(ours, other, rounds):
    for name, size, count in transfers.SIZES:
        pairs = []
        for number in range(rounds):
            progress("relay, files", name, number)
            puts, _ = transfers.slots(ours.program, size, count)
            names = [f"/bucket/{n}" for n in range(count)]
            pairs.append(rates(
                size, (ours.upload, puts), (other.upload, names)))
        yield figure(GROUP, f"bytes a CPU second, {name}, over nginx's",
                     pairs, BYTES)


def config(folder, port, listen=()):
    key = folder / "slotd.key"
    key.write_text("not-a-real-key-not-a-real-key-0001\n")
    key.chmod(0o600)
    config = support.s3_config(
        key_file=key, policy={"max_size": "2 GiB"},
        storage={"bucket_url": f"http://127.0.0.1:{port}/bucket",
                 "relay": True})
    config["listen"].update(listen)
    config["public_url"] = "http://127.0.0.1:%d" % config["listen"]["port"]
    return config


def measure(folder, rounds):
    taken = multiprocessing.Value("q", 0)
    with socket.create_server(
            ("127.0.0.1", 0), backlog=UPLOADS) as listener:
        port = listener.getsockname()[1]
        with process(store, listener, taken):
            with slotd(folder, config(folder, port)) as one, nginx(
                    folder, PROXY, UPSTREAM.format(port=port)) as two:
                yield from throughput(Client(one), Client(two), rounds)
            with slotd(folder, config(folder, port, AS_USUAL)) as one:
                yield beside(one, taken, rounds)
