"""Slots beside a relay that is busy: the p99 of both, and their ratio.

Prints one line for each round and the median. Exits with 1 when slots took
more than LIMIT times as long beside the uploads as without.
"""

import multiprocessing
import os
import pathlib
import selectors
import socket
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/e2e"))

import support  # noqa: E402

UPLOADS = 200
SIZE = 1 << 30
PIECE = 8192
PAUSE = 0.1  # so that each upload has 80 KiB a second
SLOTS = 3000
ROUNDS = 5
LIMIT = 1.5


def store(listener, taken):
    """Takes what comes, and answers nothing but 100 Continue."""
    os.nice(19)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    heads = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                sock = listener.accept()[0]
                selector.register(sock, selectors.EVENT_READ)
                heads[sock] = b""
                continue
            sock = key.fileobj
            data = sock.recv(65536)
            if not data:
                selector.unregister(sock)
                sock.close()
            elif heads[sock] is not None:
                heads[sock] += data
                if b"\r\n\r\n" in heads[sock]:
                    heads[sock] = None
                    sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            else:
                taken.value += len(data)


def clients(urls, under_way):
    """Uploads that never end, at a steady rate; on a real machine they and
    the store would be others' work."""
    os.nice(19)
    socks = []
    for url in urls:
        address, target = support.split_url(url)
        sock = socket.create_connection(address)
        sock.sendall(f"PUT {target} HTTP/1.1\r\nHost: x\r\n"
                     f"Content-Length: {SIZE}\r\n\r\n".encode())
        sock.setblocking(False)
        socks.append(sock)
    piece = b"x" * PIECE
    first = True
    while True:
        began = time.monotonic()
        for number, sock in enumerate(socks):
            due = began + PAUSE * number / len(socks)
            time.sleep(max(0, due - time.monotonic()))
            try:
                sock.send(piece)
            except BlockingIOError:
                pass
        if first:
            under_way.set()
            first = False


def p99(slotd):
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
    with socket.create_connection(slotd.address) as sock:
        for ask in asks:
            began = time.perf_counter_ns()
            sock.sendall(ask)
            answer = sock.recv(65536)
            times.append((time.perf_counter_ns() - began) / 1000)
            assert answer.startswith(b"HTTP/1.1 200"), answer
    return sorted(times)[SLOTS * 99 // 100]


def key_file(folder):
    path = folder / "slotd.key"
    path.write_text("not-a-real-key-not-a-real-key-0001\n")
    path.chmod(0o600)
    return path


def config(folder, listener):
    config = support.s3_config(
        key_file=key_file(folder), policy={"max_size": "2 GiB"},
        storage={"bucket_url": "http://127.0.0.1:%d/bucket"
                 % listener.getsockname()[1], "relay": True})
    config["public_url"] = "http://127.0.0.1:%d" % config["listen"]["port"]
    return config


def measure(folder, listener, taken):
    slotd = support.Slotd(folder, config(folder, listener))
    try:
        ratios = []
        for number in range(ROUNDS):
            quiet = p99(slotd)
            urls = [slotd.slot(size=SIZE)["put"] for _ in range(UPLOADS)]
            under_way = multiprocessing.Event()
            load = multiprocessing.Process(
                target=clients, args=(urls, under_way), daemon=True)
            load.start()
            assert under_way.wait(60)
            before, began = taken.value, time.monotonic()
            busy = p99(slotd)
            rate = (taken.value - before) / (time.monotonic() - began) / 1e6
            assert rate > 1, "the uploads stood still"
            load.kill()
            load.join()
            ratios.append(busy / quiet)
            print(f"round {number + 1}: p99 of a slot {quiet:.0f} us quiet, "
                  f"{busy:.0f} us beside {UPLOADS} uploads of "
                  f"{rate:.0f} MB/s: {ratios[-1]:.2f}", flush=True)
        return statistics.median(ratios)
    finally:
        slotd.kill()


def main():
    with tempfile.TemporaryDirectory() as name:
        listener = socket.create_server(("127.0.0.1", 0), backlog=UPLOADS)
        taken = multiprocessing.Value("q", 0)
        other = multiprocessing.Process(
            target=store, args=(listener, taken), daemon=True)
        other.start()
        ratio = measure(pathlib.Path(name), listener, taken)
        other.kill()
    print(f"relay: {ratio:.2f} times (at most {LIMIT})")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
