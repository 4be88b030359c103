"""slotd files and slotd delete: what is stored of a user, and away with it."""

import datetime
import json
import re

import pytest

import stub_store
import support
from stub_bucket import Bucket

JULIET, ROMEO = "juliet@example.org", "romeo@example.org"


@pytest.fixture
def slotd(tmp_path):
    """Runs a command with a configuration."""
    def run(config, *args):
        path = support.write_config(tmp_path, config)
        done = support.run(args[0], "-c", path, *args[1:])
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done
    return run


@pytest.fixture
def key_file(tmp_path):
    return support.write_key(tmp_path)


def s3_config(store, key_file, **over):
    storage = {"bucket_url": store.url, **over.pop("storage", {})}
    return support.s3_config(storage=storage, key_file=key_file, **{
        "public_url": "https://up.example.org",
        "policy": {"keep": "30 days"}, **over})


def issue(slotd, config, jid, name="cat.jpg"):
    """A slot, and the key under which its file is stored."""
    done = slotd(config, "slot", "--jid", jid, "--size", "3", name)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def stored(bucket, config, slot, size=3):
    key = support.key_of(slot["put"], config["storage"]["bucket_url"])
    bucket.sizes[key] = size
    return key


@pytest.mark.parametrize("get", ["public", "redirect", "presigned"])
def test_files(slotd, key_file, get):
    bucket = Bucket(page=2)
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file, storage={"get": get})
        forever = {**config, "policy": {}}
        mine = [issue(slotd, config, JULIET, f"très {i}.jpg")
                for i in range(3)]
        mine.append(issue(slotd, forever, JULIET.upper() + "/balcony"))
        others = [issue(slotd, config, ROMEO) for _ in range(3)]
        for slot in mine:
            stored(bucket, config, slot, 23456)
        for slot in others:
            stored(bucket, config, slot)
        bucket.sizes["backup.tar"] = 5
        done = slotd(config, "files", "--json", JULIET)
        assert done.returncode == 0 and not done.stderr, done
        files = json.loads(done.stdout)
        assert {file["size"] for file in files} == {23456}
        assert {file["stored"] for file in files} == {"2020-01-01T00:00:00Z"}
        ends = {slot.get("file_expires") for slot in mine}
        assert {file["until"] for file in files} == ends
        if get != "presigned":
            assert {file["link"] for file in files} == {
                slot["get"] for slot in mine}
        # Each link is one that slotd knows.
        for file in files:
            done = slotd(config, "user", "--of", file["link"], JULIET)
            assert done.stdout == JULIET + "\n", done
        lines = slotd(config, "files", JULIET).stdout.splitlines()
        assert len(lines) == len(files)
        for line in lines:
            assert re.fullmatch(
                r"23456 2020-01-01T00:00:00Z (never|\S+Z) https?://\S+", line)
        done = slotd(config, "files", "--json", "nobody@example.org")
        assert done.returncode == 0 and json.loads(done.stdout) == []
    assert not bucket.deletes


@pytest.mark.parametrize("key", [
    "{until}/{random}/{domain}/{filename}",
    "{domain}/{user}/{random}/{filename}"])
def test_a_key_of_before(slotd, key_file, key):
    """The template of today fits it, too, and finds somebody else in it."""
    bucket = Bucket()
    with stub_store.Store(bucket) as store:
        before = s3_config(store, key_file)
        slot = issue(slotd, before, JULIET)
        stored(bucket, before, slot)
        config = s3_config(store, key_file, policy={}, storage={"key": key})
        done = slotd(config, "files", "--json", JULIET)
        assert [file["link"] for file in json.loads(done.stdout)] == [
            slot["get"]]
        assert slotd(config, "files", ROMEO).stdout == ""
        done = slotd(config, "user", "--of", slot["get"], ROMEO, JULIET)
        assert (done.returncode, done.stdout) == (0, JULIET + "\n"), done


def test_files_past_their_end(slotd, key_file):
    bucket = Bucket()
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file)
        slot = issue(slotd, config, JULIET)
        key = support.key_of(slot["put"], config["storage"]["bucket_url"])
        bucket.sizes["20200101T000000Z" + key[16:]] = 3
        file, = json.loads(slotd(config, "files", "--json", JULIET).stdout)
    assert file["until"] == "2020-01-01T00:00:00Z"


def test_files_that_cannot_be_listed(slotd, key_file):
    bucket = Bucket()
    bucket.on_list = lambda peer, *_: peer.answer(403, "AccessDenied")
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file)
        done = slotd(config, "files", JULIET)
        assert done.returncode == 1 and "s3:ListBucket" in done.stderr
        del config["key_file"]
        done = slotd(config, "files", JULIET)
        assert done.returncode == 1 and "key_file is not set" in done.stderr
        assert slotd(config, "files", "@").returncode == 2
        assert slotd(config, "files").returncode == 2


def test_files_of_the_embedded_store(slotd, start, tmp_path):
    config = support.fs_config(tmp_path / "store", policy={"keep": "1 day"})
    service = start(config)
    links = set()
    for name, jid in (("a.txt", JULIET), ("b.txt", JULIET), ("c.txt", ROMEO)):
        body = support.slot_body(size=3, filename=name, jid=jid)
        slot = service.ask("POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")]).json
        assert support.fetch("PUT", slot["put"], b"abc").status == 201
        if jid == JULIET:
            links.add(slot["get"])
    files = json.loads(slotd(config, "files", "--json", JULIET).stdout)
    assert {file["link"] for file in files} == links
    now = datetime.datetime.now(datetime.timezone.utc)
    for file in files:
        age = now - datetime.datetime.fromisoformat(
            file["stored"].replace("Z", "+00:00"))
        assert abs(age.total_seconds()) < support.PATIENCE
        assert file["size"] == 3
    done = slotd(config, "delete", *links)
    assert done.returncode == 0, done
    for link in links:
        assert support.fetch("GET", link).status == 404
    assert json.loads(slotd(config, "files", "--json", JULIET).stdout) == []
    assert len(json.loads(
        slotd(config, "files", "--json", ROMEO).stdout)) == 1


# --- delete -----------------------------------------------------------------


@pytest.mark.parametrize("get", ["public", "redirect", "presigned"])
def test_delete(slotd, key_file, get):
    bucket = Bucket()
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file, storage={"get": get})
        slots = [issue(slotd, config, JULIET, f"très {i}.jpg")
                 for i in range(4)]
        keys = [stored(bucket, config, slot) for slot in slots]
        links = [slot["get"] for slot in slots[:3]]
        links[1] = re.sub("^https?", "aesgcm", links[1]) + "#00ff"
        links[2] = f"<{links[2]}>"
        done = slotd(config, "delete", "--dry-run", *links)
        assert done.returncode == 0 and not bucket.deletes
        assert done.stdout == "".join(
            f"would remove {link}\n" for link in links)
        done = slotd(config, "delete", *links)
        assert done.returncode == 0, done
        assert done.stdout == "".join(f"removed {link}\n" for link in links)
        assert bucket.deletes == keys[:3] and set(bucket.sizes) == {keys[3]}
        # Gone already, also where the store says so.
        bucket.on_delete = lambda peer, name: peer.answer(404, "NoSuchKey")
        assert slotd(config, "delete", links[0]).returncode == 0


def test_delete_refuses(slotd, key_file):
    share = {"id": "share", "secret": support.SECRET + "-share",
             "dialect": "external-v2", "base": "/share/"}
    bucket = Bucket()
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file, storage={"get": "redirect"})
        config["callers"] = [*config["callers"], share]
        slot = issue(slotd, config, JULIET)
        _, _, _, _, token, key = slot["get"].split("/", 5)
        forged = "A" if token[0] != "A" else "B"
        wrong = [
            f"https://up.example.org/f/{forged}{token[1:]}/{key}",
            f"https://up.example.org/f/{token}/{key}x",
            "https://example.com/" + key, "no link",
            store.url + "/backup.tar",
            store.url + "/slotd-erase/AbCdEfGhIjKlMnOpQrStUv",
            store.url + "/share/.hidden/cat.jpg", store.url + "/",
        ]
        done = slotd(config, "delete", *wrong)
        assert done.returncode == 1 and not done.stdout
        assert done.stderr.count("\n") == len(wrong), done
        assert not bucket.deletes
        # The others go all the same.
        done = slotd(config, "delete", wrong[0], slot["get"],
                     "https://up.example.org/share/abc/c%20at.jpg")
        assert done.returncode == 1
        assert bucket.deletes == [
            support.key_of(slot["put"], store.url), "share/abc/c at.jpg"]
        assert slotd(config, "delete").returncode == 2


def test_delete_without_the_right(slotd, key_file):
    bucket = Bucket()
    bucket.on_delete = lambda peer, name: peer.answer(403, "AccessDenied")
    with stub_store.Store(bucket) as store:
        config = s3_config(store, key_file)
        slot = issue(slotd, config, JULIET)
        done = slotd(config, "delete", slot["get"])
    assert done.returncode == 1 and "s3:DeleteObject" in done.stderr
