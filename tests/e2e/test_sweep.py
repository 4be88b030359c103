"""slotd sweep: what has ended goes, in a bucket and in the embedded store, and
nothing else does, whatever the store answers and whenever it is broken off."""

import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

import stub_store
import support
from stub_bucket import Bucket

RANDOM = "AbCdEfGhIjKlMnOpQrStUv"
ENDED = "20200101T000000Z"


def key(until=ENDED, number=0, name="cat.jpg"):
    """As the default template makes it."""
    return f"{until}/{number:04d}{RANDOM[4:]}/{name}"


def stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + seconds))


def s3_config(store, **over):
    url = store if isinstance(store, str) else store.url
    storage = {"bucket_url": url, **over.pop("storage", {})}
    return support.s3_config(
        storage=storage, **{"policy": {"keep": "30 days"}, **over})


@pytest.fixture
def slotd(tmp_path):
    """Runs a command with a configuration."""
    def run(config, command="sweep", *args, **how):
        path = support.write_config(tmp_path, config)
        done = support.run(command, "-c", path, *args, **how)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done
    return run


def line_of(done):
    """The numbers in the line of the default store."""
    match = re.fullmatch(
        r"storage default: listed (\d+), (?:would remove|removed) (\d+) "
        r"\((\d+) bytes\), kept (\d+)(?:, failed (\d+))?, \d+\.\d seconds\n",
        done.stdout)
    assert match, done
    return [int(number or 0) for number in match.groups()]


def test_removes_what_has_ended(slotd):
    future = stamp(3600)
    stays = {
        key(future): 5, key("never"): 5, RANDOM + "/cat.jpg": 5,
        "20200101T000000Z/notes.txt": 5, "20200101/" + RANDOM + "/x": 5,
        "backup.tar": 5, "slotd-erase/" + RANDOM: 5,
    }
    goes = {key(number=i): 7 for i in range(30)}
    goes[key(stamp(-2), name="très cool+%26 <&> 🐈.jpg")] = 9
    bucket = Bucket({**stays, **goes}, page=7)
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
        assert done.returncode == 0 and done.stderr == ""
    assert bucket.sizes == stays
    listed, removed, size, kept, failed = line_of(done)
    assert (removed, size, failed) == (31, 219, 0)
    # 20200101/… and …/notes.txt, and the first that has not ended.
    assert (listed, kept) == (34, 3)
    assert {query["prefix"] for query in bucket.lists} == {"20"}
    assert len(bucket.lists) <= 34 // 7 + 2
    assert bucket.most_at_once <= 16


def test_dry_run(slotd):
    bucket = Bucket({key(number=i): 7 for i in range(30)})
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store), "sweep", "--dry-run")
    assert done.returncode == 0
    assert line_of(done)[:3] == [30, 30, 210]
    assert len(bucket.sizes) == 30 and not bucket.deletes
