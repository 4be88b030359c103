"""What one upload teaches the relay about a store, the next one knows."""

import secrets

import pytest

import relayed
import reloading
import stub_store
import support

DATA = secrets.token_bytes(100000)
store, slotd = relayed.store, relayed.slotd
line_of = relayed.line_of


def put(slotd, **members):
    answer = slotd.slot(size=len(DATA), **members)
    return relayed.put(answer, DATA)


def late_501(peer):
    """Behind a proxy that answers Expect itself, and so has the whole body
    before the store says no to If-None-Match."""
    peer.proceed()
    peer.read()
    if "if-none-match" in peer.headers:
        peer.answer(501, "NotImplemented")
    else:
        peer.answer(200)


def test_a_condition_that_is_refused_late(slotd, store):
    """RFC 9110, section 15.6.2: 501 is for good. The body is gone with the
    first upload; no later one fails."""
    store.script = late_501
    support.assert_problem(put(slotd), "unavailable")
    assert "without If-None-Match" in line_of(slotd)
    for _ in range(3):
        assert put(slotd).status == 201
    asked = ["if-none-match" in peer.headers for peer in store.peers]
    assert asked == [True, False, False, False]
    assert store.peers[-1].body == DATA


def test_it_is_known_after_a_reload(slotd, store):
    store.script = late_501
    support.assert_problem(put(slotd), "unavailable")
    reloading.reload(slotd)
    assert put(slotd).status == 201


def test_a_condition_that_is_refused_early(slotd, store):
    """Tried once without it in the same upload; the next does not ask."""
    def script(peer):
        if "if-none-match" in peer.headers:
            peer.answer(501, "NotImplemented")
        else:
            stub_store.take(peer)
    store.script = script
    assert put(slotd).status == 201
    assert put(slotd).status == 201
    asked = ["if-none-match" in peer.headers for peer in store.peers]
    assert asked == [True, False, False]


def test_it_was_something_else(slotd, store):
    """A store that says 501 to all keeps its protection against a second
    PUT for when it is well again."""
    def script(peer):
        peer.proceed()
        peer.read()
        peer.answer(501, "NotImplemented")
    store.script = script
    for _ in range(2):
        support.assert_problem(put(slotd), "unavailable")
    store.script = stub_store.take
    assert put(slotd).status == 201
    asked = ["if-none-match" in peer.headers for peer in store.peers]
    assert asked == [True, False, True]


def test_another_store_is_another(start, tmp_path):
    with stub_store.Store(late_501) as one, stub_store.Store() as two:
        config = stub_store.config(one, tmp_path, domains=[
            {"name": "two.example", "storage": "two"}])
        config["storages"] = [
            {**config["storage"], "name": "two", "bucket_url": two.url}]
        slotd = start(config)
        support.assert_problem(put(slotd), "unavailable")
        assert put(slotd, jid="juliet@two.example").status == 201
        assert "if-none-match" in two.peers[0].headers


@pytest.mark.parametrize("says", ["nothing", "417"])
def test_a_store_that_answers_no_expectation(slotd, store, says):
    """It is waited for once, or asked once, and not for each upload."""
    def script(peer):
        if says == "417" and "expect" in peer.headers:
            peer.answer(417)
            return
        peer.read()
        peer.answer(200)
    store.script = script
    for _ in range(3):
        assert put(slotd).status == 201
    asked = ["expect" in peer.headers for peer in store.peers]
    assert asked == ([True, False, False, False] if says == "417"
                     else [True, False, False])
    # The condition is another matter.
    assert all("if-none-match" in peer.headers for peer in store.peers)
