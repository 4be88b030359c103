"""slotd as a component: what SIGTERM does to its stream."""

import contextlib
import socket

import pytest

import joining
import support
from joining import headless, never, unshaken
from stanza import parse_slot
from xmpp_server import PING, Server, iq, slot

join, server, silent = joining.join, joining.server, joining.silent


def refused(slotd):
    with socket.socket() as sock:
        return sock.connect_ex(slotd.address) != 0


def test_sigterm_answers_what_was_read(server, join, silent):
    slotd = join(server, quota=silent.quota(),
                 policy={"slots_per_minute": 4000})
    with server.accept() as peer:
        peer.shake()
        peer.send("".join(slot(f"s{n}") for n in range(100)))
        assert peer.ask(iq("ping", PING)).get("type") == "result"
        slotd.terminate()
        # HTTP ends at the same time, not after it.
        support.wait_for("the end of HTTP", lambda: refused(slotd))
        assert not peer.ended
        silent.release()
        peer.wait("the end", lambda: peer.ended)
        assert {s.get("id") for s in peer.stanzas} == {
            f"s{n}" for n in range(100)}
        for answer in peer.stanzas:
            parse_slot(answer)
        peer.send("</stream:stream>")
        peer.rest()
        slotd.wait()


def test_sigterm_and_a_redis_that_never_answers(server, join, silent):
    """The time is over for a slot, but a connection that is idle is no request
    that is cut off."""
    slotd = join(server, quota=silent.quota(),
                 policy={"slots_per_minute": 4000},
                 limits={"drain_timeout": 1})
    idle = support.Connection(slotd.address)
    with server.accept() as peer, contextlib.closing(idle):
        assert idle.ask("GET", "/readyz").status == 200
        peer.shake()
        peer.send(slot("1"))
        peer.fence()
        slotd.terminate()
        assert peer.rest() == [] and peer.ended
        silent.release()
        slotd.wait()


def test_sigterm_and_a_server_that_never_closes(server, join):
    slotd = join(server)
    with server.accept() as peer:
        peer.shake()
        slotd.terminate()
        peer.wait("the end", lambda: peer.ended)
        # What comes now is not answered any more.
        peer.send_all_of(slot("late"))
        slotd.wait()
        assert peer.rest() == []


@pytest.mark.parametrize("state", [never, headless, unshaken])
def test_sigterm_before_the_handshake(server, join, state):
    slotd = join(server)
    with server.accept() as peer:
        state(peer)
        slotd.terminate()
        slotd.wait()
        peer.rest()


def test_sigterm_between_two_connections(join):
    with Server() as server:
        pass
    slotd = join(server)
    slotd.wait_line("state=disconnected")
    slotd.terminate()
    slotd.wait()
