"""What the descriptions in api/openapi.yaml show to those who write a client
from them, sent to a running slotd as it stands there."""

import re

import pytest

import dialects
import support
from test_openapi import API, PATHS, SHARE

SCHEME = API["components"]["securitySchemes"]["caller"]["description"]
BASES = PATHS[SHARE]["put"]["description"]


def block(text):
    (found,) = re.findall(r"^```\n(.*?)\n```$", text, re.M | re.S)
    return found


def secret(text):
    return re.search(r"secret\s+`(not-a-real-secret-\d+)`", text)[1]


def send(slotd, text):
    """One request as it stands there, but for the length of its body."""
    head, _, body = text.partition("\n\n")
    lines = [*head.split("\n"), f"Content-Length: {len(body)}",
             "Connection: close", "", body]
    return support.raw(slotd.address, "\r\n".join(lines).encode())


def test_a_signed_request(start):
    """Only a correct signature gets an answer about the time."""
    slotd = start(support.s3_config(
        callers=[{"id": "demo", "secret": secret(SCHEME)}]))
    text = block(SCHEME)
    assert b'"code":"clock-skew"' in send(slotd, text)
    for change in (("juliet", "romeo"), ("/slot", "/slot?"),
                   ("nonce=0", "nonce=1")):
        answer = send(slotd, text.replace(*change, 1))
        assert b'"code":"unauthorized"' in answer, change


@pytest.mark.parametrize("line", block(BASES).split("\n"))
def test_an_upload_below_a_base(start, tmp_path, line):
    base = line.split("/")[1]
    caller = dialects.caller("external-" + base, base)
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[{**caller, "secret": secret(BASES)}]))
    headers = {"Content-Type": "image/jpeg"}
    reply = slotd.ask("PUT", line.replace("cat", "dog"), b"12345", headers)
    assert reply.status == 403, reply
    reply = slotd.ask("PUT", line, b"12345", headers)
    assert reply.status == 201, reply


@pytest.mark.parametrize("store, size", [("s3", 3000), ("fs", 60000)])
def test_how_long_a_head_may_be(request, store, size):
    """At the least: what is longer depends on libmicrohttpd."""
    slotd = request.getfixturevalue(store)
    head = (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"X-Long: ").ljust(size - 4, b"a") + b"\r\n\r\n"
    assert support.statuses(support.raw(slotd.address, head)) == [200]


def test_a_plus_is_a_plus(start):
    slotd = start(support.s3_config(policy={"slots_per_minute": 5}))
    slotd.slot(jid="a+b@example.org")
    for query, slots in (("a+b", 1), ("a%2Bb", 1), ("ab", 0)):
        target = f"/quota?other=1&other=2&jid={query}@example.org"
        reply = slotd.ask("GET", target, headers={
            "Authorization": support.authorization("GET", target)})
        assert reply.json["slots"] == slots, (query, reply)


def test_a_rate_is_looked_at_before_the_type(start):
    slotd = start(support.s3_config(callers=[
        {"id": "prosody", "secret": support.SECRET, "rate": 1}]))
    codes = []
    while "rate-limited" not in codes:
        reply = slotd.ask("POST", "/slot", b"{}", {
            "Authorization": support.authorization(body=b"{}"),
            "Content-Type": "text/plain"})
        codes.append(reply.json["code"])
        assert len(codes) < 100, codes
    assert codes[0] == "unsupported-media-type"
