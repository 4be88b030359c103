"""Stores for domains, signed types and presigned links, on a real store."""

import time

import pytest

import support

DATA = b"what was sent\n"


def test_a_store_for_each_domain(lab, public, start_once):
    """`storages` and `domains`: each domain's files in its own bucket."""
    archive = lab.public_bucket("archive-files")
    config = lab.config(public)
    config["storages"] = [
        {**config["storage"], "name": "archive",
         "bucket_url": lab.store.url(archive)}]
    config["domains"] = [
        {"name": "example.net", "storage": "archive", "max_size": len(DATA)},
        {"name": "*.example.net", "storage": "archive"}]
    slotd = start_once(config)
    for jid, bucket in (("a@example.org", public), ("a@example.net", archive),
                        ("irc.example.net", archive)):
        slot = slotd.slot(jid=jid, size=len(DATA), filename="a b.txt")
        assert slot["get"].startswith(lab.store.url(bucket) + "/"), slot
        assert lab.put(slot["put"], DATA).status == 200
        assert lab.get(slot["get"]).body == DATA
    reply = slotd.post(support.slot_body(
        jid="a@example.net", size=len(DATA) + 1))
    support.assert_problem(reply, "file-too-large")
    assert reply.json["max_file_size"] == len(DATA)


@pytest.fixture(scope="module")
def typed(lab, public, start_once):
    return start_once(lab.config(public, storage={"sign_content_type": True}))


@pytest.mark.parametrize("named, signed", [
    ("image/png", "image/png"),
    ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    (None, "application/octet-stream")])
def test_a_signed_type(lab, typed, named, signed):
    """The store takes that type, keeps it, and no other and none."""
    members = {"content_type": named} if named else {}
    slot = typed.slot(size=len(DATA), **members)
    assert slot["headers"] == {"Content-Type": signed}
    for other in ("Content-Type: text/html", "Content-Type:"):
        reply = lab.put(slot["put"], DATA, "-H", other)
        assert reply.status == 403, reply
        assert reply.code() == "SignatureDoesNotMatch"
    assert lab.get(slot["get"]).status in (403, 404)
    reply = lab.put(slot["put"], DATA, "-H", "Content-Type: " + signed)
    assert reply.status == 200, reply
    assert lab.get(slot["get"]).headers["content-type"] == signed


def test_a_presigned_link(lab, private, start_once):
    """It reads a private bucket, for GET alone, as long as get_ttl says."""
    # Longer where the machine was slower than the link.
    for ttl in (2, 8, 32):
        slotd = start_once(lab.config(
            private, storage={"get": "presigned", "get_ttl": ttl}))
        began = time.monotonic()
        slot = slotd.slot(size=len(DATA), filename="très cool+&.txt")
        assert lab.put(slot["put"], DATA).status == 200
        reply = lab.get(slot["get"])
        # Its date has whole seconds.
        if time.monotonic() - began < ttl - 1 or reply.status == 200:
            break
    assert (reply.status, reply.body) == (200, DATA), reply
    support.wait_for("the link's end", lambda: lab.get(
        slot["get"]).status == 403, ttl + support.PATIENCE)
    fresh = slotd.slot(size=len(DATA))
    assert lab.put(fresh["put"], DATA).status == 200
    assert lab.curl("-I", url=fresh["get"]).status == 403
    assert lab.curl("-X", "DELETE", url=fresh["get"]).status == 403
