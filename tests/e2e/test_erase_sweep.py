"""slotd sweep carries out the erasures that are noted in a bucket, and slotd
erase does it at once."""

import json
import time

import pytest

import stub_store
import support
from erasing import (
    JULIET, LINE, assert_accepted, assert_note, erase, mac, note_text, owner,
    put)
from erasing import status as status_of
from stub_bucket import Bucket

ROMEO = "romeo@example.org"
OLD_LINE = b"old-line-" * 8
FUTURE = "20990101T000000Z"
ENDED = "20200101T000000Z"


def files(jid, count, line=LINE, first=0):
    """Keys as today's default template makes them, and earlier ones."""
    before = (FUTURE + "/", "never/", "")
    return {before[i % 3] + owner(jid, i, line) + "/cat.jpg": 7
            for i in range(first, first + count)}


@pytest.fixture
def command(tmp_path):
    """Runs a command with a configuration."""
    def run(config, name="sweep", *args, **how):
        path = support.write_config(tmp_path, config)
        done = support.run(name, "-c", path, *args, **how)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        assert "Sanitizer" not in done.stderr, done.stderr
        return done
    return run


@pytest.fixture
def config(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(LINE + b"\n" + OLD_LINE + b"\n")
    key.chmod(0o600)

    def make(store, **over):
        url = store if isinstance(store, str) else store.url
        storage = {"bucket_url": url, **over.pop("storage", {})}
        return support.s3_config(**{
            "storage": storage, "key_file": str(key),
            "policy": {"keep": "30 days"}, **over})
    return make


def tally(done):
    answer, = json.loads(done.stdout)["stores"]
    return answer


def note(bucket, name, jid=JULIET, age=661, line=LINE):
    bucket.put("slotd-erase/" + name,
               note_text(line, jid, int(time.time()) - age))


def notes(bucket):
    return {key for key in bucket.sizes if key.startswith("slotd-erase/")}


def test_from_the_request_to_the_end(start, config, command):
    others = {**files(ROMEO, 40), "backup.tar": 5}
    bucket = Bucket({**others, **files(JULIET, 50)}, page=7)
    with stub_store.Store(bucket) as store:
        slotd = start(config(store))
        assert_accepted(erase(slotd))
        name, = notes(bucket)
        assert_note(bucket.texts[name], LINE, JULIET)
        done = command(config(store), "sweep", "--json")
        assert done.returncode == 0 and done.stderr == ""
        counts = tally(done)
        assert (counts["removed"], counts["erased"]) == (50, 50)
        assert counts["bytes"] == 350 and counts["ok"]
        # Until the last slot issued before has ended.
        assert set(bucket.sizes) == {*others, name}
        late = owner(JULIET, 777) + "/late.jpg"
        bucket.sizes[late] = 5
        note(bucket, "old")
        done = command(config(store), "sweep", "--json")
        assert (tally(done)["removed"], tally(done)["erased"]) == (1, 1)
        assert set(bucket.sizes) == {*others, name}


def test_a_note_is_over(config, command):
    """put_ttl and a minute after it."""
    bucket = Bucket({})
    with stub_store.Store(bucket) as store:
        storage = {"put_ttl": 100}
        for age, left in ((150, 1), (162, 0)):
            note(bucket, "n", age=age)
            done = command(config(store, storage=storage), "sweep",
                           "--prometheus")
            assert done.returncode == 0
            assert len(notes(bucket)) == left
            assert ('slotd_sweep_pending_erasures{storage="default"} '
                    f"{left}\n") in done.stdout


def test_the_relay_may_still_send(config, command):
    """For upload_timeout, since it takes a PUT until its slot ends."""
    bucket = Bucket({})
    with stub_store.Store(bucket) as store:
        made = config(store, storage={"relay": True},
                      public_url="http://127.0.0.1:1",
                      limits={"upload_timeout": 100})
        for age, left in ((750, 1), (762, 0)):
            note(bucket, "n", age=age)
            assert command(made).returncode == 0
            assert len(notes(bucket)) == left


def test_one_pass_for_all(config, command):
    """And for what has ended."""
    jids = [f"user{i}@example.org" for i in range(20)]
    stays = files(ROMEO, 10)
    bucket = Bucket(stays)
    for jid in jids:
        bucket.sizes.update(files(jid, 5))
        note(bucket, jid.partition("@")[0], jid)
    bucket.sizes.update({
        f"{ENDED}/{owner(ROMEO, i)}/cat.jpg": 3 for i in range(10)})
    bucket.sizes[ENDED + "/notes.txt"] = 3
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
    assert tally(done)["removed"] == 110 and tally(done)["erased"] == 100
    assert set(bucket.sizes) == {*stays, ENDED + "/notes.txt"}
    # The notes, and all keys once.
    assert [query["prefix"] for query in bucket.lists] == ["slotd-erase/", ""]


@pytest.mark.parametrize("key, made", [
    ("{user}/{random}/{filename}", "{user}/{random}/a.jpg"),
    ("up/{purpose}/{until}/{random}-{owner}.{ext}",
     "up/message/" + FUTURE + "/{random}-{owner}.jpg")])
def test_templates_and_lines(config, command, key, made):
    def keys(jid):
        for number, line in enumerate((LINE, OLD_LINE)):
            text, _, own = owner(jid, number, line).partition("/")
            yield made.format(
                random=text, owner=own,
                user=mac(b"slotd-v1 user", jid.encode(), line))
        yield from files(jid, 3, OLD_LINE)
    stays = dict.fromkeys(keys(ROMEO), 4)
    bucket = Bucket({**stays, **dict.fromkeys(keys(JULIET), 4)})
    note(bucket, "n", line=OLD_LINE)
    with stub_store.Store(bucket) as store:
        policy = {} if "until" not in key else {"keep": "1 day"}
        done = command(
            config(store, storage={"key": key}, policy=policy), "sweep",
            "--json")
    assert tally(done)["erased"] == 5, done
    assert bucket.sizes == stays


def test_a_prefix_in_the_bucket(config, command):
    stays = {"slotd-erase/other": 9, **files(JULIET, 3)}
    bucket = Bucket(stays)
    for key, size in files(JULIET, 9).items():
        bucket.sizes["pre/fix/" + key] = size
    note(bucket, "x")
    bucket.put("pre/fix/slotd-erase/n", bucket.texts.pop("slotd-erase/x"))
    stays["slotd-erase/x"] = bucket.sizes["slotd-erase/x"]
    with stub_store.Store(bucket) as store:
        done = command(config(store.url + "/pre/fix"), "sweep", "--json")
    assert tally(done)["erased"] == 9
    assert bucket.sizes == stays


def test_strange_notes_are_left(config, command):
    """They erase nobody, and do not fail the sweep."""
    bucket = Bucket(files(JULIET, 5))
    bucket.put("slotd-erase/a", note_text(b"forged-" * 9, JULIET, 1700000000))
    bucket.put("slotd-erase/b", b"")
    bucket.put("slotd-erase/c", b"x" * 100000)
    bucket.put("slotd-erase/d/e", b"\n\n\n\n")
    before = dict(bucket.sizes)
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
        assert done.returncode == 0 and tally(done)["ok"]
        assert "slotd-erase/ that were not made with key_file" in done.stderr
        assert bucket.sizes == before
        note(bucket, "n")
        done = command(config(store), "sweep", "--json")
        assert tally(done)["erased"] == 5
        assert len(notes(bucket)) == 4


def test_a_note_that_cannot_be_read(config, command):
    bucket = Bucket(files(JULIET, 5))
    note(bucket, "n")
    bucket.on_get = lambda peer, text: peer.answer(403, "AccessDenied")
    before = dict(bucket.sizes)
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
        assert done.returncode == 1 and not tally(done)["ok"]
        assert "s3:GetObject" in done.stderr
        assert bucket.sizes == before
        calls = []

        def busy(peer, text):
            calls.append(text)
            if len(calls) < 3:
                peer.answer(503, "SlowDown")
            else:
                peer.send(200, text.decode())
        bucket.on_get = busy
        assert command(config(store)).returncode == 0
    assert bucket.sizes == {}


def test_the_note_stays_if_a_file_does(config, command):
    bucket = Bucket(files(JULIET, 5))
    note(bucket, "n")

    def refuse(peer, key):
        if key.startswith("never/"):
            peer.answer(403, "AccessDenied")
        else:
            bucket.delete(peer, key)
    bucket.on_delete = refuse
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--prometheus")
        assert done.returncode == 1
        assert notes(bucket)
        assert ('slotd_sweep_pending_erasures{storage="default"} 1\n'
                in done.stdout)
        bucket.on_delete = lambda peer, key: peer.send(204, "")
        assert command(config(store), "sweep", "--verify").returncode == 1
        assert notes(bucket)
        bucket.on_delete = bucket.delete
        assert command(config(store), "sweep", "--verify").returncode == 0
    assert bucket.sizes == {}


def test_what_carries_out_nothing(config, command):
    bucket = Bucket(files(JULIET, 5))
    note(bucket, "n")
    before = dict(bucket.sizes)
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--dry-run", "--json")
        assert tally(done)["erased"] == 5
        assert bucket.sizes == before
        bucket.stored.clear()
        bucket.stored.default_factory = lambda: time.strftime(
            "%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        done = command(config(store), "sweep", "--older", "1 day", "--json")
        assert tally(done)["removed"] == 0
    assert bucket.sizes == before


# --- slotd erase ----------------------------------------------------------


def test_erase(config, command):
    stays = files("nurse@example.org", 20)
    bucket = Bucket({**stays, **files(JULIET, 30), **files(ROMEO, 10)}, page=7)
    ended = f"{ENDED}/{owner('nurse@example.org', 5)}/cat.jpg"
    bucket.sizes[ended] = stays[ended] = 3
    with stub_store.Store(bucket) as store:
        done = command(config(store), "erase", "--dry-run", JULIET)
        assert done.returncode == 0 and done.stderr == ""
        assert "would remove 30 (210 bytes)" in done.stdout
        assert ", would erase 30, " in done.stdout
        assert len(bucket.sizes) == 61
        done = command(
            config(store), "erase", "Juliet@EXAMPLE.org/balcony", ROMEO)
        assert done.returncode == 0 and done.stderr == ""
        assert "removed 40 (280 bytes)" in done.stdout
        assert "erased 40" in done.stdout
        # Of the mistyped it is said, and not of who was named twice.
        done = command(config(store), "erase", "--dry-run", "nurse@example.org",
                       "Nurse@EXAMPLE.org/x", "nurs@example.org",
                       "example.org/a@b")
        assert done.returncode == 0
        assert done.stderr == (
            "slotd erase: nurs@example.org: no file is stored of this user\n"
            "slotd erase: example.org/a@b: no file is stored of this JID; a "
            "domain does not stand for its users\n")
        done = command(config(store), "files", "nurs@example.org")
        assert (done.returncode, done.stdout, done.stderr) == (
            0, "", "slotd files: nurs@example.org: no file is stored of this "
            "user\n")
        done = command(config(store), "sweep", "--dry-run")
        assert ", pending erasures 2, " in done.stdout
    assert {key for key in bucket.sizes if key not in stays} == notes(bucket)
    texts = sorted(bucket.texts.values())
    assert len(texts) == 2
    assert_note(texts[0], LINE, JULIET)
    assert_note(texts[1], LINE, ROMEO)
    assert set(stays) <= set(bucket.sizes)


def test_erase_refuses(config, command):
    bucket = Bucket(files(JULIET, 3))
    with stub_store.Store(bucket) as store:
        done = command(config(store), "erase")
        assert done.returncode == 2
        done = command(config(store), "erase", ROMEO, "@example.org")
        assert done.returncode == 2 or "@example.org: " in done.stderr
        done = command(
            config(store, storage={"key": "{until}/{random}/{filename}"}),
            "erase", JULIET)
        assert done.returncode == 1 and "{owner}" in done.stderr
        assert len(bucket.sizes) == 3
        # Nothing is removed that may come again.
        script, store.script = store.script, lambda peer: (
            peer.read(), peer.answer(403, "AccessDenied"))
        done = command(config(store), "erase", JULIET)
        assert done.returncode == 1
        assert "storage default: " in done.stderr
        assert "s3:PutObject" in done.stderr
        store.script = script
    assert len(bucket.sizes) == 3


def test_erase_by_two_keys(config, command):
    """The note by the service's own right, the rest by the janitor's."""
    bucket = Bucket(files(JULIET, 3))
    with stub_store.Store(bucket) as store:
        made = config(store, storage={"janitor": {
            "access_key_id": "AKIDJANITOR",
            "access_key_secret": "not-a-secret-of-the-janitor"}})
        done = command(made, "erase", JULIET)
        assert done.returncode == 0, done.stderr
        keys = {(peer.method, "AKIDJANITOR" in peer.target)
                for peer in store.peers}
    assert keys == {("PUT", False), ("GET", True), ("DELETE", True)}


def test_erase_in_the_embedded_store(start, tmp_path):
    """Beside the running service."""
    folder = tmp_path / "store"
    slotd = start(support.fs_config(folder))
    mine, other = put(slotd), put(slotd, ROMEO)
    later = slotd.slot(jid=JULIET, size=5)
    done = support.run("erase", "-c", slotd.path, JULIET)
    assert done.returncode == 0, done.stderr
    assert b"removed 1 (5 bytes)" in done.stdout
    assert [status_of(mine), status_of(other)] == [404, 200]
    found, = (folder / "slotd-erase").iterdir()
    assert_note(found.read_bytes(), (folder / ".key").read_bytes().strip(),
                JULIET)
    assert support.fetch("PUT", later["put"], b"12345").status == 201
    slotd.stop()
    slotd.start()
    support.wait_for("the file to go", lambda: status_of(later["get"]) == 404)
    assert status_of(other) == 200
