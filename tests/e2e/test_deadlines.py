"""Nobody holds a connection by being slow, however steadily.

Uploads that are slow: test_store.py and test_relay_slow.py.
"""

import http.client
import re
import socket

import pytest

import support
from dial import HEALTH, Line
from upload import Upload

FILE = b"0123456789abcdef" * 2**16 * 24
HOST = b"Host: 127.0.0.1\r\n"
POST = (b"POST /slot HTTP/1.1\r\n" + HOST
        + b"Content-Type: application/json\r\n")
# Longer than a test waits: what is ended was ended by something else.
LONG = 3600
TOO_SLOW = 'reason="the client was too slow"'


def limits(**short):
    """All are long but those that are named."""
    names = ("header_timeout", "body_timeout", "idle_timeout",
             "upload_timeout")
    return {**dict.fromkeys(names, LONG), **short}


@pytest.fixture(scope="module")
def short_head(start_once):
    return start_once(support.s3_config(limits=limits(header_timeout=1)))


@pytest.fixture(scope="module")
def short_body(start_once):
    return start_once(support.s3_config(limits=limits(body_timeout=1)))


@pytest.fixture(scope="module")
def short_idle(start_once):
    return start_once(support.s3_config(limits=limits(idle_timeout=1)))


class Dripping(Upload):
    """A connection of its own words; see wait_closed."""

    def __init__(self, slotd, data):
        self.sock = socket.create_connection(
            slotd.address, support.PATIENCE)
        self.send(data)


@pytest.mark.parametrize("data, drip", [
    (b"", None), (b"G", None), (b"", b"G"), (b"GET /", b"a"),
    (b"GET /healthz HTTP/1.1\r\n", b"a"),
    (b"GET /healthz HTTP/1.1\r\n" + HOST, b"X: y\r\n"),
    (POST + b"Content-Length: 9", b"9"),
    (b"\r\n", b"\r\n"),
])
def test_a_head(short_head, data, drip):
    line = Dripping(short_head, data)
    line.wait_closed(drip)
    line.close()
    assert short_head.healthy()


def test_a_head_behind_another_request(short_idle):
    """From the end of a request on it is idle until the next line is whole."""
    line = Dripping(short_idle, HEALTH + b"GET /heal")
    assert support.statuses(line.wait_closed(b"t")) == [200]
    line.close()


@pytest.mark.parametrize("data, drip", [
    (POST + b"Content-Length: 16000\r\n\r\n", None),
    (POST + b"Content-Length: 16000\r\n\r\n{", b" "),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n1", b"1"),
    (POST + b"Content-Length: 16000\r\nExpect: 100-continue\r\n\r\n", b" "),
    (HEALTH + POST + b"Content-Length: 16000\r\n\r\n", b" "),
])
def test_the_body_of_a_slot_request(short_body, data, drip):
    seen = len(short_body.lines)
    line = Dripping(short_body, data)
    line.wait_closed(drip)
    line.close()
    found = short_body.wait_line("route=/slot", seen)
    assert "ended=early" in found and TOO_SLOW in found
    assert "client=127.0.0.1" in found
    assert short_body.healthy()


@pytest.mark.parametrize("drip", [None, b"\r\n", b"G"])
def test_between_two_requests(short_idle, drip):
    line = Line(short_idle.address)
    for _ in range(3):
        assert line.ask().status == 200
    assert short_idle.healthy()
    upload = Upload.__new__(Upload)
    upload.sock = line.sock
    assert upload.wait_closed(drip) == b""
    line.close()


def small_buffer(slotd, data):
    """A client whose system takes hardly anything for it."""
    line = Line.__new__(Line)
    line.sock = socket.socket()
    line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sock.settimeout(support.PATIENCE)
    line.sock.connect(slotd.address)
    line.send(data)
    return line


def test_answers_that_nobody_reads(short_body):
    """Many requests at once, and no answer is taken."""
    seen = len(short_body.lines)
    line = small_buffer(short_body, b"")
    request = HEALTH.replace(b"/healthz", b"/openapi.yaml")
    line.sock.settimeout(0.05)

    def cut():
        try:
            line.send(request * 100)
            return False
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    support.wait_for("its end", cut)
    found = short_body.wait_line("openapi.yaml.*ended=early", seen)
    assert TOO_SLOW in found
    line.close()
    assert short_body.healthy()


@pytest.fixture(scope="module")
def files(start_once, tmp_path_factory):
    """With a file that no socket's buffers hold."""
    slotd = start_once(support.fs_config(
        tmp_path_factory.mktemp("store"),
        limits=limits(body_timeout=1, min_rate=2**31 - 1)))
    slotd.file = slotd.slot(size=len(FILE))
    # Its upload needs no rate: it fits into the first second, or is tried
    # again.
    support.wait_for("the file", lambda: put(slotd) in (201, 409))
    return slotd


def put(slotd):
    try:
        return support.fetch("PUT", slotd.file["put"], FILE).status
    except (OSError, http.client.HTTPException):
        return None


def get(slotd):
    target = support.split_url(slotd.file["get"])[1]
    return (f"GET {target} HTTP/1.1\r\n".encode() + HOST
            + b"Connection: close\r\n\r\n")


@pytest.mark.parametrize("piece", [0, 1, 1000])
def test_a_download(files, piece):
    """Taken at less than min_rate: whether not at all, or bit by bit."""
    seen = len(files.lines)
    line = small_buffer(files, get(files))

    def ended():
        if piece:
            line.sock.recv(piece)
        return any(re.search("route=/f/.*ended=early", x)
                   for x in files.lines[seen:])
    support.wait_for("its end", ended)
    found = files.wait_line("route=/f/.*ended=early", seen)
    assert TOO_SLOW in found and "client=127.0.0.1" in found
    assert f"size={len(FILE)}" in found
    line.close()


def test_a_steady_download_has_its_time(start, tmp_path):
    """Each min_rate bytes that were taken are worth a second."""
    slotd = start(support.fs_config(tmp_path / "store", limits=limits(
        body_timeout=1, min_rate=1024)))
    slotd.file = slotd.slot(size=len(FILE))
    assert put(slotd) == 201
    line = Line(slotd.address)
    line.send(get(slotd))
    begin = line.sock.recv(1000)
    # Another's body_timeout goes by, three times.
    for _ in range(3):
        other = Dripping(slotd, POST + b"Content-Length: 9\r\n\r\n")
        other.wait_closed()
        other.close()
    answer = begin + line.rest()
    assert answer.split(b"\r\n\r\n", 1)[1] == FILE
    line.close()
