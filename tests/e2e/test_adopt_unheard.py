"""slotd adopt, into a store that keeps a file and cannot say so."""

import pytest

import adopting
import support
from adopting import adopt, caller, make
from configs import s3_config
from stub_bucket import Bucket
from stub_store import Store

old = adopting.old
KEY = "upload/aB3/cat.jpg"


class Once(Bucket):
    """Keeps what comes first under a key, as If-None-Match asks for."""

    def __init__(self, unheard, conflict=412):
        super().__init__()
        self.unheard = unheard
        self.conflict = conflict
        self.puts = []
        self.hidden = 0     # listings to come that do not show anything yet
        self.on_list = self.list

    def __call__(self, peer):
        if peer.method != "PUT":
            super().__call__(peer)
            return
        assert peer.headers["if-none-match"] == "*"
        peer.proceed()
        peer.read()
        self.puts.append(peer.body)
        if KEY in self.sizes:
            peer.answer(self.conflict, "PreconditionFailed")
        elif len(self.puts) <= self.unheard:
            self.put(KEY, peer.body)
            peer.close()
        else:
            self.put(KEY, peer.body)
            peer.answer(200)

    def list(self, peer, query, text):
        self.hidden -= 1
        peer.send(200, self.text([]) if self.hidden >= 0 else text)


def conf(tmp_path, store):
    return support.write_config(tmp_path, s3_config(
        callers=[caller("/upload/")], key_file=support.write_key(tmp_path),
        public_url="https://up.example.org",
        storage={"bucket_url": store.url, "get": "redirect"}))


@pytest.mark.parametrize("conflict", [409, 412])
def test_answer_is_lost(tmp_path, old, conflict):
    """The next try finds its own file."""
    make(old, {"aB3/cat.jpg": b"a cat"})
    bucket = Once(1, conflict)
    with Store(bucket) as store:
        done = adopt(conf(tmp_path, store), "filer", old)
    assert (done.code, done.err, done.counts) == (
        0, "", (0, 0, 1, 0, 0)), done
    assert bucket.puts == [b"a cat"] * 2


def test_killed_meanwhile(tmp_path, old):
    """What an earlier run has sent is there only after the look for it."""
    make(old, {"aB3/cat.jpg": b"a cat"})
    bucket = Once(0)
    bucket.put(KEY, b"a cat")
    bucket.hidden = 2
    with Store(bucket) as store:
        done = adopt(conf(tmp_path, store), "filer", old)
    assert (done.code, done.err, done.counts) == (
        0, "", (0, 0, 1, 0, 0)), done
    assert len(bucket.lists) == 3 and len(bucket.puts) == 1


def test_another_meanwhile(tmp_path, old):
    make(old, {"aB3/cat.jpg": b"a cat"})
    bucket = Once(0)
    bucket.put(KEY, b"another")
    bucket.hidden = 1
    with Store(bucket) as store:
        done = adopt(conf(tmp_path, store), "filer", old)
    assert (done.code, done.counts) == (1, (0, 0, 0, 0, 1)), done
    assert done.err == (
        "slotd adopt: aB3/cat.jpg: the store has another file of this name, "
        "with another size\n")


def test_still_coming(tmp_path, old):
    make(old, {"aB3/cat.jpg": b"a cat"})
    bucket = Once(0)
    bucket.put(KEY, b"a cat")
    bucket.hidden = 1000
    with Store(bucket) as store:
        done = adopt(conf(tmp_path, store), "filer", old)
    assert (done.code, done.counts) == (1, (0, 0, 0, 0, 1)), done
    assert done.err == (
        "slotd adopt: aB3/cat.jpg: something else is coming there: "
        "run it again\n")
