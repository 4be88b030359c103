"""slotd sweep: what has ended goes, in a bucket and in the embedded store, and
nothing else does, whatever the store answers and whenever it is broken off."""

import json
import os
import random
import re
import signal
import subprocess
import threading
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


def test_lists_no_more_than_it_must(slotd):
    """At most ended/1000 + 2 requests for each prefix, whatever is stored."""
    future = stamp(86400)
    objects = {key(future, i): 1 for i in range(3000)}
    objects.update({key("never", i): 1 for i in range(3000)})
    objects.update({key(number=i): 1 for i in range(1500)})
    bucket = Bucket(objects)
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store))
    assert done.returncode == 0
    assert len(bucket.lists) <= 3
    assert line_of(done)[1] == 1500 and len(bucket.sizes) == 6000
    assert 1 < bucket.most_at_once <= 16


def test_a_template_of_ones_own(slotd):
    """Each purpose is a prefix; keys of the default templates go, too."""
    def own(purpose, until, number=0):
        return f"x~y/{purpose}/{until}-{number:04d}{RANDOM[4:]}.jpg"

    purposes = ["message", "profile", "ephemeral", "permanent"]
    goes = {own(purpose, ENDED): 1 for purpose in purposes}
    goes.update({key(): 1, own("profile", ENDED).replace("~", "_"): 1})
    stays = {own(purpose, stamp(86400)): 1 for purpose in purposes}
    stays.update({own("other", ENDED): 1, own("message", "never"): 1,
                  "x~y/message/20200101T000000Z": 1,
                  "x~y/message/" + key(): 1})
    bucket = Bucket({**goes, **stays})
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store, storage={
            "key": "x~y/{purpose}/{until}-{random}.{ext}"}))
    assert done.returncode == 0, done
    assert bucket.sizes == stays
    assert sorted(query["prefix"] for query in bucket.lists) == sorted(
        ["20"] + [f"{first}/{purpose}/20" for purpose in purposes
                  for first in ("x~y", "x_y")])


# --- where the bucket is ----------------------------------------------------


def test_bucket_url_with_a_prefix(slotd):
    bucket = Bucket({"pre/fi x/" + key(): 1, key(): 1, "pre/" + key(): 1,
                     "pre/fi x/" + key(stamp(86400)): 1})
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(store.url + "/pre/fi%20x/"))
    assert done.returncode == 0, done
    assert bucket.deletes == ["pre/fi x/" + key()]
    assert line_of(done)[:2] == [2, 1]


@pytest.mark.parametrize("storage", [{}, {"bucket": "127.0.0.1"}])
def test_the_host_is_the_bucket(slotd, storage):
    """Found out by asking, once; or named."""
    bucket = Bucket({"pre/" + key(number=i): 1 for i in range(5)},
                    name="", page=2)
    with stub_store.Store(bucket) as store:
        url = f"http://127.0.0.1:{store.port}/pre"
        done = slotd(s3_config(url, storage=storage))
        asked = [peer.target.partition("?")[0] for peer in store.peers
                 if peer.method == "GET"]
    assert done.returncode == 0, done
    assert not bucket.sizes
    assert asked == ([] if storage else ["/pre/"]) + ["/"] * 3


def test_no_bucket_at_all(slotd):
    with stub_store.Store(lambda peer: peer.answer(404, "NoSuchBucket")) as s:
        done = slotd(s3_config(s))
    assert done.returncode == 1
    assert "storage default: cannot be listed: the store answered 404 " \
        "NoSuchBucket" in done.stderr


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
    assert "the store answered 403 AccessDenied: its key needs the right " \
        + right in done.stderr


# --- interruptions ----------------------------------------------------------


def begin(tmp_path, config, *args):
    path = support.write_config(tmp_path, config)
    return subprocess.Popen(
        [support.SLOTD, "sweep", "-c", path, *args], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("hangs", ["on_list", "on_delete"])
def test_sigterm(tmp_path, hangs):
    """Within two seconds, also while the store does not answer."""
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
        assert time.monotonic() - start < 2
        release.set()
    assert process.returncode == 1
    assert out.startswith("storage default: listed ")
    assert "interrupted" in err and "removed 0" in out
    assert len(bucket.sizes) == 5


def test_sigterm_while_it_waits(tmp_path):
    """For its next try."""
    bucket = Bucket({key(): 1})
    bucket.on_list = lambda peer, query, text: peer.answer(503)
    with stub_store.Store(bucket) as store:
        process = begin(tmp_path, s3_config(store))
        store.wait_finished(4)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=support.PATIENCE)
        assert time.monotonic() - start < 1
    assert process.returncode == 1 and "interrupted" in err


def test_killed_at_any_moment(tmp_path, slotd):
    """100 times, and nothing goes that has not ended."""
    future = stamp(86400)
    stays = {key(future, i): 1 for i in range(50)}
    stays.update({key("never", i): 1 for i in range(50)})
    bucket = Bucket({**stays, **{key(number=i): 1 for i in range(3000)}},
                    page=100)
    dice = random.Random(16)
    with stub_store.Store(bucket) as store:
        path = support.write_config(tmp_path, s3_config(store))
        for _ in range(100):
            before = len(store.peers)
            process = subprocess.Popen(
                [support.SLOTD, "sweep", "-c", path],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # The number'th request of this run has come.
            store.wait_peers(before + dice.randrange(1, 30))
            process.kill()
            process.wait(support.PATIENCE)
            assert set(stays) <= set(bucket.sizes)
        assert len(bucket.sizes) > len(stays)
        done = slotd(s3_config(store))
        assert done.returncode == 0
    assert bucket.sizes == stays


# --- by age -----------------------------------------------------------------


def test_older(slotd):
    """What was stored before keep was set; never what slotd did not store."""
    old, new = "2026-01-01T00:00:00Z", time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    ours = [RANDOM + "/cat.jpg", f"{RANDOM}/{RANDOM}/cat.jpg", key("never"),
            key(stamp(86400)), "share/abc/cat.jpg"]
    others = ["backup.tar", "slotd-erase/" + RANDOM, "share/.x/cat.jpg",
              "other/abc/cat.jpg", "share/cat.jpg"]
    fresh = [RANDOM + "/dog.jpg", "share/abc/dog.jpg"]
    bucket = Bucket({name: 1 for name in ours + others + fresh})
    for name in ours + others:
        bucket.stored[name] = old
    for name in fresh:
        bucket.stored[name] = new
    share = {"id": "share", "secret": support.SECRET + "-share",
             "dialect": "external-v2", "base": "/share/"}
    with stub_store.Store(bucket) as store:
        config = s3_config(store, callers=[share], public_url="http://x.y")
        assert slotd(config).returncode == 0 and not bucket.deletes
        done = slotd(config, "sweep", "--older", "1000 days")
        assert done.returncode == 0 and not bucket.deletes
        done = slotd(config, "sweep", "--older", "2 h")
        assert done.returncode == 0, done
        assert sorted(bucket.deletes) == sorted(ours)
        done = slotd(config, "sweep", "--older", "1800")
    assert sorted(bucket.deletes) == sorted(ours + fresh)


def test_below_a_base(slotd):
    """With callers[].keep, from when they were stored."""
    new = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    goes = ["share/abc/cat.jpg", "share/a/b/très.jpg"]
    stays = ["share/abc/new.jpg", "share/.x/cat.jpg", "share/cat.jpg",
             "share/a/..cat.jpg", "keeps/abc/cat.jpg", "x/abc/cat.jpg"]
    bucket = Bucket({name: 1 for name in goes + stays})
    bucket.stored["share/abc/new.jpg"] = new
    callers = [
        {"id": "share", "secret": support.SECRET + "-share", "keep": 3600,
         "dialect": "jwt", "base": "/share/"},
        {"id": "keeps", "secret": support.SECRET + "-keeps",
         "dialect": "token", "base": "/keeps/"}]
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(
            store, callers=callers, public_url="http://x.y"))
    assert done.returncode == 0, done
    assert sorted(bucket.deletes) == sorted(goes)


# --- credentials, stores, formats -------------------------------------------


def signers(store):
    return {re.search(r"X-Amz-Credential=(\w+)", peer.target)[1]
            for peer in store.peers}


def test_the_janitors_own_credentials(slotd, start, tmp_path):
    secret = tmp_path / "janitor.secret"
    janitor = {"access_key_id": "AKIDJANITOR",
               "access_key_secret_file": secret}
    bucket = Bucket({key(): 1})
    with stub_store.Store(bucket) as store:
        config = s3_config(store, storage={"janitor": janitor})
        # Not there: the service runs, and the commands do not.
        slots = start(config)
        body = support.slot_body()
        assert slots.ask("POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")]).status == 200
        for command in (["sweep"], ["delete", "http://x/y"]):
            done = slotd(config, *command)
            assert done.returncode == 1
            assert re.search(
                r"storage\.janitor\.access_key_secret_file: cannot read "
                r"\S+janitor\.secret: No such file", done.stderr)
        done = slotd(config, "check")
        assert done.returncode == 0
        assert "access_key_secret_file: warning: cannot read" in done.stderr
        secret.write_text("janitor-secret\n")
        secret.chmod(0o600)
        assert slotd(config, "check").stderr.count("storage.janitor") == 0
        done = slotd(config)
        assert done.returncode == 0, done
        assert signers(store) == {"AKIDJANITOR"}
    assert not bucket.sizes


def test_several_stores(slotd):
    first, second = Bucket({key(): 1}), Bucket({key(): 2, key("never"): 3})
    second.on_delete = lambda peer, name: peer.answer(403, "AccessDenied")
    with stub_store.Store(first) as one, stub_store.Store(second) as two:
        config = s3_config(one)
        config["storages"] = [{**config["storage"], "name": "archive",
                               "bucket_url": two.url}]
        done = slotd(config, "sweep", "--storage", "archive")
        assert done.returncode == 1 and first.sizes
        assert done.stdout.startswith("storage archive: ")
        done = slotd(config, "sweep", "--storage", "none")
        assert done.returncode == 1
        assert done.stderr == ("slotd sweep: there is no storage of this "
                               "name\n")
        done = slotd(config, "sweep", "--json")
        assert done.returncode == 1
        stores = json.loads(done.stdout)["stores"]
        for store in stores:
            assert store.pop("seconds") >= 0
        assert stores == [
            {"name": "default", "listed": 1, "removed": 1, "failed": 0,
             "erased": 0, "bytes": 1, "ok": True},
            {"name": "archive", "listed": 1, "removed": 0, "failed": 1,
             "erased": 0, "bytes": 0, "ok": False}]
        done = slotd(config, "sweep", "--prometheus")
        assert done.returncode == 1
        samples = dict(re.findall(
            r'^slotd_sweep_(\w+\{storage="\w+"\}) (\d+)$', done.stdout, re.M))
        now = int(samples.pop(
            'last_success_timestamp_seconds{storage="default"}'))
        assert abs(now - time.time()) < support.PATIENCE
        assert samples == {
            f'{name}{{storage="{store}"}}': "0" for store in (
                "default", "archive") for name in (
                "removed_objects", "removed_bytes", "pending_erasures")}


@pytest.mark.parametrize("args", [
    ("--json", "--prometheus"), ("--older", "30 moons"), ("--older", "-1"),
    ("--older",), ("what",)])
def test_wrong_usage(slotd, args):
    done = slotd(support.s3_config(), "sweep", *args)
    assert done.returncode == 2 and "see slotd sweep --help" in done.stderr


# --- the embedded store -----------------------------------------------------


def put(folder, name, size=3, age=0):
    path = folder / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_the_embedded_store_beside_its_service(slotd, start, tmp_path):
    folder = tmp_path / "store"
    config = support.fs_config(folder, policy={"keep": "30 days"})
    service = start(config)
    body = support.slot_body(size=3)
    slot = service.ask("POST", "/slot", body, [
        ("Authorization", support.authorization(body=body)),
        ("Content-Type", "application/json")]).json
    assert support.fetch("PUT", slot["put"], b"abc").status == 201
    # As those that were left while the service did not run.
    goes = [put(folder, key(number=i), 5) for i in range(40)]
    stays = [put(folder, name) for name in (
        "20200101T000000Z/notes.txt", "backup.tar", "slotd-erase/x",
        RANDOM + "/cat.jpg", key("never"))]
    link = folder / "files" / "20200101T000001Z"
    link.symlink_to(tmp_path)
    done = slotd(config, "sweep", "--dry-run")
    assert done.returncode == 0 and all(path.exists() for path in goes)
    done = slotd(config)
    assert done.returncode == 0, done
    # The service sweeps as well.
    assert not any(path.exists() for path in goes)
    assert all(path.exists() for path in stays[1:])
    assert not (folder / "files" / ENDED / ("0001" + RANDOM[4:])).exists()
    assert link.is_symlink() and (folder / ".key").exists()
    assert support.fetch("GET", slot["get"]).body == b"abc"
    service.stop()
    old = put(folder, RANDOM + "/old.jpg", age=86400)
    done = slotd(config, "sweep", "--older", "12 h")
    assert done.returncode == 0 and not old.exists()
    assert (folder / "files" / RANDOM / "cat.jpg").exists()
    assert support.run("check", "-c", tmp_path / "slotd.conf").returncode == 0


def test_no_embedded_store_yet(slotd, tmp_path):
    done = slotd(support.fs_config(tmp_path / "store"))
    assert done.returncode == 1
    assert "is not there yet: start the service first" in done.stderr
