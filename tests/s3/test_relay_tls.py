"""The relay's memory over TLS, with as many authorities as a system trusts."""

import asyncio
import os
import pathlib
import ssl
import threading

import stub_store
import support
from authority import Authority
from upload import Upload, memory

COUNT = 100
SIZE = 200000
FIRST = 150000
# A slow test needs a while until all of them are there.
PATIENT = {"body_timeout": 3600, "idle_timeout": 3600}
SYSTEM = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")


class TlsStore:
    """Takes every body, and answers when all of it is there."""

    def __init__(self, certificate, key):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificate, key)
        self.port = support.free_port()
        self.url = f"https://127.0.0.1:{self.port}/bucket"
        self.received = 0
        self.connections = 0
        self.ready = threading.Event()

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while True:
                await self.take(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def take(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        left = int(head.lower().split(
            b"content-length: ")[1].split(b"\r")[0])
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while left:
            data = await reader.read(65536)
            if not data:
                raise ConnectionError
            left -= len(data)
            self.received += len(data)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def main(self):
        self.loop = asyncio.get_running_loop()
        self.end = asyncio.Event()
        await asyncio.start_server(
            self.serve, "127.0.0.1", self.port, ssl=self.context,
            backlog=COUNT)
        self.ready.set()
        await self.end.wait()

    def __enter__(self):
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.main()), daemon=True)
        self.thread.start()
        assert self.ready.wait(support.PATIENCE)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join(support.PATIENCE)


def test_memory(start_once, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    trusted = tmp_path / "trusted"
    trusted.write_bytes(
        SYSTEM.read_bytes() + authority.certificate.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with TlsStore(*authority.issue("store", "IP:127.0.0.1")) as store:
        slotd = start_once(stub_store.config(
            store, tmp_path / "slotd", limits=PATIENT))
        data = os.urandom(SIZE)
        answer = slotd.slot(size=SIZE)
        assert support.fetch("PUT", answer["put"], data).status == 201
        quiet, before = memory(slotd, "VmRSS"), store.received
        uploads = []
        for _ in range(COUNT):
            uploads.append(Upload(slotd.slot(size=SIZE)["put"], SIZE))
            uploads[-1].send(data[:FIRST])
        support.wait_for("all of them at once", lambda: (
            store.received - before >= COUNT * FIRST), 60)
        each = (memory(slotd, "VmRSS") - quiet) / COUNT
        for upload in uploads:
            upload.send(data[FIRST:])
        assert [u.reply().status for u in uploads] == [201] * COUNT
        for upload in uploads:
            upload.close()
        assert store.connections == COUNT
        assert each <= 256, each
