"""slotd doctor in front of OpenStack Swift: what it says of what is special
there."""

import pytest

import swift_lab
from doctor_report import ALL, doctor, environment
from support import run, write_config

lab = swift_lab.lab
public = swift_lab.public
private = swift_lab.private


@pytest.fixture
def examine(lab, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)

    def examine(bucket, *, storage, **over):
        if storage.get("get") == "redirect":
            over.update(key_file=key, public_url="https://up.invalid")
        return doctor(
            tmp_path, lab.config(bucket, storage=storage, **over))
    return examine


def test_the_page(lab, examine, private):
    """With the sample's settings. Nothing listens at public_url here."""
    before = lab.listing(private)
    report = examine(private, storage={"get": "redirect"},
                     policy={"keep": "30 days"})
    assert report.of("failure") == {"public_url"}
    assert report.of("warning") == {"clients", "key"}
    report.says("put", "ok", "200")
    report.says("size", "ok", "403 SignatureDoesNotMatch")
    report.says("cors-put", "ok")
    report.says("cors-get", "ok", "after a redirect too")
    report.says("lifecycle", "ok", "no rules", "up to slotd sweep")
    # There reading includes listing; there is no smaller key.
    report.says("key", "warning", "may list the bucket",
                "OpenStack Swift has no policies",
                "swift post private-files --read-acl PROJECT:USER "
                "--write-acl PROJECT:USER")
    assert "storage.janitor" not in report.checks["key"]["change"]
    report.says("janitor", "ok", "slotd's own key, which may list")
    assert lab.listing(private) == before


def test_public_reading(lab, examine, public):
    """There a key that may not list is enough, and the janitor has one."""
    report = examine(public, policy={"keep": "30 days"}, storage={
        "janitor": {"access_key_id": lab.janitor.key,
                    "access_key_secret": lab.janitor.secret}})
    assert report.of("warning") == {"clients"}
    assert report.of("ok") == {*ALL, "keep", "janitor"} - {"clients"}
    report.says("download_url", "ok", "same object as bucket_url")
    report.says("list", "ok", "cannot list")
    report.says("key", "ok", "may not list")


def test_relay(examine, private):
    report = examine(private, storage={"get": "redirect", "relay": True})
    assert report.of("failure") == {"public_url"}
    report.says("relay", "warning", "501 NotImplemented",
                "can be used again until it expires",
                "can replace the file at any time")


def test_a_private_bucket_that_is_to_be_public(examine, private):
    report = examine(private, storage={})
    assert report.of("failure") == {"get"}
    report.says("get", "failure", "400", 'get = "redirect"',
                "swift post private-files --read-acl '.r:*'",
                "https://HOST/v1/AUTH_PROJECT/private-files")


def test_set_public(examine, private):
    """Taken in the slot's URL, and ignored."""
    report = examine(private, storage={"set_public": True})
    report.says("put", "ok", "200")
    report.says("get", "failure", "400")


@pytest.mark.parametrize("wrong", [
    {"access_key_id": "test:unknown"}, {"access_key_secret": "fake-wrong"}])
def test_a_wrong_key(lab, examine, private, wrong):
    """Swift has one answer to both."""
    before = lab.listing(private)
    report = examine(private, storage={"get": "presigned", **wrong})
    report.says("put", "failure", "403 SignatureDoesNotMatch",
                "1. access_key_secret is wrong",
                "do not know access_key_id")
    assert lab.listing(private) == before


def test_a_user_without_rights(lab, examine, private):
    report = examine(private, storage={"get": "presigned"},
                     user=lab.store.users["nobody"])
    report.says("put", "failure", "403 AccessDenied", "swift post")


def test_fix(lab, tmp_path, private):
    """There is nothing that it could set, and nothing is missing."""
    path = write_config(tmp_path, lab.config(
        private, policy={"keep": "30 days"}, storage={
            "get": "presigned",
            "key": "{purpose}/{until}/{random}/{filename}"}))
    done = run("doctor", "-c", path, "--fix", "--yes", env=environment(
        AWS_ACCESS_KEY_ID=lab.owner.key,
        AWS_SECRET_ACCESS_KEY=lab.owner.secret))
    said = done.stdout.decode()
    assert done.returncode == 0, said
    assert "ok       fix-cors         nothing to set" in said
    assert "this store has no lifecycle rules, so slotd sweep" in said
    assert "this store has no public access block" in said
