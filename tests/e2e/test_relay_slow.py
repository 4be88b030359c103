"""The relay when the store is slow, when the client is, and at the end."""

import secrets
import socket
import threading
import time

import pytest

import relayed
import stub_store
import support
from upload import Upload, memory

DATA = secrets.token_bytes(100000)
BIG = secrets.token_bytes(2**20) * 12
store, slotd, hasty = relayed.store, relayed.slotd, relayed.hasty
line_of = relayed.line_of


def slot(slotd, data=DATA):
    return slotd.slot(size=len(data))


def put(answer, data=DATA):
    return relayed.put(answer, data)


# --- a store that is slow -------------------------------------------------


def test_slow(start, tmp_path):
    """The client is slowed down; slotd holds no more than before."""
    with stub_store.Store(keep=False, buffer=65536) as store:
        def script(peer):
            peer.proceed()
            peer.read(2**19)
            go.wait(support.PATIENCE)
            peer.read()
            peer.answer(200)
        go = threading.Event()
        slotd = start(stub_store.config(store, tmp_path))
        assert put(slot(slotd)).status == 201
        quiet = memory(slotd, "VmHWM")
        store.script = script
        upload = Upload.begun(slot(slotd, BIG)["put"], BIG, 0)
        upload.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        upload.sock.settimeout(1)
        # The client can send only what buffers on the way take.
        sent, view = 0, memoryview(BIG)
        with pytest.raises(TimeoutError):
            while sent < len(BIG):
                sent += upload.sock.send(view[sent:sent + 65536])
        assert sent < len(BIG)
        if not support.SANITIZED:
            assert memory(slotd, "VmHWM") - quiet < 1024
        go.set()
        upload.sock.settimeout(support.PATIENCE)
        upload.send(view[sent:])
        assert upload.reply().status == 201
        upload.close()


def test_slow_but_steady(start, tmp_path):
    """Longer than its patience in all, but it takes some all the time. Where
    the store could not keep that up, it is tried again."""
    with stub_store.Store(keep=False, buffer=65536) as store:
        def script(peer):
            peer.proceed()
            end = time.monotonic() + 5
            while peer.received < 300000 and (
                    now := time.monotonic()) < end:
                peer.read(peer.received + 4096)
                threading.Event().wait(0.05)
                pauses.append(time.monotonic() - now)
            peer.read()
            peer.answer(200)
        pauses = []
        store.script = script
        slotd = start(stub_store.config(
            store, tmp_path, limits={"body_timeout": 2, "min_rate": 1}))
        data = BIG[:2**20]
        for _ in range(5):
            reply = put(slot(slotd, data), data)
            if reply.status == 201 or max(pauses, default=0) < 0.2:
                break
            pauses.clear()
        assert reply.status == 201


def test_steady_without_end(start, tmp_path):
    """upload_timeout is for all of it, whoever is slow."""
    with stub_store.Store(keep=False, buffer=65536) as store:
        def script(peer):
            peer.proceed()
            while not peer.ended:
                peer.read(peer.received + 4096)
                threading.Event().wait(0.05)
        store.script = script
        slotd = start(stub_store.config(store, tmp_path, limits={
            "body_timeout": 10, "min_rate": 1, "upload_timeout": 2}))
        upload = Upload.begun(slot(slotd, BIG)["put"], BIG, 0)
        with pytest.raises(OSError):
            upload.send(BIG)
        upload.close()
        assert "limits.upload_timeout is over" in line_of(slotd)


# --- the client -----------------------------------------------------------


def test_client_closes(slotd, store):
    answer = slot(slotd)
    upload = Upload.begun(answer["put"], DATA, 5000)
    peer = store.wait_peers(1)
    store.wait("bytes", lambda: peer.received >= 5000)
    upload.close()
    store.wait_finished(1)
    assert peer.ended and peer.received == 5000
    line = line_of(slotd)
    assert "status=0" in line and "the client closed" in line
    support.wait_for("a second try", lambda: put(answer).status == 201)


def test_client_stalls(hasty, store):
    upload = Upload.begun(slot(hasty)["put"], DATA, 5000)
    peer = store.wait_peers(1)
    upload.wait_closed()
    store.wait_finished(1)
    assert peer.ended and peer.received == 5000
    line = line_of(hasty)
    assert "status=0" in line and "the client was too slow" in line
    upload.close()


def test_client_is_too_slow(start, store, tmp_path):
    slotd = start(stub_store.config(
        store, tmp_path, limits={"body_timeout": 2, "min_rate": 100000}))
    upload = Upload.begun(slot(slotd)["put"], DATA, 5)
    upload.wait_closed(drip=b"x")
    store.wait_finished(1)
    assert store.peers[0].ended
    assert store.peers[0].received < len(DATA)
    upload.close()


def test_client_waits_longer_than_the_store_may(start, store, tmp_path):
    """The store is not blamed for what the client owes."""
    slotd = start(stub_store.config(
        store, tmp_path, limits={"body_timeout": 3}))
    upload = Upload.begun(slot(slotd)["put"], DATA, 2**16)
    store.wait("bytes", lambda: store.peers[0].received == 2**16)
    # Each KiB buys a second: 64 of them.
    time.sleep(5)
    upload.send(DATA[2**16:])
    assert upload.reply().status == 201
    upload.close()


# --- the service ends -----------------------------------------------------


def test_uploads_are_finished(slotd, store):
    upload = Upload.begun(slot(slotd)["put"], DATA, 100)
    slotd.terminate()
    upload.send(DATA[100:])
    assert upload.reply().status == 201
    upload.close()
    slotd.wait()
    assert store.peers[0].body == DATA


@pytest.mark.parametrize("held", ["client", "store", "answer"])
def test_uploads_are_cut(start, tmp_path, held):
    with stub_store.Store() as store:
        def script(peer):
            peer.proceed()
            if held == "answer":
                peer.read()
            if held == "client":
                peer.wait_gone()
            store.released.wait(support.PATIENCE)
        store.script = script
        slotd = start(stub_store.config(
            store, tmp_path, limits={"drain_timeout": 1}))
        uploads = [Upload.begun(slot(slotd)["put"], DATA,
                                100 if held == "client" else len(DATA))
                   for _ in range(5)]
        store.wait_peers(5)
        if held == "answer":
            store.wait("bodies", lambda: all(
                peer.received == len(DATA) for peer in store.peers))
        slotd.stop([1])
        assert any("cut off" in line for line in slotd.lines)
        for upload in uploads:
            upload.close()


# --- a name that nobody answers for ---------------------------------------


def test_a_slow_name_delays_nobody_else(start, store, tmp_path, slow_name):
    config = stub_store.config(store, tmp_path, domains=[
        {"name": "slow.example", "storage": "slow"}],
        limits={"body_timeout": 2})
    config["storages"] = [{**config["storage"], "name": "slow",
                           "bucket_url": "http://slow.invalid:9/bucket"}]
    slotd = start(config)
    waiting = Upload(slotd.slot(jid="slow.example", size=5)["put"], 5)
    waiting.send(b"12345")
    assert put(slot(slotd)).status == 201
    # It is given up, although the name is still being looked up.
    support.assert_problem(waiting.reply(), "unavailable")
    assert slow_name.exists()
    assert put(slot(slotd)).status == 201
    waiting.close()
    slow_name.unlink()
