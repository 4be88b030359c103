"""slotd sweep, files and delete with a real store: what has ended goes, by a
key that may do no more than that."""

import json
import time
import urllib.parse

import pytest

import filling
import support
from lab import statement

RANDOM = "AbCdEfGhIjKlMnOpQrStUv"
NAMES = ["cat.jpg", "très cool + 100 %.txt", "~a~ & %41%2F <x> 'y'.pdf",
         "🐈 \"q\";=@:,$!*().png"]


def key(until="20200101T000000Z", number=0, name="cat.jpg"):
    return f"{until}/{number:04d}{RANDOM[4:]}/{name}"


def future():
    return time.strftime(
        "%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 86400))


def fill(lab, bucket, keys, size=3):
    for name in keys:
        lab.owners.put_object(Bucket=bucket, Key=name, Body=b"x" * size)


@pytest.mark.parametrize("place", [
    {}, {"prefix": "/pre/fi%20x"}, {"tls": True}])
def test_sweep(slotd, lab, place):
    name = "sweep-" + "-".join(place or ["plain"])
    bucket = lab.bucket(name)
    before = urllib.parse.unquote(place.get("prefix", ""))[1:]
    before = before and before + "/"
    goes = [before + key(number=i, name=name) for i, name in
            enumerate(NAMES * 5)]
    stays = [before + key(future()), before + key("never"),
             before + RANDOM + "/cat.jpg", before + "20200101T000000Z/x",
             "20/" + key()] + ([key()] if before else [])
    fill(lab, bucket, goes + stays)
    config = lab.config(bucket, policy={"keep": "30 days"}, **place)
    done = slotd(config, "sweep", "--json", "--dry-run")
    assert done.returncode == 0, done
    assert set(lab.listing(bucket)) == set(goes + stays)
    done = slotd(config, "sweep", "--json", "--verify")
    assert done.returncode == 0, done
    store, = json.loads(done.stdout)["stores"]
    assert (store["removed"], store["bytes"], store["failed"]) == (20, 60, 0)
    assert set(lab.listing(bucket)) == set(stays)


def test_more_than_a_page(slotd, lab):
    """However much there is, at most ended/1000 + 2 requests for lists."""
    bucket = lab.bucket("sweep-pages", statement(
        "sweep-pages", ["PutObject"]))
    goes = [key(number=i) for i in range(1001)]
    stays = [key(future(), i) for i in range(2000)]
    filling.fill(lab.store, bucket, goes + stays)
    config = lab.config(bucket, policy={"keep": "30 days"})
    done = slotd(config, "sweep", "--json")
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["stores"][0]["removed"] == 1001
    support.wait_for("the store's log", lambda: len(lab.store.requests(
        "DELETE", bucket)) == 1001)
    lists = lab.store.requests("GET", bucket)
    assert len(lists) <= 3 and all("list-type=2" in line for line in lists)
    done = slotd(config, "sweep", "--json", "--older", "1 day")
    assert json.loads(done.stdout)["stores"][0]["listed"] == 2000
    assert set(lab.listing(bucket)) == set(stays)


def test_the_janitor_has_a_key_of_its_own(slotd, lab):
    """The service's may not list; the janitor's may list and delete alone."""
    bucket = lab.bucket("sweep-janitor")
    signer = lab.store.add_user("sweep-signer")
    janitor = lab.store.add_user("sweep-janitor")
    lab.set_policy(
        bucket, statement(bucket, ["PutObject"], signer),
        statement(bucket, ["ListBucket", "DeleteObject"], janitor))
    fill(lab, bucket, [key(), key(future())])
    config = lab.config(bucket, user=signer, policy={"keep": "30 days"})
    done = slotd(config, "sweep")
    assert done.returncode == 1
    assert ("403 AccessDenied: storage.janitor is not set, and slotd's own "
            "key needs the right s3:ListBucket\n") in done.stderr
    config["storage"]["janitor"] = {
        "access_key_id": janitor.key, "access_key_secret": janitor.secret}
    done = slotd(config, "sweep")
    assert done.returncode == 0, done
    assert len(lab.listing(bucket)) == 1
    lab.set_policy(bucket, statement(bucket, ["ListBucket"], janitor))
    fill(lab, bucket, [key()])
    done = slotd(config, "sweep")
    assert done.returncode == 1
    assert ("403 AccessDenied: storage.janitor's key needs the right "
            "s3:DeleteObject\n") in done.stderr
    config["storage"]["janitor"]["access_key_secret"] = "wrong-secret"
    done = slotd(config, "sweep")
    assert done.returncode == 1
    assert "SignatureDoesNotMatch: the access key is wrong" in done.stderr


def test_no_such_bucket(slotd, lab):
    done = slotd(lab.config("not-there", policy={"keep": 60}), "sweep")
    assert done.returncode == 1 and "404 NoSuchBucket" in done.stderr


def test_a_bucket_with_versions(slotd, lab):
    """A delete leaves a marker, and what was there behind it."""
    bucket = lab.bucket("sweep-versions")
    lab.owners.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    fill(lab, bucket, [key()])
    config = lab.config(bucket, policy={"keep": "30 days"})
    assert slotd(config, "sweep", "--verify").returncode == 0
    assert lab.listing(bucket) == {}
    versions = lab.owners.list_object_versions(Bucket=bucket)
    assert [item["Key"] for item in versions["Versions"]] == [key()]
    assert [item["Key"] for item in versions["DeleteMarkers"]] == [key()]
    done = slotd(config, "sweep", "--json")
    assert json.loads(done.stdout)["stores"][0]["listed"] == 0


def test_files_and_delete(slotd, lab, start, tmp_path):
    """From a slot to its end: uploaded by curl, listed, taken down."""
    bucket = lab.bucket("sweep-files")
    key_file = support.write_key(tmp_path)
    config = lab.config(
        bucket, policy={"keep": "30 days"}, key_file=key_file,
        public_url="https://up.example.org", storage={"get": "redirect"})
    service = start(config)
    slots = [service.slot(filename=name, size=5) for name in NAMES]
    for slot in slots:
        assert lab.put(slot["put"], b"12345").status == 200
    done = slotd(config, "files", "--json", "juliet@example.org")
    assert done.returncode == 0, done
    files = json.loads(done.stdout)
    assert {(file["link"], file["until"], file["size"]) for file in files} == {
        (slot["get"], slot["file_expires"], 5) for slot in slots}
    assert len(lab.listing(bucket)) == len(NAMES)
    done = slotd(config, "delete", *[slot["get"] for slot in slots[1:]])
    assert done.returncode == 0, done
    assert len(lab.listing(bucket)) == 1
    # They are gone already.
    done = slotd(config, "delete", *[slot["get"] for slot in slots[1:]])
    assert done.returncode == 0, done
