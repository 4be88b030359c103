"""Erasure with a real store: DELETE /files, then slotd sweep; slotd erase."""

import json

import pytest

import support
from erasing import JULIET, assert_accepted, assert_note, erase
from lab import key_of, statement

ROMEO = "romeo@example.org"


@pytest.fixture
def key_file(tmp_path):
    return support.write_key(tmp_path)


def upload(lab, service, jid, count):
    for number in range(count):
        slot = service.slot(jid=jid, filename=f"{number} é+.jpg", size=5)
        assert lab.put(slot["put"], b"12345").status == 200
        yield slot["put"]


def keys_of(lab, bucket, slots, **place):
    return {key_of(url.split("?")[0], lab.store.url(bucket, **place))
            for url in slots}


@pytest.mark.parametrize("place", [{}, {"prefix": "/pre/fi%20x"}])
def test_from_the_request_to_the_end(lab, start, slotd, key_file, place):
    """The service may only put. The janitor may do the rest."""
    bucket = lab.bucket("erase-" + "-".join(place or ["plain"]))
    before = "pre/fi x/" if place else ""
    signer = lab.store.add_user("erase-signer" + str(len(place)))
    janitor = lab.store.add_user("erase-janitor" + str(len(place)))
    lab.set_policy(
        bucket, statement(bucket, ["PutObject"], signer),
        statement(bucket, ["ListBucket", "DeleteObject", "GetObject"],
                  janitor))
    config = lab.config(
        bucket, user=signer, key_file=key_file, storage={"put_ttl": 600},
        policy={"keep": "30 days"}, **place)
    service = start(config)
    list(upload(lab, service, JULIET, 7))
    others = keys_of(
        lab, bucket, upload(lab, service, ROMEO, 3), **place)
    late = service.slot(jid=JULIET, size=5)["put"]
    assert_accepted(erase(service))
    name, = (name for name in lab.listing(bucket) if "slotd-erase/" in name)
    assert name.startswith(before + "slotd-erase/")
    config["storage"]["janitor"] = {
        "access_key_id": janitor.key, "access_key_secret": janitor.secret}
    for count in (7, 1):
        done = slotd(config, "sweep", "--json")
        assert done.returncode == 0 and done.stderr == "", done
        store, = json.loads(done.stdout)["stores"]
        assert (store["removed"], store["erased"]) == (count, count)
        assert set(lab.listing(bucket)) == {
            name, *(before + other for other in others)}
        assert lab.put(late, b"12345").status == 200


def test_rights_that_are_missing(lab, start, slotd, key_file):
    bucket = lab.bucket("erase-rights")
    signer = lab.store.add_user("erase-no-put")
    janitor = lab.store.add_user("erase-no-get")
    lab.set_policy(bucket, statement(bucket, ["GetObject"], signer))
    service = start(lab.config(bucket, user=signer, key_file=key_file))
    reply = erase(service)
    assert reply.status == 500 and reply.json["code"] == "internal"
    assert "s3:PutObject for slotd-erase/*" in service.wait_line("/files")
    assert lab.listing(bucket) == {}
    lab.set_policy(
        bucket, statement(bucket, ["PutObject"], signer),
        statement(bucket, ["ListBucket", "DeleteObject"], janitor))
    assert_accepted(erase(service))
    service.config["storage"]["janitor"] = {
        "access_key_id": janitor.key, "access_key_secret": janitor.secret}
    done = slotd(service.config, "sweep")
    assert done.returncode == 1
    assert "s3:GetObject" in done.stderr
    assert len(lab.listing(bucket)) == 1


def test_slotd_erase(lab, start, slotd, key_file):
    bucket = lab.bucket("erase-at-once")
    config = lab.config(bucket, key_file=key_file)
    service = start(config)
    list(upload(lab, service, JULIET, 5))
    others = keys_of(lab, bucket, upload(lab, service, ROMEO, 2))
    done = slotd(config, "erase", JULIET + "/balcony")
    assert done.returncode == 0, done
    assert "removed 5 (25 bytes)" in done.stdout
    left = set(lab.listing(bucket))
    name, = (name for name in left if "slotd-erase/" in name)
    assert_note(lab.stored(bucket, name), support.KEY_LINE.encode(), JULIET)
    assert {name for name in left if "slotd-erase" not in name} == others
    assert len(left) == 3
