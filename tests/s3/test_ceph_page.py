"""The policy of deploy/storage/ceph.md is enough, and no more than that: for
the key that signs, and for the janitor's."""

import copy
import json
import re

import pytest

import support

PAGE = (support.ROOT / "deploy/storage/ceph.md").read_text()
BUCKET = "ceph-page"
ENDED = "20200101T000000Z/AbCdEfGhIjKlMnOpQrStUv/cat.jpg"
JID = "juliet@example.org"


@pytest.fixture(scope="module")
def policy():
    """With this test's users and bucket."""
    text = re.search(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)[1]
    text, bucket = re.subn(r"\bmy-bucket\b", BUCKET, text)
    text, users = re.subn(r"user/slotd\b", "user/ceph-page", text)
    assert bucket == users == 4
    return json.loads(text)


@pytest.fixture(scope="module")
def config(lab, policy, tmp_path_factory):
    """The page's sample, in which only the signer and the janitor have
    rights; the owner of the bucket is nobody there."""
    lab.bucket(BUCKET)
    set_policy(lab, policy)
    signer = lab.store.add_user("ceph-page")
    janitor = lab.store.add_user("ceph-page-sweep")
    key_file = support.write_key(tmp_path_factory.mktemp("page"))
    return lab.config(
        BUCKET, user=signer, key_file=key_file, policy={"keep": "30 days"},
        public_url="https://upload.example.org", storage={
            "get": "redirect", "janitor": {
                "access_key_id": janitor.key,
                "access_key_secret": janitor.secret}})


def set_policy(lab, policy):
    lab.owners.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


@pytest.fixture
def slotd(tmp_path, config):
    def run(*args, right=True):
        path = support.write_config(tmp_path, config)
        done = support.run(args[0], "-c", path, *args[1:])
        assert (done.returncode == 0) == right, done
        return (done.stdout + done.stderr).decode()
    return run


def test_a_life(slotd, lab):
    """A slot, an upload, its list; the end of one that is old, and the
    erasure of the other."""
    slot = json.loads(slotd("slot", "--jid", JID, "--size", "3", "cat.jpg"))
    assert lab.put(slot["put"], b"abc").status == 200
    assert slot["get"] in slotd("files", JID)
    lab.owners.put_object(Bucket=BUCKET, Key=ENDED, Body=b"x")
    assert "removed 1 (1 bytes)" in slotd("sweep", "--verify")
    slotd("erase", JID)
    # The note stays until no slot from before it is good any more, and the
    # sweep can read it.
    note, = lab.listing(BUCKET)
    assert note.startswith("slotd-erase/")
    again = json.loads(slotd("slot", "--jid", JID, "--size", "3", "cat.jpg"))
    assert lab.put(again["put"], b"abc").status == 200
    assert "removed 1 (3 bytes)" in slotd("sweep")
    assert set(lab.listing(BUCKET)) == {note}


def test_no_more_than_that(lab, config):
    """Neither key can do the other's work."""
    storage = config["storage"]
    key = "never/AbCdEfGhIjKlMnOpQrStUv/cat.jpg"
    lab.owners.put_object(Bucket=BUCKET, Key=key, Body=b"x")

    def tries(group):
        class User:
            key = group["access_key_id"]
            secret = group["access_key_secret"]
        client = lab.store.client(User)
        for name, call in {
                "list": lambda: client.list_objects_v2(Bucket=BUCKET),
                "get": lambda: client.get_object(Bucket=BUCKET, Key=key),
                "put": lambda: client.put_object(Bucket=BUCKET, Key="x"),
                "policy": lambda: client.get_bucket_policy(Bucket=BUCKET),
                "delete": lambda: client.delete_object(Bucket=BUCKET,
                                                       Key=key)}.items():
            try:
                call()
            except client.exceptions.ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                assert status == 403, error
            else:
                yield name

    assert set(tries(storage)) == {"get", "put"}
    assert set(tries(storage["janitor"])) == {"list", "delete"}


@pytest.mark.parametrize("right", [
    "s3:ListBucket", "s3:DeleteObject", "s3:GetObject"])
def test_each_right_is_needed(slotd, lab, policy, right):
    """Without one of the janitor's rights the sweep says which it is."""
    slotd("erase", JID)
    lab.owners.put_object(Bucket=BUCKET, Key=ENDED, Body=b"x")
    less = copy.deepcopy(policy)
    less["Statement"] = [one for one in policy["Statement"]
                         if one["Action"] != right]
    assert len(less["Statement"]) == len(policy["Statement"]) - 1
    set_policy(lab, less)
    try:
        assert f"storage.janitor's key needs the right {right}" in slotd(
            "sweep", right=False)
    finally:
        set_policy(lab, policy)
