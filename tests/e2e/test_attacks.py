"""What reviewers and attackers once found: it stays mended."""

import socket

import pytest

import support
from upload import Upload

HOST = b"Host: 127.0.0.1\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


def only_status(address, data):
    """Of all that was sent, one answer, and then the end."""
    found = support.statuses(support.raw(address, data))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("head", [
    b"Transfer-Encoding:\r\n chunked\r\n",
    b"Trans: chunked\r\n fer-Encoding\r\n",
    b"Content-Length:\r\n 36\r\n",
    b"Content: 37\r\n -Length\r\n",
    b"X-A: 1\r\n folded\r\n",
    b"X-A:\r\n\tfolded\r\n",
])
def test_folded_lines(fs, head):
    """No two readers may see another framing (RFC 9112, section 5.2)."""
    data = b"POST /slot HTTP/1.1\r\n" + HOST + head + b"\r\n"
    assert only_status(fs.address, data) == 400


def test_a_folded_name_does_not_authenticate(fs):
    body = support.slot_body()
    line = support.authorization(body=body).encode()
    data = (b"POST /slot HTTP/1.1\r\n" + HOST
            + b"Content-Type: application/json\r\nAuthor: " + line
            + b"\r\n ization\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert only_status(fs.address, data) == 400


def test_chunks_under_http10(fs):
    data = (b"POST /slot HTTP/1.0\r\n" + HOST
            + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"0\r\n\r\n")
    assert only_status(fs.address, data) == 400


@pytest.mark.parametrize("method", [b"A:", b"G(T", b"G\xc3\xa9T"])
def test_methods_are_tokens(fs, method):
    assert only_status(
        fs.address, method + b" /healthz HTTP/1.1\r\n" + HOST + b"\r\n") == 400


def test_a_large_chunked_body_is_answered(fs):
    """Read away and told, as with a Content-Length."""
    head = (b"POST /slot HTTP/1.1\r\n" + HOST
            + b"Content-Type: application/json\r\nConnection: close\r\n"
            + b"Transfer-Encoding: chunked\r\n\r\n")
    answer = support.raw(
        fs.address, head + support.chunked(b" " * 20_000_000, 65536))
    assert support.statuses(answer) == [413]
    assert b'"body-too-large"' in answer


def test_a_part_is_no_file(fs):
    slot = fs.slot(size=4)
    reply = support.fetch("PUT", slot["put"], b"part", [
        ("Content-Range", "bytes 0-3/8")])
    support.assert_problem(reply, "bad-request")
    assert support.fetch("PUT", slot["put"], b"file").status == 201


def test_no_slot_outlives_its_file(start, tmp_path, clock):
    """Else it could be used again, with other bytes at the same link."""
    slotd = start(support.fs_config(
        tmp_path / "store", storage={"put_ttl": 600}, policy={"keep": 100}))
    slot = slotd.slot(size=4)
    assert support.fetch("PUT", slot["put"], b"file").status == 201
    for ahead, code in (0, "already-exists"), (101, "slot-expired"):
        clock.move(ahead)
        support.assert_problem(
            support.fetch("PUT", slot["put"], b"evil"), code)


def heard(sock):
    """What has come, if anything has."""
    try:
        sock.setblocking(False)
        return sock.recv(65536)
    except (BlockingIOError, ConnectionResetError):
        return b""


def test_strangers_do_not_take_the_last_connections(start, tmp_path):
    public = ("127.0.0.1", support.free_port())
    slotd = start(support.fs_config(
        tmp_path / "store", limits={"connections": 16},
        public={"address": public[0], "port": public[1]},
        public_url="http://127.0.0.1:%d" % public[1]))
    strangers = [socket.create_connection(public, support.PATIENCE)
                 for _ in range(40)]
    try:
        # Refused, or ended without a word for those behind them.
        slotd.wait_line("limits.connections reached")
        for answer in filter(None, map(heard, strangers)):
            assert support.statuses(answer) == [503]
            assert b"Retry-After: " in answer
        assert slotd.healthy()
        assert slotd.slot()
    finally:
        for stranger in strangers:
            stranger.close()


def test_a_slow_disk(start, tmp_path, slow_disk):
    """It delays nobody else, and does not upset the end (once: a crash)."""
    slotd = start(support.fs_config(
        tmp_path / "store", limits={"drain_timeout": 1}))
    slots = [slotd.slot(size=20_000_000) for _ in range(12)]
    uploads = [Upload(slot["put"], 20_000_000) for slot in slots]
    for upload in uploads:
        upload.send(b"x" * 100_000)
    assert slotd.healthy()
    assert slotd.slot()
    assert support.fetch("GET", slots[0]["get"]).status == 404
    slotd.terminate()
    slotd.wait_line("msg=\"cut off\"")
    slow_disk.unlink()
    slotd.wait([1])
    for upload in uploads:
        upload.close()
