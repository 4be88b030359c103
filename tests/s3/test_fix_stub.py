"""slotd doctor --fix in front of stores that lack things, or lie."""

import base64
import hashlib

import pytest

from configs import fs_config, s3_config
from doctor_report import environment
from doctor_stub import Stub
from support import run, write_config

ADMIN = {"AWS_ACCESS_KEY_ID": "FAKEADMIN",
         "AWS_SECRET_ACCESS_KEY": "fake-secret-of-an-admin",
         "AWS_SESSION_TOKEN": "fake-token-of-an-admin"}
NOT_THERE = {name: (404, f"<Error><Code>NoSuch{code}</Code></Error>".encode())
             for name, code in (
    ("cors", "CORSConfiguration"), ("lifecycle", "LifecycleConfiguration"),
    ("publicAccessBlock", "PublicAccessBlockConfiguration"),
    ("policyStatus", "BucketPolicy"))}
NOT_THERE["acl"] = (200, b"<AccessControlPolicy/>")
LACKING = (501, b"<Error><Code>NotImplemented</Code></Error>")
LISTING = (200, b"<ListBucketResult><Name>x</Name></ListBucketResult>")


@pytest.fixture
def store():
    with Stub() as store:
        store.documents = dict(NOT_THERE)
        yield store


@pytest.fixture
def fix(tmp_path, store):
    config = s3_config(
        policy={"keep": "30 days"}, storage={
            "bucket_url": store.url, "get": "presigned",
            "key": "{purpose}/{until}/{random}/{filename}"})

    def fix():
        """What it says, on one line."""
        path = write_config(tmp_path, config)
        done = run("doctor", "-c", path, "--fix", "--yes",
                   env=environment(**ADMIN))
        said = (done.stdout + done.stderr).decode()
        assert "of-an-admin" not in said
        # The stub takes any size and any signature, so the doctor fails.
        assert done.returncode == 1
        return " ".join(said.split())
    return fix


def test_well(store, fix):
    said = fix()
    for name in ("cors", "lifecycle", "public"):
        assert f"ok fix-{name} set, and read back" in said
    assert [name for name, _, _ in store.sets] == [
        "cors", "lifecycle", "publicAccessBlock"]
    for _, headers, body in store.sets:
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        assert headers["Content-MD5"] == base64.b64encode(digest).decode()
        assert headers["Content-Type"] == "application/xml"
    del store.sets[:]
    fix()
    # This store does not keep what web pages may, so only that is tried.
    assert store.sets == []


@pytest.mark.parametrize("answer", [LACKING, LISTING, (400, b""), (404, b"")])
def test_lacking(store, fix, answer):
    store.documents = dict.fromkeys(NOT_THERE, answer)
    said = fix()
    assert store.sets == []
    assert "FAILURE fix-cors" in said and "cors.json" in said
    assert "this store has no public access block" in said
    if answer != LISTING:
        assert "this store has no lifecycle rules, so slotd sweep" in said


@pytest.mark.parametrize("document, words", [
    (b"<CORSConfiguration>" + b" " * 40000 + b"</CORSConfiguration>",
     "more than 32768 bytes A document that cannot be read whole"),
    (b"<CORSConfiguration><CORSRule>", "is not a whole CORSConfiguration"),
    (b"<CORSConfiguration><Else/></CORSConfiguration>", "does not know"),
    (b"<!DOCTYPE a [<!ENTITY b 'c'>]><CORSConfiguration><CORSRule/>"
     b"</CORSConfiguration>", "is not a whole CORSConfiguration")],
    ids=["long", "cut", "new", "type"])
def test_left_as_it_is(store, fix, document, words):
    store.documents["cors"] = (200, document)
    said = fix()
    assert words in said
    assert "cors" not in [name for name, _, _ in store.sets]


def test_changes_meanwhile(store, fix):
    answers = [NOT_THERE["cors"], (200, b"<CORSConfiguration/>")]
    store.documents["cors"] = lambda: answers.pop(0)
    assert "the CORS rules have changed since they were shown" in fix()
    assert "cors" not in [name for name, _, _ in store.sets]


def test_not_kept(store, fix):
    store.set = lambda name, body: (200,)
    said = fix()
    assert "the store took the CORS rules, but does not have them" in said


def test_refused(store, fix):
    store.set = lambda name, body: (
        403, b"<Error><Code>AccessDenied</Code></Error>")
    said = fix()
    for right in ("BucketCORS", "LifecycleConfiguration",
                  "BucketPublicAccessBlock"):
        assert f"needs the right s3:Put{right} for" in said
    # None was set, so nothing is checked again.
    assert said.count('storage "default"') == 1


def test_refused_otherwise(store, fix):
    """It says what to do by hand."""
    store.set = lambda name, body: (405, b"")
    said = fix()
    assert "FAILURE fix-cors setting the CORS rules: 405 Web clients" in said
    assert "the lifecycle rules: 405 slotd sweep removes what has" in said


def test_no_bucket(tmp_path):
    path = write_config(tmp_path, fs_config(str(tmp_path / "files")))
    done = run("doctor", "-c", path, "--fix", env=environment(**ADMIN))
    assert done.returncode == 1 and done.stdout == b""
    assert b"--fix is for buckets" in done.stderr


def test_taken_by_none(store, fix):
    """It says that there is nothing, but cannot have any."""
    store.set = lambda name, body: LACKING
    said = fix()
    assert "FAILURE fix-cors this store has no CORS rules" in said
    assert "ok fix-lifecycle nothing to set: this store has no" in said


def test_hostile(store, fix):
    """What a store sends cannot steer a terminal."""
    store.documents["cors"] = (
        200, "<CORSConfiguration><CORSRule><ID>\x9b31m\u202e</ID></CORSRule>"
        "</CORSConfiguration>".encode())
    said = fix()
    assert "<ID>?31m?</ID>" in said and "\x9b" not in said
    assert "\x9b31m\u202e</ID>".encode() in store.documents["cors"][1]
