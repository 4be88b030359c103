"""slotd erase, where a store does not take a note at once, or keeps it and
cannot say so."""

import pytest

import stub_store
import test_erase_sweep
from erasing import JULIET, LINE, assert_note
from stub_bucket import Bucket
from test_erase_sweep import ROMEO, files, notes

config, command = test_erase_sweep.config, test_erase_sweep.command


def keep_in_silence(bucket, peer):
    key = peer.target.partition("?")[0].removeprefix("/bucket/")
    bucket.put(key, peer.body)
    peer.close()


FAULTS = {
    "busy": (0, lambda bucket, peer: peer.answer(503, "SlowDown")),
    "too slow": (0, lambda bucket, peer: peer.answer(400, "RequestTimeout")),
    "broken": (0, lambda bucket, peer: peer.close()),
    "kept": (1, keep_in_silence),
}


class Faulty(Bucket):
    """The second PUT, of whatever key, fails."""

    def __init__(self, objects, fault):
        super().__init__(objects)
        self.fault = fault
        self.puts = 0

    def __call__(self, peer):
        self.puts += peer.method == "PUT"
        if peer.method != "PUT" or self.puts != 2:
            super().__call__(peer)
            return
        peer.read()
        self.fault(self, peer)


@pytest.mark.parametrize("name", FAULTS)
def test_a_note_is_tried_again(config, command, name):
    kept, fault = FAULTS[name]
    bucket = Faulty({**files(JULIET, 3), **files(ROMEO, 3)}, fault)
    with stub_store.Store(bucket) as store:
        done = command(config(store), "erase", JULIET, ROMEO)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert set(bucket.sizes) == notes(bucket)
    texts = sorted(bucket.texts.values())
    assert len(texts) == 2 + kept and bucket.puts == 3
    assert_note(texts[0], LINE, JULIET)
    for text in texts[1:]:
        assert_note(text, LINE, ROMEO)


def test_a_store_that_never_takes_it(config, command):
    """Five tries, and then nothing is removed that may come again."""
    before = files(JULIET, 3)
    bucket = Faulty(before, None)
    with stub_store.Store() as store:
        def script(peer):
            bucket.puts += peer.method == "PUT"
            peer.read()
            peer.answer(503, "SlowDown")
        store.script = script
        done = command(config(store), "erase", JULIET)
    assert done.returncode == 1
    assert done.stderr == (
        "slotd erase: storage default: the store did not take the note of an "
        "erasure now\n")
    assert bucket.puts == 5 and bucket.sizes == before
