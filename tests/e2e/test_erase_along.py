"""What slotd sweep meets while it carries out erasures: files that have ended,
and files that arrive."""

import time

import pytest

import stub_store
import test_erase_sweep
from erasing import JULIET
from stub_bucket import Bucket
from test_erase_sweep import ENDED, FUTURE, ROMEO, files, note, notes, owner
from test_erase_sweep import tally

command, config = test_erase_sweep.command, test_erase_sweep.config


@pytest.mark.parametrize("pending", [False, True])
def test_what_has_ended_goes_along(config, command, pending):
    """Also by a key of before that the template of today fits, too."""
    keys = {f"{ENDED}/{owner(ROMEO, 1)}/a": 1, f"{ENDED}/{'R' * 22}/a": 1}
    bucket = Bucket({**keys, f"{FUTURE}/{owner(ROMEO, 2)}/a": 1})
    with stub_store.Store(bucket) as store:
        if pending:
            note(bucket, "n", age=10)
        done = command(config(store, policy={}, storage={
            "key": "{domain}/{user}/{random}/{filename}"}), "sweep", "--json")
        assert done.returncode == 0 and tally(done)["removed"] == 2
        assert not set(keys) & set(bucket.sizes)


def test_what_arrives_meanwhile_is_no_fault(config, command):
    """--verify looks for what was removed, not for what came behind it."""
    bucket = Bucket(files(JULIET, 2))
    note(bucket, "n", age=10)

    def answer(peer, query, text):
        if query["prefix"] == "":
            number = 100 + len(bucket.lists)
            late = owner(JULIET, number) + "/late.jpg"
            bucket.stored[late] = time.strftime(
                "%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 5))
            bucket.sizes[late] = 5
        peer.send(200, text)
    bucket.on_list = answer
    with stub_store.Store(bucket) as store:
        done = command(config(store), "sweep", "--verify", "--json")
        assert done.returncode == 0 and done.stderr == "", done
        counts = tally(done)
        assert (counts["removed"], counts["failed"]) == (2, 0)
        assert (counts["erased"], counts["bytes"]) == (2, 14)
        bucket.on_delete = lambda peer, key: peer.send(204, "")
        late = set(bucket.sizes) - notes(bucket)
        assert len(late) == 2
        for key in late:
            bucket.stored[key] = "2020-01-01T00:00:00.000Z"
        done = command(config(store), "sweep", "--verify", "--json")
        counts = tally(done)
        assert done.returncode == 1
        assert (counts["removed"], counts["failed"]) == (0, 2)
        assert (counts["erased"], counts["bytes"]) == (0, 0)
