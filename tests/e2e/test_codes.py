"""Every error code that can be provoked over HTTP, as the file lists it."""

import time

import pytest

import stub_store
import support
from test_openapi import CODES, check_reply

JSON = [("Content-Type", "application/json")]
# Nothing does these to a server from outside.
UNPROVOKED = {"internal"}

PROVOCATIONS = {}


def provokes(code, path="/slot", method="post", **config):
    """Marks a function that gets a slotd and gives the refusal."""
    def mark(function):
        PROVOCATIONS[code] = (function, path, method, config)
        return function
    return mark


@provokes("bad-request")
def bad_request(slotd):
    return slotd.post(support.slot_body(size=1.5))


@provokes("unauthorized")
def unauthorized(slotd):
    return slotd.ask("POST", "/slot", support.slot_body(), JSON)


@provokes("clock-skew")
def clock_skew(slotd):
    return slotd.post(support.slot_body(), ts=int(time.time()) - 301)


@provokes("replayed")
def replayed(slotd):
    ts = int(time.time())
    slotd.post(support.slot_body(), nonce="once-only", ts=ts)
    return slotd.post(support.slot_body(), nonce="once-only", ts=ts)


@provokes("forbidden", policy={"deny_extensions": ["exe"]})
def forbidden(slotd):
    return slotd.post(support.slot_body(filename="a.exe"))


@provokes("slot-invalid", "/u/{token}/{key}", "put")
def slot_invalid(slotd):
    return slotd.ask("PUT", "/u/forged/key", b"12345")


@provokes("slot-expired", "/u/{token}/{key}", "put", storage={"put_ttl": 1})
def slot_expired(slotd):
    slot = slotd.slot(size=5)
    support.wait_for("the slot's end", lambda: support.fetch(
        "PUT", slot["put"], b"1234").status == 403)
    return support.fetch("PUT", slot["put"], b"12345")


@provokes("not-found", "/f/{key}", "get")
def not_found(slotd):
    return slotd.ask("GET", "/f/nothing/here")


@provokes("method-not-allowed")
def method_not_allowed(slotd):
    return slotd.ask("PUT", "/slot", b"")


@provokes("already-exists", "/u/{token}/{key}", "put")
def already_exists(slotd):
    slot = slotd.slot(size=5)
    support.fetch("PUT", slot["put"], b"12345")
    return support.fetch("PUT", slot["put"], b"12345")


@provokes("length-required", "/u/{token}/{key}", "put")
def length_required(slotd):
    return support.fetch("PUT", slotd.slot(size=5)["put"],
                         support.chunked(b"12345"),
                         {"Transfer-Encoding": "chunked"})


@provokes("file-too-large")
def file_too_large(slotd):
    return slotd.post(support.slot_body(size=2**30 + 1))


@provokes("length-mismatch", "/u/{token}/{key}", "put")
def length_mismatch(slotd):
    return support.fetch("PUT", slotd.slot(size=5)["put"], b"1234")


@provokes("body-too-large")
def body_too_large(slotd):
    return slotd.post(b" " * 16385)


@provokes("unsupported-media-type")
def unsupported_media_type(slotd):
    return slotd.post(support.slot_body(), [("Content-Type", "text/plain")])


@provokes("range-not-satisfiable", "/f/{key}", "get")
def range_not_satisfiable(slotd):
    slot = slotd.slot(size=5)
    support.fetch("PUT", slot["put"], b"12345")
    return support.fetch("GET", slot["get"], headers={"Range": "bytes=5-"})


@provokes("gone", "/f/{key}", "get", policy={"keep": 1})
def gone(slotd):
    url = slotd.slot(size=5)["get"]
    support.wait_for("the file's end", lambda: support.fetch(
        "GET", url).json["code"] == "gone")
    return support.fetch("GET", url)


@provokes("not-implemented", "/files", "delete",
          storage={"key": "{random}/{filename}"})
def not_implemented(slotd):
    target = "/files?jid=juliet%40example.org"
    return slotd.ask("DELETE", target, headers=[
        ("Authorization", support.authorization("DELETE", target))])


@provokes("rate-limited", policy={"slots_per_minute": 1})
def rate_limited(slotd):
    slotd.slot()
    return slotd.post(support.slot_body())


@provokes("quota-exceeded", policy={"bytes_per_day": 2000})
def quota_exceeded(slotd):
    slotd.slot(size=2000)
    return slotd.post(support.slot_body())


@provokes("unavailable", auth={"replay_max": 2})
def unavailable(slotd):
    slotd.post(support.slot_body())
    slotd.post(support.slot_body())
    return slotd.post(support.slot_body())


@provokes("insufficient-storage", storage={"min_free": "99 %"})
def insufficient_storage(slotd):
    return slotd.post(support.slot_body(size=2**30))


@pytest.mark.parametrize("code", PROVOCATIONS)
def test_code(start, tmp_path, code):
    provoke, path, method, config = PROVOCATIONS[code]
    reply = provoke(start(support.fs_config(tmp_path / "store", **config)))
    assert reply.status == CODES[code]["status"], reply
    support.assert_problem(reply, code)
    assert reply.json.get("xmpp") == CODES[code].get("xmpp")
    if code != "method-not-allowed":
        check_reply(reply, path, method)


def test_none_is_forgotten():
    assert set(PROVOCATIONS) == set(CODES) - UNPROVOKED


REFUSED = {"internal": 403, "unavailable": 503, "insufficient-storage": 507,
           "already-exists": 412}


@pytest.mark.parametrize("code", REFUSED)
def test_codes_of_the_relay(start, tmp_path, code):
    """PUT answers as the file says, whatever the store says."""
    def script(peer):
        peer.answer(REFUSED[code])
    with stub_store.Store(script) as store:
        slotd = start(stub_store.config(store, tmp_path))
        reply = support.fetch("PUT", slotd.slot(size=5)["put"], b"12345")
        assert reply.status == CODES[code]["status"], reply
        assert reply.json["code"] == code
        assert reply.json.get("xmpp") == CODES[code].get("xmpp")
        check_reply(reply, "/u/{token}/{key}", "put")
