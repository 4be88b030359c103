"""What a slot does not allow: refused by a real store, nothing stored."""

import datetime
import email.utils
import socket
import urllib.parse

import pytest

import support
from lab import key_of

DATA = b"0123456789" * 100
SIZE = len(DATA)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def slot(lab, private, issue):
    """A slot of SIZE bytes; its URL has to stay unused."""
    slot = issue(private, SIZE)
    slot["key"] = key_of(slot["get"], lab.store.url(private))
    before = lab.listing(private)
    yield slot
    # Neither under this key nor under any other.
    assert lab.listing(private) == before


def assert_refused(reply, *codes):
    assert reply.status == 403, reply
    assert reply.code() in (codes or ("SignatureDoesNotMatch",)), reply


# --- the body -------------------------------------------------------------


@pytest.mark.parametrize(
    "size", [0, SIZE - 1, SIZE + 1, 10 * SIZE, 8 * 1024 * 1024])
def test_other_length(lab, slot, size):
    data = (DATA * (size // SIZE + 1))[:size]
    assert_refused(lab.put(slot["put"], data))


def test_other_length_before_the_body(lab, slot):
    """With Expect the refusal comes first, and no byte is sent."""
    reply = lab.put(slot["put"], DATA + b"x", "-H", "Expect: 100-continue",
                    "--expect100-timeout", "30", "-w",
                    "%{stderr}%{size_upload}")
    assert_refused(reply)
    assert reply.complaint == "0", reply


@pytest.mark.parametrize(
    "data", [b"", DATA, DATA + b"x"], ids=["empty", "same", "longer"])
def test_chunked(lab, slot, data):
    """Of whatever length, the right one included."""
    reply = lab.put(slot["put"], data, "-H", "Transfer-Encoding: chunked")
    assert_refused(reply)


def test_length_and_chunked(lab, slot):
    """Both at once must not carry a longer body past the signature."""
    address, target = support.split_url(slot["put"])
    host = f"{address[0]}:{address[1]}"
    answer = support.raw(address, (
        f"PUT {target} HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Length: {SIZE}\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n").encode() + support.chunked(DATA * 3))
    assert support.statuses(answer)[0] in (400, 403), answer


def test_body_that_ends_early(lab, slot):
    """The right length was promised, but the connection ends before."""
    address, target = support.split_url(slot["put"])
    connection = support.Connection(address)
    connection.putrequest("PUT", target)
    connection.putheader("Content-Length", str(SIZE))
    connection.endheaders()
    connection.send(DATA[:-1])
    connection.sock.shutdown(socket.SHUT_WR)
    rest = b""
    while piece := connection.sock.recv(65536):
        rest += piece
    connection.close()
    assert 200 not in support.statuses(rest), rest


# --- the query ------------------------------------------------------------


def split(url):
    base, _, query = url.partition("?")
    return base, [pair.split("=", 1) for pair in query.split("&")]


def join(base, pairs):
    return base + "?" + "&".join("=".join(pair) for pair in pairs)


def shifted(date):
    """A second later, in ISO 8601's basic form."""
    form = "%Y%m%dT%H%M%SZ"
    later = datetime.datetime.strptime(date, form) + SECOND
    return later.strftime(form)


CHANGES = {
    "X-Amz-Algorithm": lambda old: "AWS4-HMAC-SHA1",
    # Another region.
    "X-Amz-Credential": lambda old: old.replace("-1/s3/", "-2/s3/"),
    "X-Amz-Date": shifted,
    "X-Amz-Expires": lambda old: str(int(old) + 1),
    "X-Amz-SignedHeaders": lambda old: "host",
    "X-Amz-Signature": lambda old: old[:-1] + ("1" if old[-1] == "0" else "0"),
}


def refused_when_tampered(lab, url):
    """Not by its signature alone: RGW has other words for parts of it."""
    for data in (DATA, DATA + b"x"):
        reply = lab.put(url, data)
        assert reply.status in (400, 403), (url, reply)


def test_the_query_is_all_known(slot):
    """So that each of its parameters is tampered with below."""
    _, pairs = split(slot["put"])
    assert {name for name, _ in pairs} == set(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_tampered(lab, slot, name):
    base, pairs = split(slot["put"])
    at = [n for n, _ in pairs].index(name)
    changed = urllib.parse.quote(
        CHANGES[name](urllib.parse.unquote(pairs[at][1])), safe="")
    assert changed != pairs[at][1]
    other = pairs[:at] + [[name, changed]] + pairs[at + 1:]
    refused_when_tampered(lab, join(base, other))


@pytest.mark.parametrize("name", CHANGES)
def test_taken_away(lab, slot, name):
    base, pairs = split(slot["put"])
    refused_when_tampered(lab, join(base, [p for p in pairs if p[0] != name]))


@pytest.mark.parametrize("added", [
    "x-amz-acl=public-read", "X-Amz-Security-Token=x", "uploads=",
    "partNumber=1&uploadId=x", "acl=", "versionId=x",
    "response-content-type=text%2Fhtml", "X-Amz-Expires=604800",
    "X-Amz-SignedHeaders=host"])
def test_added(lab, slot, added):
    refused_when_tampered(lab, slot["put"] + "&" + added)


def test_no_query(lab, slot):
    assert_refused(
        lab.put(slot["put"].partition("?")[0], DATA), "AccessDenied")


# --- where and how --------------------------------------------------------


def test_other_key(lab, slot, private, issue):
    base, question, query = slot["put"].partition("?")
    for other in (base + "x", base.rpartition("/")[0] + "/dog.jpg",
                  base.rpartition("/")[0], base.replace("cat", "c%61ts")):
        assert_refused(lab.put(other + question + query, DATA))


def test_other_bucket(lab, slot, public):
    before = lab.listing(public)
    url = slot["put"].replace("/private-files/", f"/{public}/", 1)
    assert_refused(lab.put(url, DATA))
    assert lab.listing(public) == before


def test_other_host(lab, slot, private):
    """The same object by another name of the store."""
    base, question, query = slot["put"].partition("?")
    url = lab.store.url(private, style="host") + "/" + slot["key"]
    assert_refused(lab.put(url + question + query, DATA))
    # Without a port RGW adds its own to Host, and is content.
    port = lab.store.https
    assert_refused(
        lab.put(slot["put"], DATA, "-H", f"Host: 127.0.0.1:{port}"))


def test_expired(lab, private, issue):
    before = lab.listing(private)
    slot = issue(private, SIZE, storage={"put_ttl": 1})
    end = datetime.datetime.fromisoformat(
        slot["expires"].replace("Z", "+00:00"))

    def over():
        """By the store's clock, which is the one that counts."""
        date = lab.get(lab.store.url()).headers["date"]
        return email.utils.parsedate_to_datetime(date) > end + SECOND

    support.wait_for("the slot's end", over)
    assert_refused(lab.put(slot["put"], DATA), "AccessDenied")
    assert lab.listing(private) == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
def test_other_method(lab, private, issue, method):
    """A slot's URL writes; it neither reads nor takes away."""
    slot = issue(private, SIZE)
    key = key_of(slot["get"], lab.store.url(private))
    how = {"HEAD": ["-I"], "POST": ["--data-binary", "@-"]}.get(
        method, ["-X", method])
    for stored in (False, True):
        if stored:
            assert lab.put(slot["put"], DATA).status == 200
        before = lab.listing(private)
        assert (key in before) == stored
        # With the signed length too, as only the method is to matter.
        for length in ([], ["-H", f"Content-Length: {SIZE}"]):
            reply = lab.curl(*how, *length, url=slot["put"], stdin=DATA)
            assert reply.status in (403, 405), reply
            assert DATA not in reply.body
        assert lab.listing(private) == before
