"""Everything that goes wrong with uploads, all at once, again and again."""

import http.client
import os
import random
import threading

import pytest

import stub_store
import support
from upload import Upload

SEED = 363
CLIENTS = 12
UPLOADS = 25  # of each
DATA = random.Random(SEED).randbytes(300000)


def script_of(seed):
    """A store that does something else with each request."""
    chance = random.Random(seed)
    lock = threading.Lock()

    def script(peer):
        with lock:
            what = chance.choice(["take", "take", "refuse", "close", "reset",
                                  "half", "condition", "silent"])
            part = chance.randrange(peer.length)
        if what == "refuse":
            peer.answer(503, "SlowDown")
            return
        if what == "condition" and "if-none-match" in peer.headers:
            peer.answer(501)
            return
        if what != "silent":
            peer.proceed()
        if what in ("close", "reset", "half"):
            peer.read(part)
        if what in ("close", "reset"):
            getattr(peer, what)()
        elif what == "half":
            peer.answer(500)
            peer.linger()
        else:
            peer.read()
            if peer.received == peer.length:
                peer.answer(200)
    return script


def client(slots, seed, statuses):
    """One that breaks off as often as not."""
    chance = random.Random(seed)
    for size, url in slots:
        part = chance.choice([size, size, chance.randrange(size)])
        try:
            upload = Upload(url, size)
            upload.send(DATA[:part])
            if part == size:
                statuses.append(upload.reply().status)
            upload.close()
        except (OSError, http.client.HTTPException):
            statuses.append(0)


def begin(slotd, statuses):
    """Starts the clients, each with slots of its own."""
    chance = random.Random(SEED)
    clients = []
    for n in range(CLIENTS):
        sizes = [chance.randrange(1, len(DATA)) for _ in range(UPLOADS)]
        slots = [(size, slotd.slot(size=size)["put"]) for size in sizes]
        clients.append(threading.Thread(
            target=client, args=(slots, SEED + n, statuses), daemon=True))
    for each in clients:
        each.start()
    return clients


def join(clients):
    for each in clients:
        each.join(support.PATIENCE)
        assert not each.is_alive()


@pytest.fixture
def store():
    with stub_store.Store(script_of(SEED), keep=False) as store:
        yield store


def test_it_survives(start, store, tmp_path):
    slotd = start(stub_store.config(store, tmp_path))
    statuses = []
    join(begin(slotd, statuses))
    assert {201, 503} <= set(statuses) <= {0, 201, 503}
    # Nothing is left of it: neither slots that are taken nor sockets.
    store.script = stub_store.take
    answer = slotd.slot(size=100)
    assert support.fetch("PUT", answer["put"], DATA[:100]).status == 201
    fds = f"/proc/{slotd.process.pid}/fd"
    support.wait_for("closed sockets",
                     lambda: len(os.listdir(fds)) < 30 + CLIENTS)


def test_it_ends_in_the_middle(start, store, tmp_path):
    slotd = start(stub_store.config(
        store, tmp_path, limits={"drain_timeout": 1}))
    clients = begin(slotd, [])
    store.wait_finished(CLIENTS * UPLOADS // 3)
    slotd.stop([0, 1])
    join(clients)
