"""SIGTERM: nobody who was let in is turned away; and what a service manager
is told."""

import os
import signal
import socket
import time

import pytest

import support
from reloading import Load, reload


def test_drain_delay(start, tmp_path):
    """Who balances loads is told first; meanwhile all goes on, but that each
    answer ends its connection."""
    fs = start(support.fs_config(
        tmp_path / "store", limits={"drain_delay": 86400}))
    before = support.Connection(fs.address)
    assert before.ask("GET", "/readyz").status == 200
    fs.terminate()
    support.wait_for(
        "/readyz to be 503",
        lambda: fs.ask("GET", "/readyz").status == 503)
    problem = support.assert_problem(fs.ask("GET", "/readyz"), "unavailable")
    assert problem["detail"] == "the service is stopping"
    body = support.slot_body(size=3)
    reply = before.ask("POST", "/slot", body, [
        ("Authorization", support.authorization(body=body)),
        ("Content-Type", "application/json")])
    assert reply.status == 200
    assert reply.headers["Connection"] == "close"
    reply = support.fetch("PUT", reply.json["put"], b"abc")
    assert reply.status == 201
    assert reply.headers["Connection"] == "close"
    assert fs.healthy()
    # It is still waiting; a second signal ends that.
    assert fs.process.poll() is None
    fs.stop()


def test_drain_delay_ends_by_itself(start):
    slotd = start(support.s3_config(limits={"drain_delay": 1}))
    began = time.monotonic()
    slotd.terminate()
    slotd.wait()
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("delay", [0, 1])
@pytest.mark.parametrize("keep_alive", [True, False])
def test_nothing_is_lost(start, tmp_path, delay, keep_alive):
    """Whatever came in before the listener closed is answered whole."""
    fs = start(support.fs_config(
        tmp_path / "store", limits={"drain_delay": delay}))
    for _ in range(3):
        with Load(fs, keep_alive=keep_alive) as load:
            load.wait_more(10)
            fs.terminate()
            fs.wait()
        assert not load.lost
        assert load.whole >= 10
        fs.start()


def test_queued_connections(start):
    """The kernel has taken them; nobody has accepted them yet."""
    slotd = start(support.s3_config())
    os.kill(slotd.process.pid, signal.SIGSTOP)
    try:
        queued = []
        for _ in range(50):
            body = support.slot_body()
            sock = socket.create_connection(slotd.address, support.PATIENCE)
            sock.sendall(
                b"POST /slot HTTP/1.1\r\nHost: x\r\n"
                b"Content-Type: application/json\r\n"
                b"Authorization: %s\r\nContent-Length: %d\r\n\r\n%s" % (
                    support.authorization(body=body).encode(), len(body),
                    body))
            queued.append(sock)
        slotd.terminate()
    finally:
        os.kill(slotd.process.pid, signal.SIGCONT)
    for sock in queued:
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        sock.close()
        assert support.statuses(answer) == [200]
    slotd.wait()


# --- what a service manager is told ---------------------------------------


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, monkeypatch, name):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(name.replace("@", "\0", 1))
        self.sock.settimeout(support.PATIENCE)
        monkeypatch.setenv("NOTIFY_SOCKET", name)

    def told(self):
        return self.sock.recv(4096).decode().splitlines()


@pytest.mark.parametrize("abstract", [False, True])
def test_sd_notify(start, tmp_path, monkeypatch, abstract):
    name = str(tmp_path / "notify")
    manager = Manager(
        monkeypatch, f"@slotd-test-{os.getpid()}" if abstract else name)
    slotd = start(support.s3_config())
    assert "READY=1" in manager.told()
    for config in (slotd.config, {"listen": {}}):
        support.write_config(slotd.path.parent, config)
        slotd.process.send_signal(signal.SIGHUP)
        reloading = manager.told()
        assert "RELOADING=1" in reloading
        (stamp,) = [line for line in reloading
                    if line.startswith("MONOTONIC_USEC=")]
        assert int(stamp.split("=")[1]) > 0
        assert "READY=1" in manager.told()
    slotd.terminate()
    assert "STOPPING=1" in manager.told()
    slotd.wait()
    manager.sock.close()


def test_nobody_to_tell(start, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/notify")
    slotd = start(support.s3_config())
    reload(slotd)
    slotd.stop()


def test_a_client_that_pauses(start):
    """What idle connections have sent before they end is answered."""
    slotd = start(support.s3_config())
    pool = [support.Connection(slotd.address) for _ in range(20)]
    for connection in pool:
        assert connection.ask("GET", "/healthz").status == 200
    os.kill(slotd.process.pid, signal.SIGSTOP)
    try:
        for connection in pool:
            connection.putrequest("GET", "/healthz")
            connection.endheaders()
        slotd.terminate()
    finally:
        os.kill(slotd.process.pid, signal.SIGCONT)
    for connection in pool:
        assert connection.getresponse().status == 200
    slotd.wait()


def test_a_request_in_two_pieces(start):
    """Begun before the end, and the rest of its head comes after."""
    slotd = start(support.s3_config())
    with socket.create_connection(slotd.address, support.PATIENCE) as sock:
        sock.sendall(b"GET /healthz HT")
        assert slotd.healthy()
        os.kill(slotd.process.pid, signal.SIGSTOP)
        try:
            slotd.terminate()
            sock.sendall(b"TP/1.1\r\nHost: x\r\n\r\n")
        finally:
            os.kill(slotd.process.pid, signal.SIGCONT)
        answer = b""
        while piece := sock.recv(4096):
            answer += piece
    assert support.statuses(answer) == [200]
    slotd.wait()


def test_reload_and_end_at_once(start):
    """Both signals are there at the same time."""
    slotd = start(support.s3_config())
    slotd.process.send_signal(signal.SIGHUP)
    slotd.terminate()
    slotd.wait()
