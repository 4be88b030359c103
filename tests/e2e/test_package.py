"""The configuration of the Debian package: right as it is, and with each of
the changes that its comments offer. tests/deb has the package itself."""

import re

import pytest

import packaged
import support

S3 = {"bucket_url": "https://my-bucket.s3.us-east-2.amazonaws.com",
      "region": "us-east-2", "access_key_id": "AKIAIOSFODNN7EXAMPLE"}


@pytest.fixture
def place(tmp_path):
    return packaged.Place(tmp_path)


CHANGES = {
    "as-installed": (),
    "https": (packaged.with_https,),
    "s3": (packaged.with_https, packaged.with_s3),
    "s3-http": (packaged.with_s3,),
    "all-but-s3": (packaged.with_https, packaged.without_s3,
                   packaged.with_all),
    "all-of-s3": (packaged.with_https, packaged.with_s3, packaged.with_all),
}


@pytest.mark.parametrize("name", CHANGES)
def test_check_has_nothing_to_say(place, name):
    path, done = place.run("check", changes=CHANGES[name])
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (
        0, f"{path}: ok\n", "")


def test_the_block_of_s3_is_complete(place):
    """A slot of it: no setting is missing for it to work."""
    path, done = place.run("slot", "--jid", "juliet@example.org", "--size",
                           "5", "a.txt", changes=CHANGES["s3"])
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert f'"put":"{S3["bucket_url"]}/' in text
    assert "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F" in text
    assert '"get":"https://upload.example.org/f/' in text


def test_a_key_that_deletes_can_be_had(place):
    """Of files that have ended, and beside the key that signs slots."""
    text = place.text(*CHANGES["all-of-s3"])
    assert re.search(r"^\tjanitor = \{ .*janitor\.secret", text, re.M)
    (place.folder / "janitor.secret").unlink()
    path, done = place.run("check", changes=CHANGES["all-of-s3"])
    assert done.returncode == 0
    assert b"janitor.access_key_secret_file: warning: cannot read" in (
        done.stderr)
    _, done = place.run("sweep", "--dry-run", changes=CHANGES["all-of-s3"])
    assert done.returncode == 1
    assert b"janitor.secret" in done.stderr


def test_relay_and_an_end_can_be_had(place):
    assert "\nrelay" not in place.text(*CHANGES["all-of-s3"])
    path, done = place.run("slot", "--jid", "juliet@example.org", "--size",
                           "5", "a.txt", changes=CHANGES["all-of-s3"])
    assert done.returncode == 0, done.stderr
    assert b'"put":"https://upload.example.org/u/' in done.stdout
    text = place.text(*CHANGES["all-but-s3"])
    assert re.search(r'^\tkeep = "30 days";', text, re.M)
    assert re.search(r"^\tdomain_bytes_per_day = ", text, re.M)


def test_a_user_has_a_quota(place):
    """Nobody fills the disk of somebody who installed it and nothing else."""
    text = place.text()
    assert re.search(r'^\tbytes_per_day = "2 GiB";', text, re.M)
    assert re.search(r"^\tslots_per_minute = 60;", text, re.M)
    assert re.search(r'^quota = \{ state_file = ', text, re.M)


def test_a_reload_takes_the_next_steps(start, place):
    """From http to https and from the folder to S3; nothing of it waits for a
    restart."""
    slotd = place.serve(start)

    def slot(*changes):
        place.reload(slotd, *changes)
        reply = slotd.post(support.slot_body(), caller="xmpp")
        assert reply.status == 200, reply
        return reply.json

    first = slot()
    assert first["put"].startswith(f"http://127.0.0.1:{place.ports[1]}/u/")
    https = slot(packaged.with_https)
    assert https["put"].startswith("https://upload.example.org/u/")
    assert https["get"].startswith("https://upload.example.org/f/")
    s3 = slot(packaged.with_https, packaged.with_s3)
    assert s3["put"].startswith(S3["bucket_url"] + "/")
    assert s3["get"].startswith("https://upload.example.org/f/")
