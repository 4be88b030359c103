"""The relay's memory, and many uploads at once."""

import os
import resource
import select
import socket
import threading

import pytest

import stub_store
import support
from upload import Upload, memory

COUNT = 500
SIZE = 200000
FIRST = 150000
# All of them may take longer than one may pause. (libmicrohttpd ends who says
# nothing for idle_timeout, in a body, too.)
PATIENT = {"body_timeout": 3600, "idle_timeout": 3600}


@pytest.fixture(autouse=True)
def descriptors():
    """Two a upload here: the client's end and the store's."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * COUNT if hard == resource.RLIM_INFINITY else min(
        hard, 4 * COUNT)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def threads(slotd):
    return len(os.listdir(f"/proc/{slotd.process.pid}/task"))


def put(slotd, data):
    return support.fetch("PUT", slotd.slot(size=len(data))["put"], data)


class Sink:
    """A store in one thread, for more than a thread each could serve.

    It takes every body, and answers 200 when `go` is set.
    """

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=COUNT)
        self.url = "http://127.0.0.1:%d/bucket" % (
            self.listener.getsockname()[1])
        self.counts = {}
        self.stop, self.stopped = socket.socketpair()

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.close()
        self.thread.join(support.PATIENCE)

    def run(self):
        poll = select.poll()
        socks = {s.fileno(): s for s in (self.listener, self.stop)}
        for fd in socks:
            poll.register(fd, select.POLLIN)
        heads = {}
        while True:
            for fd, _ in poll.poll():
                sock = socks[fd]
                if sock is self.stop:
                    for each in socks.values():
                        each.close()
                    return
                if sock is self.listener:
                    new = sock.accept()[0]
                    socks[new.fileno()] = new
                    poll.register(new.fileno(), select.POLLIN)
                    continue
                data = sock.recv(65536)
                if not data:
                    poll.unregister(fd)
                    del socks[fd]
                    sock.close()
                    continue
                if fd not in heads:
                    # Where 100 is late, the body does not wait for it.
                    head, end, data = data.partition(b"\r\n\r\n")
                    assert end, head
                    heads[fd] = int(head.lower().split(
                        b"content-length: ")[1].split(b"\r")[0])
                    self.counts[fd] = 0
                    sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.counts[fd] += len(data)
                if self.counts[fd] == heads[fd]:
                    del heads[fd]
                    sock.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_many_that_stall_in_the_middle(start, tmp_path):
    with Sink() as store:
        slotd = start(stub_store.config(store, tmp_path, limits=PATIENT))
        data = os.urandom(SIZE)
        assert put(slotd, data).status == 201
        quiet, before = memory(slotd, "VmRSS"), threads(slotd)
        answers = [slotd.slot(size=SIZE) for _ in range(COUNT)]
        uploads = []
        for answer in answers:
            uploads.append(Upload(answer["put"], SIZE))
            uploads[-1].send(data[:FIRST])
        # All are really under way: each one's bytes are with the store.
        support.wait_for("all of them at once", lambda: sum(
            list(store.counts.values())) >= COUNT * FIRST)
        assert threads(slotd) == before
        each = (memory(slotd, "VmRSS") - quiet) / COUNT
        # Others are served meanwhile.
        assert slotd.healthy()
        slotd.slot()
        for upload in uploads:
            upload.send(data[FIRST:])
        assert [u.reply().status for u in uploads] == [201] * COUNT
        for upload in uploads:
            upload.close()
        if not support.SANITIZED:
            assert each <= 256, each


def test_many_whose_store_stalls(start, tmp_path):
    """The other way round: clients that push, a store that does not take."""
    count = 100
    with stub_store.Store(keep=False, buffer=16384) as store:
        def script(peer):
            peer.proceed()
            peer.read(1)
            go.wait(support.PATIENCE)
            peer.read()
            peer.answer(200)
        go = threading.Event()
        slotd = start(stub_store.config(store, tmp_path, limits=PATIENT))
        data = os.urandom(2**20)
        go.set()
        assert put(slotd, data).status == 201
        store.script = script
        go.clear()
        quiet, before = memory(slotd, "VmRSS"), threads(slotd)
        found = []
        clients = [threading.Thread(
            target=lambda: found.append(put(slotd, data).status))
            for _ in range(count)]
        for client in clients:
            client.start()
        store.wait("all of them at once", lambda: sum(
            peer.received > 0 for peer in store.peers) >= count)
        each = (memory(slotd, "VmRSS") - quiet) / count
        assert threads(slotd) == before
        go.set()
        for client in clients:
            client.join(support.PATIENCE)
        assert found == [201] * count
        if not support.SANITIZED:
            assert each <= 256, each


def test_a_gigabyte(start, tmp_path):
    """It is streamed, and never held."""
    size = 2**26 if support.SANITIZED else 2**30
    block = os.urandom(2**20)
    with stub_store.Store(keep=False) as store:
        def script(peer):
            peer.proceed()
            peer.read(block=2**20)
            peer.answer(200)
        store.script = script
        slotd = start(stub_store.config(store, tmp_path))
        assert put(slotd, block).status == 201
        quiet = memory(slotd, "VmHWM")
        upload = Upload(slotd.slot(size=size)["put"], size)
        for _ in range(size // len(block)):
            upload.send(block)
        assert upload.reply().status == 201
        upload.close()
        assert store.peers[-1].received == size
        if not support.SANITIZED:
            assert memory(slotd, "VmHWM") - quiet < 2048
