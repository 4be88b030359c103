"""slotd as a component: how a connection begins, ends and is made again, and
what a reload does to it. Waits between connections are cut short by
reloads, so that no test waits for them."""

import contextlib

import pytest

import joining
import reloading
import support
from joining import headless, never, unshaken
from scrape import scrape
from stanza import parse_error, parse_slot
from xmpp_server import (
    HEADER, JID, PING, SECRET, Server, config, error, iq, slot)

join, server, silent = joining.join, joining.server, joining.silent

DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"


# --- each way in which it ends --------------------------------------------


def opened(peer):
    peer.shake()


def asked(peer):
    peer.shake()
    peer.send(slot("1") * 50)


STATES = [never, headless, unshaken, opened, asked]


def again(server, join):
    """It comes again, and works."""
    join.reload()
    with server.accept() as peer:
        parse_slot(peer.shake().ask(slot("again")))


@pytest.mark.parametrize("end", ["reset", "close", "farewell"])
def test_the_server_ends_it(server, join, end):
    slotd = join(server)
    for state in STATES:
        seen = len(slotd.lines)
        peer = server.accept()
        state(peer)
        if end == "reset":
            peer.reset()
        else:
            if end == "farewell" and state not in (never, headless):
                peer.send("</stream:stream>")
                peer.rest()
            peer.sock.close()
        slotd.wait_line("state=disconnected", seen)
        again(server, join)
        slotd.wait_line("state=disconnected .*closed by the server|"
                        "state=disconnected .*reset", seen)
        # The last one was ours.
        join.reload()
    assert slotd.healthy()


@pytest.mark.parametrize("state, condition, reason", [
    (headless, "host-unknown", "no component with this jid"),
    (headless, "not-authorized", "no component with this jid"),
    (headless, "conflict", "has a host with this name"),
    (unshaken, "not-authorized", "wrong secret"),
    (unshaken, "conflict", "conflict"),
    (opened, "conflict", "conflict"),
    (opened, "system-shutdown", "system-shutdown"),
    (opened, "policy-violation", "policy-violation"),
    (opened, "x-none-that-is-known-and-which-is-" + "l" * 4000, "")])
def test_the_server_refuses_it(server, join, state, condition, reason):
    """Error before the handshake: Prosody sends a header without an id,
    ejabberd one with it; both only then the error."""
    slotd = join(server)
    with server.accept() as peer:
        state(peer)
        # In one piece: slotd answers a header that comes alone.
        header = HEADER.replace(" id='stream-id-1'", " id=''")
        peer.send(header * (state is headless) + error(condition))
        peer.rest()
    line = slotd.wait_line("level=warn msg=component .*state=disconnected")
    assert reason in line and len(line) < 1000
    assert SECRET not in "\n".join(slotd.lines)
    again(server, join)


def test_a_conflict_waits_for_a_reload(server, join):
    """60 seconds otherwise: tests/xmpp/test_pace.c has them."""
    slotd = join(server)
    with server.accept() as peer:
        unshaken(peer)
        peer.send(error("conflict"))
        peer.rest()
    slotd.wait_line("state=disconnected")
    # Longer than the first back-off of others.
    with pytest.raises(TimeoutError):
        server.accept(patience=2)
    again(server, join)


def test_nobody_listens(join):
    with Server() as server:
        port = server.port
    slotd = join(server)
    line = slotd.wait_line("state=disconnected")
    assert f"server=127.0.0.1:{port}" in line and "refused" in line
    assert slotd.healthy()
    assert slotd.ask("GET", "/readyz").status == 200
    assert scrape(slotd).of("slotd_component_connects_total")[
        JID, "unreachable"] >= 1


def test_silence(start, tmp_path):
    """Ten seconds for header and handshake, in each state at once."""
    with contextlib.ExitStack() as stack:
        states = [never, headless, unshaken]
        servers = [stack.enter_context(Server()) for _ in states]
        slotd = start(config(tmp_path / "store", *(
            server.component(jid=f"{state.__name__}.example.org")
            for server, state in zip(servers, states))))
        peers = []
        for server, state in zip(servers, states):
            peer = stack.enter_context(server.accept())
            peers.append(peer)
            if state is unshaken:
                peer.head(jid="unshaken.example.org")
                peer.handshake()
        for peer in peers:
            peer.rest(patience=10 + support.PATIENCE)
        for state in states:
            slotd.wait_line(f"component={state.__name__}.example.org "
                            "state=disconnected .*10 seconds")


# --- reload ---------------------------------------------------------------


def name_of(peer, number):
    query, = peer.ask(iq(number, DISCO))
    return query.find("{http://jabber.org/protocol/disco#info}identity").get(
        "name")


def test_a_reload_that_the_stream_outlives(server, join):
    slotd = join(server)
    with server.accept() as peer:
        peer.shake()
        assert name_of(peer, "1") == "File upload"
        parse_slot(peer.ask(slot("2")))
        join.reload(server, name="B\u00fccher & more", secret="another" * 5,
                    allow_domains=["example.net"])
        assert name_of(peer, "3") == "B\u00fccher & more"
        assert parse_error(peer.ask(slot("4"))).condition == "forbidden"
        parse_slot(peer.ask(slot("5", sender="romeo@example.net/x")))
        assert not [line for line in slotd.lines if "disconnected" in line]
        peer.send("</stream:stream>")
        peer.rest()
    join.reload()
    with server.accept() as peer:
        peer.shake(secret="another" * 5)
        parse_slot(peer.ask(slot("6", sender="romeo@example.net/x")))


def test_a_reload_that_ends_the_stream(server, join):
    """Another server, another jid, no component."""
    slotd = join(server)
    with server.accept() as peer, Server() as other:
        peer.shake()
        join.reload(other)
        peer.rest()
        assert peer.ended
        with other.accept() as second:
            second.shake()
            join.reload(other, jid="files.example.org")
            second.rest()
            assert second.ended
            with other.accept() as third:
                third.shake(jid="files.example.org")
                changed = dict(slotd.config)
                del changed["components"]
                # Somebody has to ask for slots.
                changed["callers"] = [{"id": "a", "secret": "b" * 32}]
                reloading.reload(slotd, changed)
                third.rest()
                assert third.ended
    assert slotd.healthy()


def test_a_reload_adds_one(server, join, start, tmp_path):
    slotd = start(config(tmp_path / "store", server.component()))
    with Server() as other, server.accept() as peer:
        peer.shake()
        changed = dict(slotd.config, components=[
            server.component(), other.component(jid="b.example.org")])
        reloading.reload(slotd, changed)
        with other.accept() as second:
            second.shake(jid="b.example.org")
            parse_slot(second.ask(slot("1", to="b.example.org")))
        parse_slot(peer.ask(slot("1")))


def test_a_bad_file_changes_nothing(server, join):
    slotd = join(server)
    with server.accept() as peer:
        peer.shake()
        reloading.failed(slotd, dict(slotd.config, components=[
            server.component(allow_domains=[])]))
        parse_slot(peer.ask(slot("1")))


# --- what waits -----------------------------------------------------------


def test_a_thousand_wait(server, join, silent):
    """And delay nobody who does not ask for a slot."""
    slotd = join(server, quota=silent.quota(),
                 policy={"slots_per_minute": 4000})
    with server.accept() as peer:
        peer.shake()
        peer.send("".join(slot(f"s{n}") for n in range(1100)))
        assert peer.ask(iq("ping", PING)).get("type") == "result"
        refused = {s.get("id") for s in peer.stanzas}
        for answer in peer.stanzas:
            assert parse_error(answer)[:2] == ("resource-constraint", "wait")
        assert refused == {f"s{n}" for n in range(1000, 1100)}
        peer.stanzas.clear()
        silent.release()
        granted = set()
        while len(granted) < 1000:
            answer = peer.next()
            parse_slot(answer)
            assert answer.get("id") not in granted
            granted.add(answer.get("id"))
        assert granted == {f"s{n}" for n in range(1000)}
        # There is room again.
        parse_slot(peer.ask(slot("more")))
        assert peer.fence() == []
    assert slotd.healthy()


# --- a server that does not read ------------------------------------------


def resident(slotd):
    for line in open(f"/proc/{slotd.process.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_a_slow_reader(server, join):
    """Its answers pile up in bounded memory: slotd stops reading, too."""
    slotd = join(server)
    with server.accept() as peer:
        peer.shake()
        parse_slot(peer.ask(slot("first")))
        before = resident(slotd)
        # Answers are longer than requests: they would fill 200 MB.
        request = b"".join(slot(f"s{n}").encode() for n in range(100))
        sent = 0
        peer.sock.settimeout(1)
        # Until the kernel's buffers and slotd's are full; far from 100 MB.
        with contextlib.suppress(TimeoutError):
            while sent < 100_000_000:
                sent += peer.sock.send(request[sent % len(request):])
        assert sent < 100_000_000
        assert resident(slotd) - before < (
            96 if support.SANITIZED else 16) << 20
        assert slotd.healthy()
        peer.sock.settimeout(support.PATIENCE)
        whole = sent // len(request) * 100
        rest = request[sent % len(request):]
        peer.send(rest)
        # Of the slots, more than 1,000 may be waiting for the disk.
        for _ in range(whole + 100):
            answer = peer.next()
            if answer.get("type") != "result":
                assert parse_error(answer)[:2] == (
                    "resource-constraint", "wait")
        assert peer.fence() == []


def test_one_that_never_reads(server, join):
    """It does not keep slotd from its end."""
    slotd = join(server, limits={"drain_timeout": 1})
    with server.accept() as peer:
        peer.shake()
        peer.sock.settimeout(1)
        with contextlib.suppress(TimeoutError):
            for _ in range(1000):
                peer.sock.sendall(slot("s").encode() * 100)
        slotd.terminate()
        slotd.wait((0, 1))
