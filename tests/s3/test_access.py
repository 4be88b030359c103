"""Who may read, and what keys may do: facts about a real store."""

import pytest

from lab import key_of, statement

DATA = b"Neither a borrower nor a lender be. " * 10


def test_private(lab, private, issue):
    """Uploads work, and nobody may read what is stored."""
    slot = issue(private, len(DATA))
    assert lab.put(slot["put"], DATA).status == 200
    for how in ([], ["-I"]):
        assert lab.get(slot["get"], *how).status == 403
    key = key_of(slot["get"], lab.store.url(private))
    assert lab.stored(private, key) == DATA


def test_set_public(lab, private, issue):
    """Ceph answers 200, and the object stays private."""
    slot = issue(private, len(DATA), storage={"set_public": True})
    assert "x-amz-acl=public-read" in slot["put"]
    reply = lab.put(slot["put"], DATA)
    assert reply.status == 200, reply
    assert lab.get(slot["get"]).status == 403
    key = key_of(slot["get"], lab.store.url(private))
    grants = lab.owners.get_object_acl(Bucket=private, Key=key)["Grants"]
    assert [g["Grantee"]["Type"] for g in grants] == ["CanonicalUser"]


def test_acl_header(lab, private, issue):
    """What Ceph ignores in the query it obeys as a header, unsigned.

    So whoever has a slot may make that object public.
    """
    slot = issue(private, len(DATA))
    assert "x-amz-acl" not in slot["put"]
    reply = lab.put(slot["put"], DATA, "-H", "x-amz-acl: public-read")
    assert reply.status == 200, reply
    assert lab.get(slot["get"]).body == DATA


def test_strangers(lab, public, issue):
    """The policy lets everybody read what they know, and do no more."""
    slot = issue(public, len(DATA))
    assert lab.put(slot["put"], DATA).status == 200
    before = lab.listing(public)
    bucket = lab.store.url(public)
    for url in (bucket, bucket + "/", bucket + "?list-type=2",
                bucket + "?policy"):
        assert lab.get(url).status == 403, url
    assert lab.put(slot["get"], b"other").status == 403
    assert lab.put(bucket + "/stranger.txt", b"other").status == 403
    assert lab.curl("-X", "DELETE", url=slot["get"]).status == 403
    assert lab.listing(public) == before
    assert lab.get(slot["get"]).body == DATA


@pytest.fixture(scope="module")
def writer(lab):
    """A key that may only write, though in all its owner's buckets."""
    return lab.store.add_subuser(lab.owner, "writer", "write")


def refused(lab, user, method, **where):
    """That this key may not do it."""
    client = lab.store.client(user)
    with pytest.raises(client.exceptions.ClientError) as fault:
        getattr(client, method)(**where)
    answer = fault.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_key_that_may_only_write(lab, private, writer, issue):
    """It is enough for slots, and gives nothing away."""
    slot = issue(private, len(DATA), user=writer)
    assert lab.put(slot["put"], DATA).status == 200
    key = key_of(slot["get"], lab.store.url(private))
    assert refused(lab, writer, "get_object", Bucket=private, Key=key)
    assert refused(lab, writer, "list_objects_v2", Bucket=private)
    assert lab.stored(private, key) == DATA


def test_no_copies_by_slot(lab, private, writer, issue):
    """A slot's URL must not fetch what else is in the store.

    RGW obeys x-amz-copy-source though it was not signed; what stops it is
    that the key may not read.
    """
    lab.owners.put_object(Bucket=private, Key="backup", Body=b"not yours")
    for size in (0, len(DATA)):
        slot = issue(private, size, user=writer)
        before = lab.listing(private)
        reply = lab.put(slot["put"], DATA[:size],
                        "-H", f"x-amz-copy-source: /{private}/backup")
        assert reply.status == 403, reply
        assert lab.listing(private) == before


def test_key_of_another_user(lab, issue):
    """What it stores is its own: not even the bucket's owner may read.

    A policy for everybody still counts.
    """
    user = lab.store.add_user("uploader")
    put = statement("dropbox", ["PutObject"], who=user)
    bucket = lab.bucket("dropbox", put)
    slot = issue(bucket, len(DATA), user=user)
    assert lab.put(slot["put"], DATA).status == 200
    key = key_of(slot["get"], lab.store.url(bucket))
    assert lab.listing(bucket) == {key: len(DATA)}
    assert refused(lab, lab.owner, "get_object", Bucket=bucket, Key=key)
    assert refused(lab, user, "list_objects_v2", Bucket=bucket)
    assert lab.get(slot["get"]).status == 403
    lab.set_policy(bucket, put, statement(bucket, ["GetObject"]))
    assert lab.get(slot["get"]).body == DATA
