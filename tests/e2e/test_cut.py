"""Work that does not end in time: it is cut, and nobody hides that."""

import signal
import socket

import support
from upload import Upload


def test_a_disk_that_hangs_for_ever(start, tmp_path, slow_disk):
    """What was counted is on another, and is kept; the exit status is 1."""
    state = tmp_path / "quota.state"
    config = support.fs_config(
        tmp_path / "store", limits={"drain_timeout": 1},
        policy={"bytes_per_day": 200},
        quota={"state_file": str(state)})
    slotd = start(config)
    upload = Upload(slotd.slot(size=100)["put"], 100)
    slotd.slot(size=100)
    more = support.slot_body(size=100)
    support.assert_problem(slotd.post(more), "quota-exceeded")
    upload.send(b"x" * 10)
    slotd.stop([1])
    assert any("the disk does not answer" in line for line in slotd.lines)
    upload.close()
    slow_disk.unlink()
    slotd.start()
    support.assert_problem(slotd.post(more), "quota-exceeded")


def test_a_disk_that_hangs_while_nothing_runs(
        start, tmp_path, preload, monkeypatch):
    """Neither a reload nor the end waits for it."""
    gate = tmp_path / "gate"
    preload("hung_disk.c")
    monkeypatch.setenv("HUNG_DISK", str(gate))
    slotd = start(support.fs_config(tmp_path / "store"))
    gate.touch()
    slotd.wait_line("^hung disk$")
    slotd.process.send_signal(signal.SIGHUP)
    slotd.wait_line("msg=reloaded")
    slotd.stop([1])
    assert any("the disk does not answer" in line for line in slotd.lines)


def leave_by_reset(upload):
    upload.sock.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_clients_that_leave_at_once(start, tmp_path):
    """Some before the upload has begun: none of its time was used."""
    slotd = start(support.fs_config(
        tmp_path / "store", limits={"upload_timeout": 60}))
    for number in range(400):
        upload = Upload(slotd.slot(size=100)["put"], 100)
        if number % 2:
            upload.send(b"x" * 10)
        if number % 4 < 2:
            leave_by_reset(upload)
        upload.close()

    alone = 'slotd_connections{listener="listen"} 1\n'
    support.wait_for("their ends", lambda: alone in (
        slotd.ask("GET", "/metrics").body.decode()))
    ends = [line for line in slotd.lines if "route=/u/" in line]
    assert ends
    assert not [line for line in ends if "upload_timeout" in line]
