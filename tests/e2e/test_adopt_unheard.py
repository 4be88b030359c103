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
        self.refusal = None     # of the first, which is not kept
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
        if self.refusal and len(self.puts) == 1:
            peer.answer(*self.refusal)
        elif KEY in self.sizes:
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


@pytest.fixture
def run(tmp_path, old):
    """Adopts one file into a bucket."""
    make(old, {"aB3/cat.jpg": b"a cat"})

    def run(bucket):
        with Store(bucket) as store:
            conf = support.write_config(tmp_path, s3_config(
                callers=[caller("/upload/")],
                key_file=support.write_key(tmp_path),
                public_url="https://up.example.org",
                storage={"bucket_url": store.url, "get": "redirect"}))
            return adopt(conf, "filer", old)
    return run


def expect_there(done):
    assert (done.code, done.err, done.counts) == (0, "", (0, 0, 1, 0, 0)), done


@pytest.mark.parametrize("conflict", [409, 412])
def test_answer_is_lost(run, conflict):
    """The next try finds its own file."""
    bucket = Once(1, conflict)
    expect_there(run(bucket))
    assert bucket.puts == [b"a cat"] * 2


@pytest.mark.parametrize("status, code", [
    (400, "RequestTimeout"), (409, "ConditionalRequestConflict"),
    (409, "OperationAborted"), (503, "SlowDown")])
def test_refused_once(run, status, code):
    """The code says that the next try may be taken, whatever the status."""
    bucket = Once(0)
    bucket.refusal = status, code
    done = run(bucket)
    assert (done.code, done.err, done.counts) == (
        0, "", (1, 5, 0, 0, 0)), done


def test_killed_meanwhile(run):
    """What an earlier run has sent is there only after the look for it."""
    bucket = Once(0)
    bucket.put(KEY, b"a cat")
    bucket.hidden = 2
    expect_there(run(bucket))
    assert len(bucket.lists) == 3 and len(bucket.puts) == 1


@pytest.mark.parametrize("data, hidden, why", [
    (b"another", 1, "the store has another file of this name, with another "
     "size"),
    (b"a cat", 1000, "something else is coming there: run it again")])
def test_another_meanwhile(run, data, hidden, why):
    bucket = Once(0)
    bucket.put(KEY, data)
    bucket.hidden = hidden
    done = run(bucket)
    assert (done.code, done.counts) == (1, (0, 0, 0, 0, 1)), done
    assert done.err == f"slotd adopt: aB3/cat.jpg: {why}\n"
