"""From the ready line to the exit status."""

import os
import resource
import socket
import stat

import pytest

import support
from upload import Upload

DATA = b"0123456789" * 1000


def test_one_line_when_ready(start):
    slotd = start(support.s3_config())
    assert slotd.healthy()
    slotd.wait_line("")
    before_any_request = slotd.lines[:1]
    assert before_any_request[0].strip()
    quiet = start(support.s3_config())
    quiet.stop()
    ready = [line for line in quiet.lines if "127.0.0.1" in line]
    assert quiet.lines[0] in ready  # it says where it listens


def test_upload_is_finished(start, tmp_path):
    fs = start(support.fs_config(tmp_path / "store"))
    answer = fs.slot(size=len(DATA))
    upload = Upload.begun(answer["put"], DATA, 100)
    body = support.slot_body()
    request = Upload(
        fs.config["public_url"] + "/slot", len(body), method="POST",
        headers=[("Authorization", support.authorization(body=body)),
                 ("Content-Type", "application/json")])
    request.send(body[:10])
    # The second connection has been accepted once a third is answered.
    assert fs.healthy()
    fs.terminate()
    support.wait_for("the end of new connections", lambda: refused(fs))
    upload.send(DATA[100:])
    request.send(body[10:])
    assert upload.reply().status == 201
    assert request.reply().status == 200
    upload.close()
    request.close()
    fs.wait()
    fs.start()
    assert support.fetch("GET", answer["get"]).body == DATA


def refused(slotd):
    try:
        return slotd.ask("GET", "/healthz").status == 503
    except OSError:
        return True


def test_idle_connections_hold_nothing_up(start):
    slotd = start(support.s3_config())
    idle = support.Connection(slotd.address)
    assert idle.ask("GET", "/healthz").status == 200
    silent = socket.create_connection(slotd.address, support.PATIENCE)
    assert slotd.healthy()
    slotd.stop()
    silent.close()
    idle.close()


def test_drain_timeout(start, tmp_path):
    """A client that never finishes does not hold slotd for ever."""
    fs = start(support.fs_config(
        tmp_path / "store", limits={"drain_timeout": 1}))
    answer = fs.slot(size=len(DATA))
    upload = Upload.begun(answer["put"], DATA, 100)
    fs.stop([1])
    upload.wait_closed()
    fs.start()
    assert support.fetch("PUT", answer["put"], DATA).status == 201


def test_unix_socket(start, tmp_path):
    path = str(tmp_path / "slotd.sock")
    config = support.s3_config(listen=None)
    config["listen"] = {"unix": path, "mode": "0660"}
    slotd = start(config)
    found = os.stat(path)
    assert stat.S_ISSOCK(found.st_mode)
    assert found.st_mode & 0o777 == 0o660
    slotd.slot()
    done = support.run("health", "-c", slotd.path)
    assert done.returncode == 0, done
    # One that was killed leaves its socket behind; the next takes it over.
    slotd.kill()
    assert os.path.exists(path)
    slotd.start()
    slotd.slot()


def test_unix_socket_of_another(start, tmp_path):
    """What is in use, or is no socket, is not taken over."""
    path = tmp_path / "slotd.sock"
    config = support.s3_config()
    config["listen"] = {"unix": str(path)}
    slotd = start(config)
    done = support.run("serve", "-c", slotd.path)
    assert done.returncode == 1, done
    assert str(path).encode() in done.stderr
    slotd.slot()
    slotd.stop()
    path.unlink(missing_ok=True)
    path.write_text("mine")
    done = support.run("serve", "-c", slotd.path)
    assert done.returncode == 1, done
    assert path.read_text() == "mine"


def test_unix_socket_of_a_successor(start, tmp_path):
    """Whose file is at its place when it ends is looked at."""
    path = tmp_path / "slotd.sock"
    config = support.s3_config(listen=None)
    config["listen"] = {"unix": str(path)}
    first = start(config)
    path.unlink()
    second = start(config)
    first.stop()
    second.slot()


def test_unix_socket_of_one_that_hangs(start, tmp_path):
    """Its queue is full and nobody accepts: it is there, all the same."""
    path = tmp_path / "slotd.sock"
    config = support.s3_config(listen=None)
    config["listen"] = {"unix": str(path)}
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.bind(str(path))
        stuck.listen(0)
        waiting = []
        while True:
            sock = socket.socket(socket.AF_UNIX)
            sock.setblocking(False)
            waiting.append(sock)
            try:
                sock.connect(str(path))
            except BlockingIOError:
                break
        done = support.run(
            "serve", "-c", support.write_config(tmp_path, config))
        for sock in waiting:
            sock.close()
    assert done.returncode == 1, done
    assert str(path).encode() in done.stderr
    assert path.exists()


def test_out_of_descriptors(start):
    """The last ones are not for strangers; and it is said."""
    public = {"address": "127.0.0.1", "port": support.free_port()}
    slotd = start(support.s3_config(
        public=public, limits={
            "connections_per_address": 0, "header_timeout": 600}))
    resource.prlimit(slotd.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    crowd = []
    try:
        while len(crowd) < 200:
            crowd.append(socket.create_connection(
                ("127.0.0.1", public["port"]), support.PATIENCE))
            if any("no descriptors are left" in line
                   for line in slotd.lines):
                break
        slotd.wait_line("no descriptors are left")
    finally:
        for sock in crowd:
            sock.close()
    support.wait_for("its recovery", slotd.healthy)


class Poor(support.Slotd):
    """Has few descriptors from the start."""

    def spawn(self, command, **options):
        return super().spawn(
            ["prlimit", "--nofile=128:128", *command], **options)


def test_few_descriptors(tmp_path):
    """Half of those that there are bound the connections."""
    public = ("127.0.0.1", support.free_port())
    slotd = Poor(tmp_path, support.s3_config(
        public={"address": public[0], "port": public[1]},
        limits={"connections_per_address": 0, "header_timeout": 600}))
    crowd = []
    try:
        for _ in range(100):
            crowd.append(socket.create_connection(public, support.PATIENCE))
        slotd.wait_line("limits.connections reached")
        assert slotd.healthy()
    finally:
        for sock in crowd:
            sock.close()
        slotd.stop()


def test_ipv6(start):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    slotd = start(support.s3_config(listen={"address": "::1"}))
    slotd.slot()
    assert support.run("health", "-c", slotd.path).returncode == 0


def test_public_listener(start, tmp_path):
    public = ("127.0.0.1", support.free_port())
    config = support.fs_config(tmp_path / "store", public={
        "address": public[0], "port": public[1]})
    config["public_url"] = "http://127.0.0.1:%d" % public[1]
    fs = start(config)
    answer = fs.slot(size=3)
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    assert support.fetch("GET", answer["get"]).body == b"abc"
    assert support.request(public, "GET", "/healthz").status == 200
    for target in ("/slot", "/limits?domain=example.org", "/readyz",
                   "/metrics", "/openapi.yaml", "/"):
        for method in ("GET", "POST"):
            reply = support.request(public, method, target, b"")
            support.assert_problem(reply, "not-found")
    body = support.slot_body()
    reply = support.request(public, "POST", "/slot", body, {
        "Authorization": support.authorization(body=body),
        "Content-Type": "application/json"})
    support.assert_problem(reply, "not-found")
    # And what is public is nowhere else.
    for url in (answer["put"], answer["get"]):
        reply = fs.ask("GET", support.split_url(url)[1])
        support.assert_problem(reply, "not-found")


def test_s3_has_no_files(start):
    slotd = start(support.s3_config())
    for target in ("/f/a/b", "/u/token/a"):
        support.assert_problem(slotd.ask("GET", target), "not-found")


def test_address_in_use(start, tmp_path):
    slotd = start(support.s3_config())
    done = support.run("serve", "-c", slotd.path)
    assert done.returncode == 1, done
    assert str(slotd.address[1]).encode() in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    slotd.slot()


def test_restart_at_once(start):
    """The port is free again although old connections linger."""
    slotd = start(support.s3_config())
    for _ in range(3):
        idle = support.Connection(slotd.address)
        assert idle.ask("GET", "/healthz").status == 200
        slotd.stop()
        slotd.start()
        assert slotd.healthy()
        idle.close()


def test_serve_with_a_fault(tmp_path):
    config = support.s3_config(storage={"region": None})
    path = support.write_config(tmp_path, config)
    done = support.run("serve", "-c", path)
    assert done.returncode == 1
    checked = support.run("check", "-c", path)
    assert done.stderr == checked.stderr
    assert b"storage.region: " in done.stderr


def test_store_that_cannot_be_opened(tmp_path):
    (tmp_path / "file").write_text("no folder")
    config = support.fs_config(tmp_path / "file" / "store")
    path = support.write_config(tmp_path, config)
    done = support.run("serve", "-c", path)
    assert done.returncode == 1
    assert done.stderr.strip()
