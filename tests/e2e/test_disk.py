"""The embedded store's disk turns read-only, or goes, while slotd runs."""

import resource
import shutil
import subprocess

import pytest

import support

NO = "msg=\"storage takes no uploads\""
AGAIN = "msg=\"storage takes uploads again\""


def put(answer, data=b"abc"):
    return support.fetch("PUT", answer["put"], data)


def ready(slotd):
    return slotd.ask("GET", "/readyz")


def wait_until(slotd, status):
    return support.wait_for(
        f"/readyz to be {status}",
        lambda: (reply := ready(slotd)).status == status and reply)


def assert_told(slotd, words):
    """Of /readyz, and once in the log."""
    reply = wait_until(slotd, 503)
    support.assert_problem(reply, "unavailable")
    assert words in reply.json["detail"]
    line = slotd.wait_line(NO)
    assert "level=error" in line and words in line
    assert str(slotd.config["storage"]["path"]) in line
    # It was looked at again meanwhile.
    for _ in range(3):
        support.assert_problem(slotd.post(support.slot_body(size=3)),
                               "unavailable")
    assert sum(NO in line for line in slotd.lines) == 1
    slotd.wait_line(r"route=/slot .*status=503 .*reason=\"?.*" + words)
    assert slotd.healthy()


def assert_recovers(slotd):
    wait_until(slotd, 200)
    slotd.wait_line(AGAIN)
    assert sum(AGAIN in line for line in slotd.lines) == 1
    answer = slotd.slot(size=3)
    assert put(answer).status == 201
    assert support.fetch("GET", answer["get"]).body == b"abc"


def remount(folder, mode):
    subprocess.run(["mount", "-o", "remount," + mode, str(folder)],
                   check=True, timeout=support.PATIENCE)


def test_read_only(start, small_disk):
    slotd = start(support.fs_config(
        small_disk / "store", storage={"min_free": 0}))
    early, stored = slotd.slot(size=3), slotd.slot(size=3)
    assert put(stored).status == 201
    assert ready(slotd).status == 200
    remount(small_disk, "ro")
    assert_told(slotd, "the disk is read-only")
    # Nothing was lost that is there, and no upload is said to be slotd's
    # own fault.
    support.assert_problem(put(early), "unavailable")
    assert support.fetch("GET", stored["get"]).body == b"abc"
    remount(small_disk, "rw")
    assert_recovers(slotd)
    assert put(early).status == 201


def test_read_only_under_way(start, small_disk):
    """At once, before the watching thread has looked."""
    slotd = start(support.fs_config(
        small_disk / "store", storage={"min_free": 0}))
    answer = slotd.slot(size=3)
    remount(small_disk, "ro")
    support.assert_problem(put(answer), "unavailable")
    support.assert_problem(
        slotd.post(support.slot_body(size=3)), "unavailable")
    remount(small_disk, "rw")
    wait_until(slotd, 200)


def test_a_reload_meanwhile(start, small_disk):
    """It is still known, and not told anew."""
    slotd = start(support.fs_config(
        small_disk / "store", storage={"min_free": 0}))
    remount(small_disk, "ro")
    slotd.wait_line(NO)
    slotd.process.send_signal(1)
    slotd.wait_line("msg=reloaded")
    assert ready(slotd).status == 503
    assert sum(NO in line for line in slotd.lines) == 1
    remount(small_disk, "rw")
    assert_recovers(slotd)


def test_the_folder_goes(start, tmp_path):
    slotd = start(support.fs_config(tmp_path / "store"))
    answer = slotd.slot(size=3)
    shutil.rmtree(tmp_path / "store")
    assert_told(slotd, "the folder was removed")
    support.assert_problem(put(answer), "unavailable")


def test_a_failed_upload_gives_it_away(start, tmp_path, preload, monkeypatch):
    """A disk that says nothing until a file is made on it."""
    gate = tmp_path / "gate"
    preload("bad_disk.c")
    monkeypatch.setenv("BAD_DISK", str(gate))
    slotd = start(support.fs_config(tmp_path / "store"))
    answer = slotd.slot(size=3)
    gate.touch()
    reply = put(answer)
    assert reply.status == 500, reply
    assert_told(slotd, "the disk fails")
    gate.unlink()
    assert_recovers(slotd)


def test_a_limit_of_file_sizes(start, tmp_path):
    """As LimitFSIZE= or ulimit -f has it: one file too large ends nothing."""
    slotd = start(support.fs_config(tmp_path / "store"))
    resource.prlimit(slotd.process.pid, resource.RLIMIT_FSIZE,
                     (200000, resource.RLIM_INFINITY))
    answer = slotd.slot(size=400000)
    support.assert_problem(
        put(answer, b"x" * 400000), "insufficient-storage")
    slotd.wait_line("status=507 .*limit of file sizes")
    assert put(slotd.slot(size=3)).status == 201
    assert ready(slotd).status == 200


@pytest.mark.parametrize("command", ["slot", "doctor"])
def test_commands(small_disk, start, command):
    slotd = start(support.fs_config(
        small_disk / "store", storage={"min_free": 0}))
    remount(small_disk, "ro")
    more = ["--jid", "juliet@example.org", "--size", 1, "a.txt"]
    done = support.run(command, "-c", slotd.path,
                       *(more if command == "slot" else []))
    remount(small_disk, "rw")
    assert done.returncode == 1
    assert b"read-only" in (done.stderr + done.stdout).lower()
