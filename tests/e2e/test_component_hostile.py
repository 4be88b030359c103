"""slotd as a component, before a server that sends what no server should, and
what its users can make it send: these end no stream."""

import pathlib
import re

import pytest

import support
from stanza import NS0, parse_error, parse_slot, slot_request
from xmpp_server import (
    ACCEPT, HEADER, JID, PING, STREAMS, USER, Server, config, iq, slot)

MIB = 1 << 20


@pytest.fixture
def server(start, tmp_path):
    """Its `.slotd` has one component, which is to be accepted."""
    with Server() as server:
        server.slotd = start(config(tmp_path / "store", server.component()))
        yield server


@pytest.fixture
def peer(server):
    with server.accept() as peer:
        yield peer.shake()


def message(body, kind="message"):
    return f"<{kind} from='{USER}' to='{JID}'>{body}</{kind}>"


def deep(depth, name="a"):
    return f"<{name}>" * depth + f"</{name}>" * depth


def policy_violation(answer):
    error = parse_error(answer)
    assert error[:2] == ("policy-violation", "modify")
    return True


def resident(slotd):
    status = pathlib.Path(f"/proc/{slotd.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


# --- what users can send --------------------------------------------------


def padded(number, length):
    """A request for a slot of so many bytes."""
    def of(count):
        return iq(number, slot_request(
            "a", 1, purpose=f"<x y='{'z' * count}'/>"))
    return of(length - len(of(0)))


def test_as_long_as_it_may_be(peer):
    parse_slot(peer.ask(padded("1", 65536)))
    policy_violation(peer.ask(padded("2", 65537)))
    parse_slot(peer.ask(padded("3", 65536)))


def test_as_deep_as_it_may_be(peer):
    request = slot_request("a", 1)
    for number, depth, fits in (("1", 30, True), ("2", 31, False),
                                ("3", 30, True), ("4", 9000, False)):
        answer = peer.ask(iq(number, request.replace(
            "></request>", f">{deep(depth)}</request>")))
        assert parse_slot(answer) if fits else policy_violation(answer)


PAYLOADS = {
    "long": "<body>" + "x" * MIB + "</body>",
    "escapes": "<body>" + "&lt;" * (MIB // 4) + "</body>",
    "many": "<a/>" * (MIB // 4),
    "deep": deep(9000),
    "names": "".join(f"<a{i}/>" for i in range(20000)),
    "an attribute": f"<a b='{'x' * 250_000}'/>",
    "a name": "<" + "x" * 250_000 + "/>",
    "attributes": "<a " + " ".join(
        f"b{i}='c'" for i in range(4000)) + "/>",
    "declarations": "<a>" + "<b xmlns:c='urn:y'/>" * 1000 + "</a>",
    # Not well-formed by namespaces; expat would refuse some of them.
    "prefix": "<undeclared:a/>",
    "attribute's prefix": "<a undeclared:b='c'/>",
    "empty prefix": "<a:b xmlns:a=''/>",
    "xml": "<xml:a/>",
    "xmlns": "<xmlns:a/>",
    "xml for another": "<a xmlns:xml='urn:x'/>",
    "one attribute twice":
        "<a b:c='1' d:c='1' xmlns:b='urn:x' xmlns:d='urn:x'/>",
    "error": "<stream:error/>",
    "handshake": "<handshake/>",
    "cdata": "<a><![CDATA[ </stream:stream> ]]></a>",
    "comment": "<a/><!-- </stream:stream> -->",
    "numbers": "<a>&#x10FFFF;&#9;</a>",
    "characters": "<a>\ufffd\u202e</a>"}


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_user_ends_the_stream(peer, name):
    payload = PAYLOADS[name]
    for kind in ("message", "presence"):
        peer.send(message(payload, kind))
    peer.send(iq("big", payload))
    parse_slot(peer.ask(slot("1")))
    assert peer.answer("big").get("type") == "error"
    assert peer.fence() == []


def test_100_kb_each_second_cost_nobody_a_slot(server, peer):
    """The letter before the law: 64 KiB ended the stream, and all waited."""
    noise = message("<body>" + "x" * 100_000 + "</body>")
    for number in range(200):
        if number % 10 == 0:
            peer.send(noise)
            peer.send(noise.replace(USER, "romeo@example.org/x"))
        parse_slot(peer.ask(slot(f"s{number}")))
    assert not [line for line in server.slotd.lines
                if "disconnected" in line]


def test_huge_ones_take_no_memory(server, peer):
    peer.fence()
    before = resident(server.slotd)
    for _ in range(8):
        peer.send(message("<body>" + "x" * (9 * MIB) + "</body>"))
        peer.send(message("<a><b>" * 4000 + "</b></a>" * 4000))
        peer.fence()
    assert resident(server.slotd) - before < (
        64 if support.SANITIZED else 4) * MIB


# --- what only the server can ---------------------------------------------


TAG = "<message><a b='" + "x" * (2 * MIB) + "'/></message>"
ENDS = {
    "10 MiB": (message("<b>" + "x" * (10 * MIB) + "</b>"),
               "policy-violation"),
    "a tag of 2 MiB": (TAG, "policy-violation"),
    "a tag without end": ("<message a='" + "x" * (3 * MIB),
                          "policy-violation"),
    "depth": (deep(10_001), "policy-violation"),
    "doctype": ("<!DOCTYPE a>", "not-well-formed"),
    "pi": ("<?php echo 1 ?>", "restricted-xml"),
    "pi in a stanza": (message("<?a b?>"), "restricted-xml"),
    "entity": (message("&nbsp;"), "not-well-formed"),
    "other end": ("<a></b>", "not-well-formed"),
    "no name": ("<>", "not-well-formed"),
    "twice": ("<a b='1' b='2'/>", "not-well-formed"),
    "zero": ("<a>\0</a>", "not-well-formed"),
    "control": ("<a>\x01</a>", "not-well-formed"),
    "utf-8": (b"<a>\xff\xfe</a>", "not-well-formed"),
    "a number": ("<a>&#0;</a>", "not-well-formed"),
    "a second header": (HEADER, "not-well-formed"),
}


def wait_back(server):
    """It comes again, and all is well."""
    with server.accept() as peer:
        parse_slot(peer.shake().ask(slot("again")))


@pytest.mark.parametrize("name", ENDS)
def test_it_ends_the_stream(server, peer, name):
    text, expected = ENDS[name]
    parse_slot(peer.ask(slot("before")))
    peer.send_all_of(text)
    assert peer.end() == expected
    wait_back(server)


BOMB = ("<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {b} '{f'&{a};' * 10}'>"
    for a, b in zip("abcdefgh", "bcdefghi")) + "]>")


HEADERS = {
    "of the other kind": (HEADER.replace(
        ACCEPT, "jabber:component:connect"), "invalid-namespace"),
    "to a client": (HEADER.replace(
        ACCEPT, "jabber:client"), "invalid-namespace"),
    "another stream": (HEADER.replace(STREAMS, "urn:x"), "invalid-namespace"),
    "another name": (HEADER.replace(
        "stream:stream", "stream:other"), "invalid-namespace"),
    "no namespace": ("<stream/>", "invalid-namespace"),
    "doctype": (HEADER.replace(
        "<stream", "<!DOCTYPE a><stream"), "restricted-xml"),
    "bomb": (HEADER.replace("<stream", BOMB + "<stream"), "restricted-xml"),
    "pi": (HEADER.replace("<stream", "<?a b?><stream"), "restricted-xml"),
    "http": ("HTTP/1.1 400 Bad Request\r\n\r\n", "not-well-formed"),
    "tls": (b"\x15\x03\x01\x00\x02\x02\x46", "not-well-formed"),
    "long": (f"<a b='{'x' * 2 * MIB}", "policy-violation")}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(server, name):
    header, expected = HEADERS[name]
    with server.accept() as peer:
        peer.wait("the header", lambda: peer.header is not None)
        peer.send_all_of(header)
        assert peer.end() == expected
    wait_back(server)


def test_header_and_handshake_byte_by_byte(server):
    with server.accept() as peer:
        for byte in HEADER.encode():
            peer.send(bytes([byte]))
        peer.handshake()
        for byte in b"<handshake xmlns='jabber:component:accept'></handshake>":
            peer.send(bytes([byte]))
        peer.send(PING)
        parse_slot(peer.ask(slot("1")))


def test_all_in_one_piece(server):
    """A server that is ahead of itself: nothing counts before the
    handshake."""
    with server.accept() as peer:
        peer.send(HEADER + iq("early", PING))
        peer.handshake()
        peer.send("<handshake/>" + slot("1") + iq("2", PING))
        parse_slot(peer.answer("1"))
        assert peer.answer("2") is not None
        assert peer.fence() == []
        assert NS0.encode() in peer.came
