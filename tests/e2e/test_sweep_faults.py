"""slotd sweep removes nothing wrong, whatever the store answers and whenever
it is broken off."""

import random
import re
import signal
import subprocess
import threading
import time

import pytest

import stub_store
import support
import sweeping
from stub_bucket import Bucket
from sweeping import key, line_of, s3_config, stamp

slotd = sweeping.slotd


# --- a store that cannot be trusted -----------------------------------------


def edit(old, new):
    return lambda peer, query, text: peer.send(200, re.sub(
        old, new, text, count=1, flags=re.S))


FAULTS = {
    "a key outside": (edit("<Key>20", "<Key>19"), "not below the prefix"),
    "a key above": (edit("<Key>20[^<]*", "<Key>2"), "not below the prefix"),
    "out of order": (edit("(<Contents>.*?</Contents>)(<Contents>.*?"
                          "</Contents>)", r"\2\1"), "not in their order"),
    "twice": (edit("(<Contents>.*?</Contents>)", r"\1\1"),
              "not in their order"),
    "cut off": (edit("<IsTruncated>.*", ""), "it is not whole, or no list"),
    "cut in a key": (edit("(<Key>2020).*", r"\1"), "not whole"),
    "no token": (edit("<NextContinuationToken>.*?Token>", ""),
                 "it goes on, but does not say where"),
    "no word of an end": (edit("<IsTruncated>.*?Truncated>", ""),
                          "does not say whether it is whole"),
    "an empty page, again and again": (
        lambda peer, query, text: peer.send(
            200, re.sub("(<NextContinuationToken>)[^<]*", r"\1same",
                        re.sub("<Contents>.*</Contents>", "", text))),
        "it does not get on"),
    "another document": (
        lambda peer, query, text: peer.send(
            200, text.replace("ListBucketResult", "ListAllMyBucketsResult")),
        "not whole, or no list"),
    "no XML": (lambda peer, query, text: peer.send(200, "<html><p>x</html>"),
               "no XML of a list"),
    "an entity": (edit("<ListBucketResult", '<!DOCTYPE x [<!ENTITY e "20">]>'
                       "<ListBucketResult"), "no XML of a list"),
    "deep": (edit("<Contents>", "<a>" * 100), "no XML of a list"),
    "a long tag": (edit("<Contents>", "<Contents a='" + "x" * 100000 + "'>"),
                   "no XML of a list"),
    "a long key": (edit("<Key>20", "<Key>20" + "x" * 1100), "a key is no key"),
    "a bad escape": (edit("<Key>20", "<Key>20%zz"), "a key is no key"),
    "no key": (edit("<Key>.*?</Key>", ""), "an object has no key"),
    "no size": (edit("<Size>", "<Size>-"), "a size is no number"),
    "a clock that is off": (
        lambda peer, query, text: peer.send(
            200, text, "Date: Sun, 06 Nov 1994 08:49:37 GMT"),
        "its clock and that of this machine differ"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("later", [False, True])
def test_a_page_that_cannot_be_trusted(slotd, fault, later):
    """Nothing of it counts; what was on pages before may be gone."""
    on_list, sentence = FAULTS[fault]
    keys = [key(number=i) for i in range(12)]
    bucket = Bucket({name: 1 for name in keys}, page=4)

    def answer(peer, query, text):
        if later and "continuation-token" not in query:
            peer.send(200, text)
        else:
            on_list(peer, query, text)

    bucket.on_list = answer
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store, storage={"bucket": "bucket"}))
    assert done.returncode == 1
    assert sentence in done.stderr, done
    assert set(bucket.deletes) == set(keys[:4] if later else [])
    assert line_of(done)[1] == len(bucket.deletes)


def test_too_many_keys_on_a_page(slotd):
    bucket = Bucket({key(number=i): 1 for i in range(1001)}, page=1001)
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 1 and not bucket.deletes
    assert "a page has more than 1000 keys" in done.stderr


def test_an_endless_listing(slotd):
    """New tokens all the time, and no key."""
    bucket = Bucket()
    bucket.on_list = lambda peer, query, text: peer.send(
        200, bucket.text([], "20", f"t{len(bucket.lists)}"))
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 1
    assert "1000 pages without a key" in done.stderr
    assert len(bucket.lists) == 1000


def test_a_key_comes_as_it_was_stored(slotd):
    """Without encoding-type, too."""
    names = {key(name="a+b %2B%25 c.jpg"): 1, key(name="très & 🐈.jpg"): 1}
    bucket = Bucket(names)

    def plain(peer, query, text):
        text = bucket.text([], "20")
        inner = "".join(
            f"<Contents><Key>{name.replace('&', '&amp;')}</Key>"
            "<Size>1</Size></Contents>" for name in sorted(names))
        peer.send(200, text.replace("<EncodingType>url</EncodingType>", "")
                  .replace("</ListBucketResult>",
                           inner + "</ListBucketResult>"))

    bucket.on_list = plain
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 0, done
    assert sorted(bucket.deletes) == sorted(names)


# --- a store that fails -----------------------------------------------------


def failing(times, status, code, well):
    left = [times]
    lock = threading.Lock()

    def answer(peer, *what):
        with lock:
            left[0] -= 1
            fails = left[0] >= 0
        if fails:
            peer.answer(status, code)
        else:
            well(peer, *what)
    return answer


@pytest.mark.parametrize("status, code", [
    (503, "SlowDown"), (500, "InternalError"), (429, None),
    (400, "RequestTimeout")])
def test_a_storm_that_passes(slotd, status, code):
    bucket = Bucket({key(number=i): 1 for i in range(3)})
    bucket.on_list = failing(2, status, code, bucket.on_list)
    bucket.on_delete = failing(5, status, code, bucket.on_delete)
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 0 and done.stderr == ""
    assert not bucket.sizes
    assert len(bucket.lists) == 3 and len(bucket.deletes) == 8


def test_a_storm_that_stays(slotd):
    bucket = Bucket({key(number=i): 1 for i in range(3)})
    bucket.on_delete = lambda peer, name: peer.answer(503, "SlowDown")
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
        assert done.returncode == 1
        assert "cannot remove " in done.stderr
        assert "the store answered 503 SlowDown" in done.stderr
        assert line_of(done) == [3, 0, 0, 0, 3]
        assert len(bucket.deletes) == 15
        bucket.on_list = lambda peer, query, text: peer.answer(503)
        bucket.lists.clear()
        done = slotd(s3_config(store))
        assert done.returncode == 1 and len(bucket.lists) == 5
        # It goes on where it was.
        del bucket.on_delete, bucket.on_list
        bucket.on_list = lambda peer, query, text: peer.send(200, text)
        bucket.on_delete = bucket.delete
        assert slotd(s3_config(store)).returncode == 0
    assert not bucket.sizes


def test_connections_that_break(slotd):
    bucket = Bucket({key(number=i): 1 for i in range(50)}, page=10)
    count = [0]

    def cut(peer, query, text):
        count[0] += 1
        if count[0] % 2:
            peer.sock.sendall(
                f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n"
                .encode() + text.encode()[:len(text) // 2])
            peer.reset()
        else:
            peer.send(200, text)

    bucket.on_list = cut
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 0, done
    assert not bucket.sizes and line_of(done)[:2] == [50, 50]


def test_nobody_is_there(slotd):
    done = slotd(s3_config(f"http://127.0.0.1:{support.free_port()}/b"))
    assert done.returncode == 1
    assert "cannot be listed: the store does not answer: " in done.stderr


@pytest.mark.parametrize("args, failed", [((), 0), (("--verify",), 3)])
def test_a_delete_that_deletes_nothing(slotd, args, failed):
    keeps = {key(number=i): 1 for i in range(3)}
    bucket = Bucket({**keeps, key(number=7): 5})
    bucket.on_delete = lambda peer, name: (
        peer.send(200, "") if name in keeps else bucket.delete(peer, name))
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store), "sweep", *args)
    assert done.returncode == (1 if failed else 0)
    assert line_of(done)[1:] == [4 - failed, 8 - failed, 0, failed]
    assert bool(failed) == ("the store keeps what it says it has removed"
                            in done.stderr)


@pytest.mark.parametrize("what, right", [
    ("on_list", "s3:ListBucket"), ("on_delete", "s3:DeleteObject")])
def test_a_right_is_missing(slotd, what, right):
    bucket = Bucket({key(number=i): 1 for i in range(3)})
    setattr(bucket, what, lambda peer, *_: peer.answer(403, "AccessDenied"))
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 1
    assert ("the store answered 403 AccessDenied: storage.janitor is not set, "
            "and slotd's own key needs the right " + right) in done.stderr


def test_no_such_bucket(slotd):
    bucket = Bucket({})
    bucket.on_list = lambda peer, *_: peer.answer(404, "NoSuchBucket")
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 1
    assert ("the store answered 404 NoSuchBucket: bucket_url names no bucket "
            "that exists\n") in done.stderr


# --- interruptions ----------------------------------------------------------


def begin(tmp_path, config, *args):
    path = support.write_config(tmp_path, config)
    return subprocess.Popen(
        [support.SLOTD, "sweep", "-c", path, *args], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def once(ends_in_time):
    """One of ten is enough: this process may be late itself, and a command
    that is slow never makes up for that."""
    assert any(ends_in_time() for _ in range(10))


@pytest.mark.parametrize("hangs", ["on_list", "on_delete"])
def test_sigterm(tmp_path, hangs):
    """Within two seconds, also while the store does not answer."""
    def ends_in_time():
        bucket = Bucket({key(number=i): 1 for i in range(5)})
        reached, release = threading.Event(), threading.Event()

        def hang(peer, *_):
            reached.set()
            release.wait(support.PATIENCE)
            peer.close()

        setattr(bucket, hangs, hang)
        with stub_store.Store(bucket) as store:
            process = begin(tmp_path, s3_config(store))
            assert reached.wait(support.PATIENCE)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=support.PATIENCE)
            took = time.monotonic() - start
            release.set()
        assert process.returncode == 1
        assert out.startswith("storage default: listed ")
        assert "interrupted" in err and "removed 0" in out
        assert len(bucket.sizes) == 5
        return took < 2

    once(ends_in_time)


def test_sigterm_while_it_waits(tmp_path):
    """For its next try, which comes 1.6 seconds after the fourth."""
    def ends_before():
        bucket = Bucket({key(): 1})
        answered = []

        def busy(peer, *_):
            answered.append(time.monotonic())
            peer.answer(503)

        bucket.on_list = busy
        with stub_store.Store(bucket) as store:
            process = begin(tmp_path, s3_config(store))
            store.wait_finished(4)
            # By then it has read the answer; if not, this shows nothing.
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=support.PATIENCE)
            took = time.monotonic() - answered[3]
        assert process.returncode == 1
        return took < 1.6 and "interrupted" in err

    once(ends_before)


def test_killed_at_any_moment(tmp_path, slotd):
    """100 times, and nothing goes that has not ended."""
    future = stamp(86400)
    stays = {key(future, i): 1 for i in range(50)}
    stays.update({key("never", i): 1 for i in range(50)})
    goes = {key(number=i): 1 for i in range(3000)}
    bucket = Bucket({**stays, **goes}, page=100)
    dice = random.Random(16)
    with stub_store.Store(bucket) as store:
        path = support.write_config(tmp_path, s3_config(store))
        for _ in range(100):
            sweeping.kill(store, path, dice.randrange(1, 30))
            assert set(stays) <= set(bucket.sizes)
            assert len(bucket.sizes) > len(stays)
            bucket.refill(goes, 1000)
        done = slotd(s3_config(store))
        assert done.returncode == 0
    assert bucket.sizes == stays


