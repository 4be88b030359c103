"""slotd adopt: what happens meanwhile, and what it costs."""

import array
import contextlib
import fcntl
import os
import random
import signal
import subprocess
import termios

import pytest

import adopting
import support
from adopting import FILES, adopt, check, stored

old, slotd = adopting.old, adopting.slotd


def test_killed(slotd, old):
    """At any moment: no file is there by half, and the next run goes on."""
    files = {f"a{i}/{i}.bin": random.Random(i).randbytes(3000)
             for i in range(150)}
    adopting.make(old, files)
    dice = random.Random(19)
    for _ in range(10):
        before = len(stored(slotd))
        process = subprocess.Popen(
            [support.SLOTD, "adopt", "-c", slotd.path, "--from", "filer", old],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        more = before + dice.randrange(1, 10)
        support.wait_for("some files", lambda: (
            len(stored(slotd)) >= more or process.poll() is not None))
        process.kill()
        process.wait(support.PATIENCE)
        for path in stored(slotd):
            assert (slotd.files / path).read_bytes() == files[path]
    done = adopt(slotd.path, "filer", old)
    assert done.code == 0 and done.counts[0] + done.counts[2] == 150, done
    assert done.counts[2] >= 10
    check(slotd, files)


@pytest.mark.parametrize("kind, files", [
    ("filer", {f"a/{i}\t": b"x" for i in range(500)}),
    ("ejabberd", {f"a/{i}": b"x" for i in range(500)}),
    ("prosody", {"http_file_share/x": b"",
                 "uploads.list": b'item({key="a"});\n' * 500})])
def test_interrupted(slotd, old, kind, files):
    """While it waits for somebody to read what it says."""
    adopting.make(old, files)
    process = subprocess.Popen(
        [support.SLOTD, "adopt", "-c", slotd.path, "--from", kind, old],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, pipesize=4096)
    size = fcntl.fcntl(process.stderr, fcntl.F_GETPIPE_SZ)
    support.wait_for("a full pipe", lambda: waiting(process) > size - 200)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=support.PATIENCE)
    assert process.returncode == 1
    assert err.endswith(
        b"slotd adopt: interrupted: run it again, it goes on\n")
    assert 30 < int(adopting.LINE.search(out.decode())[5]) < 500


def waiting(process):
    """Bytes that its stderr has for us."""
    found = array.array("i", [0])
    fcntl.ioctl(process.stderr, termios.FIONREAD, found)
    return found[0]


def test_full(start, tmp_path, old):
    """The store ends it, and not each file for itself."""
    free = os.statvfs(tmp_path)
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[adopting.caller("/upload/")],
        storage={"min_free": str(free.f_frsize * free.f_blocks)}))
    adopting.make(old, FILES)
    done = adopt(slotd.path, "filer", old)
    assert done.code == 1 and done.counts == (0, 0, 0, 0, 3), done
    assert done.err.endswith(
        "slotd adopt: the store fails: run it again once that is mended, it "
        "goes on\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_as_root(slotd, old, tmp_path):
    """The service's own user can read what root has copied."""
    adopting.make(old, {"a/b/cat.jpg": b"1"})
    store = tmp_path / "store"
    os.chown(store, 12345, 12346)
    assert adopt(slotd.path, "filer", old).code == 0
    for path in "a/b/cat.jpg", "a/b", "a", ".":
        found = (slotd.files / path).stat()
        assert (found.st_uid, found.st_gid) == (12345, 12346), path


@pytest.mark.skipif(support.SANITIZED, reason="sanitizers need more of it")
def test_memory(slotd, old):
    """A large file is not in memory, nor are many names."""
    adopting.make(old, {f"{i}/x": b"" for i in range(200)})
    with open(old / "0/big", "wb") as big:
        big.truncate(64 << 20)
    done = subprocess.run(
        ["prlimit", f"--data={24 << 20}", support.SLOTD, "adopt", "-c",
         slotd.path, "--from", "filer", old], timeout=support.PATIENCE * 3)
    assert done.returncode == 0
    assert (slotd.files / "0/big").stat().st_size == 64 << 20


def test_progress(slotd, old):
    """On a terminal."""
    adopting.make(old, FILES)
    ours, its = os.openpty()
    done = subprocess.run(
        [support.SLOTD, "adopt", "-c", slotd.path, "--from", "filer", old],
        stdout=subprocess.PIPE, stderr=its, timeout=support.PATIENCE,
        env={**os.environ, "TERM": "xterm"})
    os.close(its)
    said = ""
    # It may come in pieces; the end of a terminal is an error.
    with os.fdopen(ours, "rb", buffering=0) as screen, \
            contextlib.suppress(OSError):
        while part := screen.read(65536):
            said += part.decode()
    assert done.returncode == 0
    assert "copied " in said and "already there 0" in said
    assert said.endswith("\r\x1b[K")
