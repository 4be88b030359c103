"""Nobody holds a connection by being slow, however steadily.

Uploads that are slow: test_store.py and test_relay_slow.py.
"""

import re
import socket

import pytest

import support
from dial import HEALTH, Line

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


class Dripping(Line):
    """A connection of its own words, and what it goes on with."""

    def __init__(self, slotd, data, drip):
        super().__init__(slotd.address)
        self.send(data)
        self.data, self.drip = data, drip
        self.answer, self.over = b"", False
        self.sock.settimeout(0.02)

    def go_on(self):
        """Whether it is over."""
        try:
            if not self.over:
                self.send(self.drip)
                piece = self.sock.recv(65536)
                self.answer += piece
                self.over = not piece
        except TimeoutError:
            pass
        except ConnectionError:
            self.over = True
        return self.over


def wait_for_the_end(lines):
    """Of all, while each goes on with its drip."""
    left = lines

    def over():
        nonlocal left
        left = [line for line in left if not line.go_on()]
        return not left
    try:
        support.wait_for("the end of all", over)
    finally:
        for line in lines:
            line.close()
        assert not left, [(line.data, line.drip) for line in left]


def test_heads(short_head):
    wait_for_the_end([Dripping(short_head, *words) for words in (
        (b"", b""), (b"G", b""), (b"", b"G"), (b"GET /", b"a"),
        (b"GET /healthz HTTP/1.1\r\n", b"a"),
        (b"GET /healthz HTTP/1.1\r\n" + HOST, b"X: y\r\n"),
        (POST + b"Content-Length: 9", b"9"),
        (b"\r\n", b"\r\n"))])
    assert short_head.healthy()


def test_bodies_of_slot_requests(short_body):
    seen = len(short_body.lines)
    sized, chunked = b"Content-Length: 16000\r\n", (
        b"Transfer-Encoding: chunked\r\n\r\n")
    lines = [Dripping(short_body, *words) for words in (
        (POST + sized + b"\r\n", b""),
        (POST + sized + b"\r\n{", b" "),
        (POST + sized + b"Expect: 100-continue\r\n\r\n", b" "),
        (HEALTH + POST + sized + b"\r\n", b" "),
        (POST + chunked, b"1\r\n \r\n"),
        (POST + chunked + b"1;", b"a"))]
    wait_for_the_end(lines)

    def said():
        return [x for x in short_body.lines[seen:] if "route=/slot" in x]
    support.wait_for("their lines", lambda: len(said()) == len(lines))
    for line in said():
        assert "ended=early" in line and TOO_SLOW in line, line
        assert "client=127.0.0.1" in line, line
    assert short_body.healthy()


def test_between_two_requests(short_idle):
    """And from the end of one until the next one's first line is whole."""
    lines = [Dripping(short_idle, HEALTH * 3 + more, drip) for more, drip in (
        (b"", b""), (b"", b"\r\n"), (b"", b"G"), (b"GET /heal", b"t"))]
    wait_for_the_end(lines)
    for line in lines:
        assert support.statuses(line.answer) == [200] * 3, line.answer


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


def keep(slotd):
    slotd.file = slotd.slot(size=len(FILE))
    assert support.fetch("PUT", slotd.file["put"], FILE).status == 201


def start_again(slotd, **short):
    slotd.stop()
    slotd.config["limits"] = limits(**short)
    support.write_config(slotd.path.parent, slotd.config)
    slotd.start()


@pytest.fixture(scope="module")
def files(start_once, tmp_path_factory):
    """In a hurry, with a file that no socket's buffers hold."""
    slotd = start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), limits=limits()))
    keep(slotd)
    start_again(slotd, body_timeout=1, min_rate=2**31 - 1)
    return slotd


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
    keep(slotd)
    line = Line(slotd.address)
    line.send(get(slotd))
    begin = line.sock.recv(1000)
    # Another's body_timeout goes by, three times.
    for _ in range(3):
        wait_for_the_end([Dripping(
            slotd, POST + b"Content-Length: 9\r\n\r\n", b"")])
    answer = begin + line.rest()
    assert answer.split(b"\r\n\r\n", 1)[1] == FILE
    line.close()


def test_a_file_that_stands_still(start, tmp_path):
    """With all the time in the world, an upload and a download may pause for
    idle_timeout."""
    slotd = start(support.fs_config(tmp_path / "store", limits=limits()))
    keep(slotd)
    put = support.split_url(slotd.slot(size=1000)["put"])[1].encode()
    start_again(slotd, idle_timeout=4, min_rate=0)
    line = small_buffer(slotd, get(slotd))
    wait_for_the_end([Dripping(slotd, b"PUT " + put + b" HTTP/1.1\r\n" + HOST
                               + b"Content-Length: 1000\r\n\r\nx", b"")])
    slotd.wait_line("route=/f/.*ended=early")
    line.close()
