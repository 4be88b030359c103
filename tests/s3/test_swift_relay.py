"""relay = true and get = "redirect" before OpenStack Swift: the tests of
Ceph again, and what is different."""

import secrets

import support
import swift_lab
import test_relay as relay
from test_relay import DATA, key_of, put, upload

lab = swift_lab.lab
public = swift_lab.public
private = swift_lab.private
begin = relay.begin
slotd = relay.slotd

test_names = relay.test_names
test_sizes = relay.test_sizes
test_types = relay.test_types
test_refused = relay.test_refused
test_late = relay.test_late
test_aborted = relay.test_aborted
test_redirect = relay.test_redirect
test_presigned = relay.test_presigned
test_plain_urls = relay.test_plain_urls


def test_a_second_time(lab, slotd, public):
    """Swift answers 501 to If-None-Match, and slotd leaves it out: the file
    is replaced."""
    answer = upload(slotd)
    other = secrets.token_bytes(len(DATA))
    assert put(answer, other).status == 201
    assert lab.stored(public, key_of(answer)) == other


def test_a_key_that_may_not(lab, private, begin):
    slotd = begin(private, user=lab.store.users["nobody"])
    answer = slotd.slot(size=len(DATA))
    reply = put(answer)
    assert (reply.status, reply.json["code"]) == (500, "internal"), reply
    assert "403 AccessDenied" in slotd.wait_line("route=/u/")
    assert key_of(answer) not in lab.listing(private)


def test_length_and_chunked(lab, slotd, public):
    """The relay refuses what Swift itself would take."""
    before = lab.listing(public)
    url = slotd.slot(size=len(DATA))["put"]
    address, target = support.split_url(url)
    answer = support.raw(address, (
        f"PUT {target} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\n"
        f"Content-Length: {len(DATA)}\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n").encode() + support.chunked(DATA * 3))
    assert support.statuses(answer)[0] in (400, 411), answer
    assert lab.listing(public) == before

