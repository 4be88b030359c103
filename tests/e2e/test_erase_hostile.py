"""Whoever can write into the bucket, or answers for it, neither stops
erasures nor has other files erased than those that were meant."""

import bisect
import time

import pytest

import stub_store
import support
import test_erase_sweep
from erasing import JULIET
from stub_bucket import Bucket
from sweeping import RANDOM
from test_erase_sweep import ROMEO, files, mac, note, notes, owner, tally

command, config = test_erase_sweep.command, test_erase_sweep.config


def stored(age):
    return time.strftime(
        "%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - age))


def test_no_crowd_hides_a_note(config, command):
    """However many forged notes come before it."""
    bucket = Bucket(files(JULIET, 5))
    for i in range(100001):
        bucket.sizes[f"slotd-erase/!{i:06d}"] = 70000
    note(bucket, "n")
    keys = sorted(bucket.sizes)

    def listing(query):
        """As the bucket's own, without sorting for each page."""
        prefix = query["prefix"]
        after = query.get("continuation-token", "")[4:]
        at = bisect.bisect(keys, after) if after else bisect.bisect_left(
            keys, prefix)
        page = [key for key in keys[at:at + 1000] if key.startswith(prefix)]
        return bucket.text(
            [(key, sizes[key]) for key in page], prefix,
            "more" + page[-1] if len(page) == 1000 else None)
    sizes = dict(bucket.sizes)
    bucket.listing = listing
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json",
                       patience=6 * support.PATIENCE)
    assert done.returncode == 0, done
    assert tally(done)["erased"] == 5
    assert "slotd-erase/n" not in bucket.sizes
    assert len(notes(bucket)) == 100001


def test_a_huge_note_is_not_fetched(config, command):
    bucket = Bucket(files(JULIET, 5))
    note(bucket, "n")
    bucket.put("slotd-erase/huge", b"x" * 70000)
    fetched = []

    def get(peer, text):
        fetched.append(len(text))
        peer.send(200, text.decode())
    bucket.on_get = get
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
    assert done.returncode == 0 and tally(done)["erased"] == 5
    assert "not made with key_file" in done.stderr
    assert len(fetched) == 1 and fetched[0] < 200


@pytest.mark.parametrize("status, code", [
    (403, "InvalidObjectState"), (400, "InvalidRequest"),
    (400, "InvalidArgument")])
def test_a_note_that_the_store_does_not_give_out(
        config, command, status, code):
    """Archived, or encrypted with a key of its writer's: it fails nothing."""
    bucket = Bucket(files(JULIET, 5))
    note(bucket, "n")
    bucket.put("slotd-erase/a", b"archived")
    bucket.on_get = lambda peer, text: (
        peer.answer(status, code) if text == b"archived"
        else peer.send(200, text.decode()))
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
    assert done.returncode == 0, done
    assert tally(done)["erased"] == 5
    assert "not made with key_file" in done.stderr
    assert notes(bucket) == {"slotd-erase/a"}


def test_a_note_of_old_is_not_for_later_files(config, command):
    """Whether it was kept and written again, or no sweep came for days: the
    account's name may have been given to somebody else since."""
    late, later = owner(JULIET, 800) + "/a.jpg", owner(JULIET, 801) + "/b.jpg"
    bucket = Bucket({**files(JULIET, 5), late: 3, later: 4})
    note(bucket, "n", age=90 * 86400)
    # put_ttl, a minute, upload_timeout, and 15 minutes for clocks: 5160 s.
    bucket.stored[late] = stored(90 * 86400 - 5100)
    bucket.stored[later] = stored(90 * 86400 - 5200)
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--json")
        assert done.returncode == 0 and tally(done)["erased"] == 6
        assert bucket.sizes == {later: 4}
        # He who has it written now means all.
        note(bucket, "n", age=0)
        bucket.stored[later] = stored(5)
        assert tally(command(config(store), "sweep", "--json"))["erased"] == 1
        assert later not in bucket.sizes


def test_a_store_that_tells_no_time(config, command):
    bucket = Bucket(files(JULIET, 5))
    bucket.stored.default_factory = lambda: "yesterday"
    note(bucket, "n")
    with stub_store.Store(bucket) as store:
        assert tally(command(config(store), "sweep", "--json"))["erased"] == 5


@pytest.mark.parametrize("json", [False, True])
def test_more_is_there_than_before(config, command, json):
    """--verify counts what came meanwhile as failed, and no less than nothing
    as removed."""
    bucket = Bucket()
    note(bucket, "n", age=0)
    lists = []

    def arrive(peer, query, text):
        lists.append(query["prefix"])
        if lists == ["slotd-erase/", "", ""]:
            bucket.sizes.update(files(JULIET, 3))
            text = bucket.listing(query)
        peer.send(200, text)
    bucket.on_list = arrive
    with stub_store.Store(bucket) as store:
        done = command(
            config(store), "sweep", "--verify", *["--json"] * json)
    assert done.returncode == 1
    if json:
        counts = tally(done)
        assert (counts["listed"], counts["removed"], counts["bytes"],
                counts["failed"]) == (4, 0, 0, 3)
    else:
        assert done.stdout.startswith("storage default: listed 4, removed 0 "
                                      "(0 bytes), kept 1, failed 3, ")


@pytest.mark.parametrize("path, prefix", [("/pre", ""), ("/pre/fix", "fix/")])
def test_an_object_is_no_listing(config, command, path, prefix):
    """Where the host is the bucket, and its name is not set, what is looked at
    first is an object's place."""
    stays, goes = {path[1:] + "/" + key: 3 for key in files(ROMEO, 3)}, {
        path[1:] + "/" + key: 7 for key in files(JULIET, 3)}
    bucket = Bucket({**stays, **goes}, name="")
    # Old, as it says.
    fake = bucket.text([(prefix + key, 3) for key in sorted(files(ROMEO, 3))])
    bucket.stored.default_factory = lambda: stored(60)
    bucket.put("pre/", fake.encode())
    note(bucket, "n")
    bucket.put(path[1:] + "/slotd-erase/n", bucket.texts["slotd-erase/n"])
    bucket.on_get = lambda peer, text: peer.send(
        200, text.decode(), "last-modified: Mon, 30 Nov 2026 14:18:18 GMT")
    with stub_store.Store(bucket) as store:
        url = store.url.replace("/bucket", path)
        done = command(config(url), "sweep", "--older", "1 day", "--json")
        assert done.returncode == 0 and bucket.deletes == []
        assert tally(done)["listed"] == 7
        done = command(config(url), "sweep", "--json")
    assert done.returncode == 0 and tally(done)["erased"] == 3
    assert set(stays) <= set(bucket.sizes)
    assert not set(goes) & set(bucket.sizes)


def test_two_stores_in_one_place(config, command):
    """Have the same notes: none goes before the files of both, nor before the
    last slot of both has ended."""
    mine, other = (f"b/{mac(b'slotd-v1 user', jid.encode())}/{RANDOM}/a.jpg"
                   for jid in (JULIET, ROMEO))
    bucket = Bucket({**files(JULIET, 3), mine: 3, other: 3})
    with stub_store.Store(bucket) as store:
        made = config(store, policy={})
        made["storages"] = [{
            **made["storage"], "name": "two", "put_ttl": 5000,
            "bucket_url": store.url.replace("http://", "HTTP://") + "/",
            "key": "b/{user}/{random}/{filename}"}]
        for age, left in ((4000, 1), (5061, 0)):
            bucket.sizes[mine] = 3
            note(bucket, "n", age=age)
            assert command(made, "sweep").returncode == 0
            assert len(notes(bucket)) == left
        assert set(bucket.sizes) == {other}
