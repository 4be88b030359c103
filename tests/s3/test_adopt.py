"""slotd adopt, into a real store: old links lead there, through nginx."""

import random
import subprocess
import urllib.parse

import pytest

import adopting
import support
from adopting import adopt
from front import Front
from lab import statement

FILES = {
    "aB3/cat.jpg": (b"a cat", "image/jpeg"),
    "x/y/très cool + 100 %.txt": (b"deep", "text/plain; charset=utf-8"),
    "n/%41%2F.pdf": (b"percent", "application/pdf"),
    "n/\U0001f600#\"'.html": (b"<script>", "text/html"),
    "n/empty": (b"", "application/octet-stream"),
    "n/big.bin": (random.Random(19).randbytes(9 << 20),
                  "application/octet-stream"),
}
SIZE = sum(len(data) for data, _ in FILES.values())


@pytest.fixture
def old(tmp_path):
    old = tmp_path / "old"
    adopting.make(old, {path: data for path, (data, _) in FILES.items()})
    return old


def config(lab, bucket, tmp_path, storage=None, **how):
    key_file = support.write_key(tmp_path)
    return lab.config(
        bucket, storage=storage or {}, key_file=key_file,
        callers=[adopting.caller("/upload/")],
        public_url="https://up.example.org", **how)


def link(front, path):
    return front.url + "/upload/" + urllib.parse.quote(path, safe="/")


@pytest.mark.parametrize("get", ["redirect", "public", "presigned"])
def test_journey(lab, start, tmp_path, old, get):
    bucket = f"adopt-{get}"
    lab.bucket(bucket, *[statement(bucket, ["GetObject"])] * (get == "public"))
    slotd = start(config(lab, bucket, tmp_path, {"get": get},
                         ))
    for counts in (6, SIZE, 0, 0, 0), (0, 0, 6, 0, 0):
        done = adopt(slotd.path, "filer", old)
        assert (done.code, done.err, done.counts) == (0, "", counts), done
    assert lab.listing(bucket) == {
        "upload/" + path: len(data) for path, (data, _) in FILES.items()}
    folder = tmp_path / "front"
    folder.mkdir()
    with Front(folder, slotd.config["listen"]["port"],
               location="/upload/") as front:
        for path, (data, type) in FILES.items():
            reply = lab.curl("-L", url=link(front, path))
            assert (reply.status, reply.body) == (200, data), (path, reply)
            said = reply.headers["content-type"]
            assert said.split(";")[0] == type.split(";")[0]
            if get != "public" and "html" in type:
                assert reply.headers["content-disposition"].startswith(
                    "attachment")
            reply = lab.curl("-L", "-I", url=link(front, path))
            assert int(reply.headers["content-length"]) == len(data)


def test_rights(lab, start, tmp_path, old):
    """The service's key writes, and the janitor's lists: no more is needed."""
    bucket = lab.bucket("adopt-rights")
    writer, janitor = (lab.store.add_user(f"adopt-{name}")
                       for name in ("writer", "janitor"))
    lab.set_policy(bucket, statement(bucket, ["PutObject"], writer),
                   statement(bucket, ["ListBucket"], janitor))
    storage = {"get": "redirect", "access_key_id": writer.key,
               "access_key_secret": writer.secret, "janitor": {
                   "access_key_id": janitor.key,
                   "access_key_secret": janitor.secret}}
    conf = support.write_config(
        tmp_path, config(lab, bucket, tmp_path, storage))
    assert adopt(conf, "filer", old).counts == (6, SIZE, 0, 0, 0)
    # The other way round none of it goes.
    lab.owners.delete_object(Bucket=bucket, Key="upload/aB3/cat.jpg")
    storage["access_key_id"] = janitor.key
    storage["access_key_secret"] = janitor.secret
    conf = support.write_config(
        tmp_path, config(lab, bucket, tmp_path, storage))
    done = adopt(conf, "filer", old)
    assert done.code == 1 and done.counts == (0, 0, 5, 0, 1), done
    assert done.err == (
        "slotd adopt: aB3/cat.jpg: the store answered 403 AccessDenied: "
        "slotd's own key needs the right s3:PutObject\n")


def test_what_is_there(lab, tmp_path, old):
    bucket = lab.bucket("adopt-there")
    lab.owners.put_object(
        Bucket=bucket, Key="upload/aB3/cat.jpg", Body=b"another")
    lab.owners.put_object(
        Bucket=bucket, Key="upload/n/empty/below", Body=b"below")
    conf = support.write_config(tmp_path, config(lab, bucket, tmp_path))
    with open(old / "n/huge", "wb") as huge:
        huge.truncate((5 << 30) + 1)
    done = adopt(conf, "filer", old)
    assert done.code == 1 and done.counts == (5, SIZE - 5, 0, 0, 2), done
    assert set(done.err.splitlines()) == {
        "slotd adopt: aB3/cat.jpg: the store has another file of this name, "
        "with another size",
        "slotd adopt: n/huge: it is larger than the 5 GiB that one PUT "
        "takes: copy it by another tool"}
    assert lab.stored(bucket, "upload/aB3/cat.jpg") == b"another"


def test_killed(lab, tmp_path, old):
    """With half of a file on its way."""
    bucket = lab.bucket("adopt-killed")
    conf = support.write_config(tmp_path, config(lab, bucket, tmp_path))
    for path in FILES:
        if path != "n/big.bin":
            (old / path).unlink()
    before = len(lab.store.requests("PUT", bucket))
    process = subprocess.Popen(
        ["prlimit", "--core=0", support.SLOTD, "adopt", "-c", conf, "--from",
         "filer", old], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    support.wait_for("some of it to be read", lambda: (
        read_bytes(process.pid) > 2 << 20 or process.poll() is not None))
    process.kill()
    process.wait(support.PATIENCE)
    assert set(lab.listing(bucket).values()) <= {9 << 20}
    done = adopt(conf, "filer", old)
    assert done.code == 0 and done.counts[0] + done.counts[2] == 1, done
    assert lab.stored(bucket, "upload/n/big.bin") == FILES["n/big.bin"][0]
    assert before == 0


def read_bytes(pid):
    try:
        with open(f"/proc/{pid}/io") as io:
            return int(io.readline().split()[1])
    except OSError:
        return 0


def test_no_store(lab, tmp_path, old):
    """It ends after a few files, and says why."""
    over = config(lab, "adopt-none", tmp_path)
    conf = support.write_config(tmp_path, over)
    done = adopt(conf, "filer", old)
    assert done.code == 1 and done.counts == (0, 0, 0, 0, 3), done
    assert "404 NoSuchBucket: bucket_url names no bucket" in done.err
    assert done.err.endswith(
        "slotd adopt: the store fails: run it again once that is mended, it "
        "goes on\n")
