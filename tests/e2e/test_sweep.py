"""slotd sweep: what has ended goes, in a bucket and in the embedded store, and
nothing else does."""

import json
import os
import re
import time

import pytest

import stub_store
import support
import sweeping
from stub_bucket import Bucket
from sweeping import ENDED, RANDOM, key, line_of, s3_config, stamp

slotd = sweeping.slotd


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


@pytest.mark.parametrize("template, goes, stays", [
    # Text that looks like an end is none; nor is a stamp behind it.
    (ENDED + "/{until}/{random}", [], [f"{ENDED}/20991231T000000Z/{RANDOM}"]),
    # A key of a default template, which the own one could have made.
    ("{domain}/{random}/{filename}", [key()], [f"2020.org/{RANDOM}/x"]),
])
def test_another_template(slotd, template, goes, stays):
    bucket = Bucket({name: 1 for name in [*goes, *stays]})
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(
            store, storage={"key": template},
            **({} if "until" in template else {"policy": None})))
    assert done.returncode == 0, done
    assert sorted(bucket.sizes) == stays


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


def test_slots_of_others_below_a_base(slotd):
    """What a template makes has its own end."""
    stays = [f"share/{until}/{RANDOM}/cat.jpg"
             for until in ("never", stamp(86400))]
    bucket = Bucket({name: 1 for name in [*stays, "share/abc/cat.jpg"]})
    with stub_store.Store(bucket) as store:
        done = slotd(s3_config(
            store, storage={"key": "share/{until}/{random}/{filename}"},
            public_url="http://x.y", callers=[
                {"id": "share", "secret": support.SECRET + "-share",
                 "keep": 3600, "dialect": "jwt", "base": "/share/"}]))
    assert done.returncode == 0, done
    assert bucket.deletes == ["share/abc/cat.jpg"]


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


def test_a_dry_run_is_no_success(slotd):
    """Else the alert for a late sweep would wait for another three hours."""
    with stub_store.Store(Bucket({key(): 1})) as store:
        done = slotd(s3_config(store), "sweep", "--prometheus", "--dry-run")
        assert done.returncode == 0
        assert 'slotd_sweep_removed_objects{storage="default"} 1\n' in (
            done.stdout)
        assert "last_success_timestamp_seconds{" not in done.stdout
        done = slotd(s3_config(store), "sweep", "--prometheus")
        assert "last_success_timestamp_seconds{" in done.stdout


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
