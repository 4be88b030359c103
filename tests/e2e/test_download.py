"""GET and HEAD /f/ of the embedded store, and of each that keeps files
itself."""

import datetime
import os
import pathlib
import re
import socket
import time
import urllib.parse
from email.utils import parsedate_to_datetime

import pytest

import support

DATA = bytes(range(256)) * 40


def store(fs, data=DATA, **members):
    answer = fs.slot(size=len(data), **members)
    assert support.fetch("PUT", answer["put"], data).status == 201
    return answer["get"]


@pytest.fixture(scope="module")
def url(keeper):
    return store(keeper, content_type="image/png")


def get(url, method="GET", **headers):
    headers = {k.replace("_", "-"): v for k, v in headers.items()}
    return support.fetch(method, url, headers=headers)


def assert_safe(reply):
    for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy",
             "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Robots-Tag", "noindex"),
            ("Access-Control-Allow-Origin", "*")):
        assert reply.headers.get_all(name) == [value], (name, reply)


def test_get_and_head(url):
    full, head = get(url), get(url, "HEAD")
    assert full.status == head.status == 200
    assert (full.body, head.body) == (DATA, b"")
    for reply in (full, head):
        assert_safe(reply)
        assert reply.headers["Content-Length"] == str(len(DATA))
        assert reply.headers["Content-Type"] == "image/png"
        assert reply.headers["Accept-Ranges"] == "bytes"
        assert re.fullmatch(r'"[!#-~]+"', reply.headers["ETag"])
        assert reply.headers["Cache-Control"] == (
            "public, max-age=31536000, immutable")
    assert full.headers["ETag"] == head.headers["ETag"]


def test_etags_differ(keeper, url):
    assert get(store(keeper)).headers["ETag"] != get(url).headers["ETag"]


@pytest.mark.parametrize("asked, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=5-9", 5, 9), ("bytes=100-", 100, 10239),
    ("bytes=-1", 10239, 10239), ("bytes=-500", 9740, 10239),
    ("bytes=-99999", 0, 10239), ("bytes=10239-", 10239, 10239),
    ("bytes=9000-99999", 9000, 10239), ("bytes=0-10239", 0, 10239),
    ("BYTES=1-2", 1, 2), ("bytes=5-99999999999999999999", 5, 10239),
])
def test_range(url, asked, first, last):
    reply = get(url, Range=asked)
    assert reply.status == 206, reply
    assert reply.body == DATA[first:last + 1]
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/10240"
    assert_safe(reply)
    assert reply.headers["ETag"]


@pytest.mark.parametrize("asked", [
    "bytes=10240-", "bytes=10240-10300", "bytes=-0",
    "bytes=99999999999999999999-",
])
def test_range_outside(url, asked):
    reply = get(url, Range=asked)
    support.assert_problem(reply, "range-not-satisfiable")
    assert reply.headers["Content-Range"] == "bytes */10240"
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("asked", [
    "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "lines=1-2",
    "bytes=1-2x", "bytes 1-2", "bytes=--1", "", "bytes=1-2-3",
])
def test_range_that_is_none(url, asked):
    """RFC 9110, section 14.2: ignored."""
    reply = get(url, Range=asked)
    assert (reply.status, reply.body) == (200, DATA)
    assert "Content-Range" not in reply.headers


def test_several_ranges(url):
    """A server may ignore them, or answer with all parts; RFC 9110 14.2."""
    reply = get(url, Range="bytes=0-1,5-6")
    if reply.status == 206:
        kind = reply.headers["Content-Type"]
        assert kind.startswith("multipart/byteranges")
    else:
        assert (reply.status, reply.body) == (200, DATA)


def test_head_knows_no_range(url):
    reply = get(url, "HEAD", Range="bytes=0-1")
    assert (reply.status, reply.body) == (200, b"")


def test_if_range(url):
    etag = get(url).headers["ETag"]
    reply = get(url, Range="bytes=0-1", If_Range=etag)
    assert (reply.status, reply.body) == (206, DATA[:2])
    for other in ('"other"', "W/" + etag, "Sun, 06 Nov 1994 08:49:37 GMT"):
        reply = get(url, Range="bytes=0-1", If_Range=other)
        assert (reply.status, reply.body) == (200, DATA), other
    reply = get(url, Range="bytes=99999-", If_Range='"other"')
    assert reply.status == 200


def test_if_none_match(url):
    etag = get(url).headers["ETag"]
    for match in (etag, "W/" + etag, f'"a", {etag}', f'"a",W/{etag} ,"b"',
                  "*"):
        for method in ("GET", "HEAD"):
            reply = get(url, method, If_None_Match=match)
            assert (reply.status, reply.body) == (304, b""), match
            # That of the 200, or none (RFC 9110, section 8.6).
            assert reply.headers.get_all("Content-Length") in (
                [str(len(DATA))], None)
            assert "Transfer-Encoding" not in reply.headers
            assert reply.headers["ETag"] == etag
            assert "immutable" in reply.headers["Cache-Control"]
    for match in ('"other"', etag.strip('"'), '"*"', etag[:-2] + '"', ""):
        assert get(url, If_None_Match=match).status == 200, match
    reply = get(url, If_None_Match=etag, Range="bytes=0-1")
    assert reply.status == 304


@pytest.mark.parametrize("kind, sent, inline", [
    ("image/png", "image/png", True), ("image/jpeg", "image/jpeg", True),
    ("image/gif", "image/gif", True), ("image/webp", "image/webp", True),
    ("image/avif", "image/avif", True), ("image/heic", "image/heic", True),
    ("audio/ogg", "audio/ogg", True), ("video/mp4", "video/mp4", True),
    ("IMAGE/PNG", None, True), ("video/x-matroska", None, True),
    ("text/plain", "text/plain; charset=utf-8", True),
    ("text/plain; charset=iso-8859-1", "text/plain; charset=utf-8", True),
    ("Text/Plain;x=y", "text/plain; charset=utf-8", True),
    ("text/html", None, False), ("image/svg+xml", None, False),
    ("application/xhtml+xml", None, False), ("audio/x+xml", None, False),
    ("video/x+XML; a=b", None, False), ("image/bmp", None, False),
    ("application/pdf", None, False), ("text/javascript", None, False),
    ("text/plainx", None, False), ("image/pngx", None, False),
    (None, "application/octet-stream", False), ("text/xml", None, False),
])
def test_inline_or_not(keeper, kind, sent, inline):
    members = {"content_type": kind} if kind else {}
    reply = get(store(keeper, b"abc", filename="a.html", **members))
    if sent:
        assert reply.headers["Content-Type"] == sent
    else:
        assert reply.headers["Content-Type"].lower() == kind.lower()
    how = reply.headers.get("Content-Disposition", "inline")
    assert how.split(";")[0] == ("inline" if inline else "attachment")
    assert_safe(reply)


@pytest.mark.parametrize("name", [
    "cat.pdf", 'très "cool"; x=y.bin', "\U0001f600 %41\\..bin".replace(
        "\\", ""), "it's (a) *file*.bin", "e\u0301.bin", "a,b.bin",
])
def test_file_name(keeper, name):
    """RFC 8187: attr-char and %XX of UTF-8, and nothing else."""
    reply = get(store(keeper, b"abc", filename=name))
    found = re.search(r"; *filename\*=UTF-8''([^;]*)(;|$)",
                      reply.headers["Content-Disposition"], re.I)
    assert found, reply
    assert re.fullmatch(r"([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*", found[1])
    assert urllib.parse.unquote(found[1], errors="strict") == name


@pytest.mark.parametrize("target", ["/f/a/b", "/u/token/key"])
def test_cors(keeper, target):
    reply = keeper.ask("OPTIONS", target, headers={
        "Origin": "https://chat.example.org",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type"})
    assert reply.status in (200, 204), reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    methods = reply.headers["Access-Control-Allow-Methods"].split(",")
    assert {m.strip() for m in methods} == {"OPTIONS", "HEAD", "GET", "PUT"}
    names = reply.headers["Access-Control-Allow-Headers"].lower().split(",")
    assert {n.strip() for n in names} >= {"content-type", "authorization"}
    assert reply.headers["Access-Control-Max-Age"] == "86400"


def test_not_there(keeper, url):
    for target in ("/f/a", "/f/" + "a/" * 200 + "b", "/f/x%20y",
                   "/f/" + "a" * 300, support.split_url(url)[1] + "/x",
                   support.split_url(url)[1] + "x"):
        reply = keeper.ask("GET", target)
        support.assert_problem(reply, "not-found")
        assert reply.headers["Cache-Control"] == "no-store"
        reply = keeper.ask("HEAD", target)
        assert (reply.status, reply.body) == (404, b"")


def test_methods(keeper, url):
    for method in ("DELETE", "POST", "PUT", "PATCH"):
        reply = support.fetch(method, url, b"x")
        support.assert_problem(reply, "method-not-allowed")
        allow = {m.strip() for m in reply.headers["Allow"].split(",")}
        assert {"GET", "HEAD"} <= allow and method not in allow
    reply = keeper.ask("GET", "/u/token/key")
    support.assert_problem(reply, "method-not-allowed")
    assert "PUT" in reply.headers["Allow"]
    assert support.fetch("GET", url).body == DATA


def test_end(start, tmp_path, clock):
    """410 from the second of its end on, whether or not it was removed."""
    folder = tmp_path / "store"
    fs = start(support.fs_config(folder, policy={"keep": 1000}))
    answer = fs.slot(size=len(DATA))
    path = folder / "files" / support.key_of(
        answer["get"], fs.config["public_url"] + "/f")
    assert support.fetch("PUT", answer["put"], DATA).status == 201
    end = datetime.datetime.fromisoformat(answer["file_expires"]).timestamp()
    assert path.relative_to(folder / "files").parts[0] == time.strftime(
        "%Y%m%dT%H%M%SZ", time.gmtime(end))
    # To a second or two before it.
    clock.move(int(end - time.time()) - 1)

    def gone():
        before = clock.now()
        reply = get(answer["get"])
        assert reply.status in (200, 410)
        assert reply.status == 200 or clock.now() >= end
        assert reply.status == 410 or before < end
        return reply.status == 410
    support.wait_for("the file's end", gone)
    support.assert_problem(get(answer["get"]), "gone")
    assert get(answer["get"], "HEAD").status == 410
    support.wait_for(
        "the sweep", lambda: not os.listdir(folder / "files"), 70)
    support.assert_problem(get(answer["get"]), "gone")


def max_age(reply):
    match = re.fullmatch("public, max-age=([0-9]+)",
                         *reply.headers.get_all("Cache-Control"))
    assert match, reply
    return int(match[1])


@pytest.mark.parametrize("keep, most", [
    (1000, 1000), ("365 d", 31536000), ("3650 days", 31536000)])
def test_caches_keep_no_file_beyond_its_end(start, tmp_path, keep, most):
    """What is left, whatever the answer's status, and a year at most."""
    fs = start(support.fs_config(tmp_path / "store", policy={"keep": keep}))
    began = time.time()
    url = store(fs)
    etag = get(url).headers["ETag"]
    for method in "GET", "HEAD":
        answers = [(get(url, method), 200),
                   (get(url, method, If_None_Match=etag), 304)]
        if method == "GET":
            answers.append((get(url, Range="bytes=1-2"), 206))
        for reply, status in answers:
            passed = time.time() - began + 2
            assert reply.status == status
            assert most - passed < max_age(reply) <= most, reply
    reply = get(url, Range="bytes=99999-")
    assert (reply.status, reply.headers["Cache-Control"]) == (416, "no-store")


def test_slow_reader(keeper):
    """Who does not read holds up nobody."""
    data = os.urandom(2**20) * 16
    url = store(keeper, data)
    address, target = support.split_url(url)
    readers = []
    for _ in range(4):
        sock = socket.create_connection(address, support.PATIENCE)
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n"
                     "Connection: close\r\n\r\n".encode())
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        readers.append(sock)
    assert get(url).body == data
    assert keeper.healthy()
    for sock in readers:
        total = sum(iter(lambda: len(sock.recv(2**20)), 0))
        assert total > len(data) - 1000
        sock.close()


def test_stored_by_a_clock_that_was_ahead(fs):
    """No answer is older than what it shows (RFC 9110, section 8.8.2.1)."""
    url = store(fs)
    file = pathlib.Path(fs.config["storage"]["path"]) / "files" / \
        urllib.parse.unquote(url.split("/f/")[1])
    os.utime(file, (4102444800, 4102444800))
    for method in ("GET", "HEAD"):
        reply = get(url, method)
        assert reply.status == 200
        assert parsedate_to_datetime(reply.headers["Last-Modified"]) <= \
            parsedate_to_datetime(reply.headers["Date"]), reply
