"""Listening sockets that a service manager hands over."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess

import pytest

import support


class Activated(support.Slotd):
    """Gets these listening sockets as systemd hands them over."""

    def __init__(self, folder, config, sockets, names=None):
        self.sockets = sockets
        self.names = names
        super().__init__(folder, config)

    def spawn(self, command, **options):
        with passed(self.sockets) as fds:
            return super().spawn(
                wrapped(command, fds, self.names), pass_fds=fds, **options)


class passed:
    """Copies of sockets with numbers that are not in the way."""

    def __init__(self, sockets):
        self.sockets = sockets

    def __enter__(self):
        self.fds = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100)
                    for s in self.sockets]
        return self.fds

    def __exit__(self, *_):
        for fd in self.fds:
            os.close(fd)


def wrapped(command, fds, names):
    """Descriptors from 3 on, and the variables, with the pid of the very
    process."""
    lines = [f"exec {n}<&{fd} {fd}<&-" for n, fd in enumerate(fds, 3)]
    lines.append(f"export LISTEN_PID=$$ LISTEN_FDS={len(fds)}")
    if names is not None:
        lines.append(f"export LISTEN_FDNAMES='{names}'")
    lines.append('exec "$@"')
    return ["bash", "-c", "\n".join(lines), "bash", *command]


def listening(address=None):
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(address)
    else:
        family = socket.AF_INET6 if address and ":" in address[0] \
            else socket.AF_INET
        sock = socket.socket(family)
        sock.bind(address or ("127.0.0.1", 0))
    sock.listen(64)
    return sock


@pytest.fixture
def activate(tmp_path_factory):
    running, sockets = [], []

    def start(config, handed, names=None):
        sockets.extend(handed)
        slotd = Activated(
            tmp_path_factory.mktemp("slotd"), config, handed, names)
        running.append(slotd)
        return slotd
    yield start
    try:
        for slotd in running:
            slotd.stop()
    finally:
        for sock in sockets:
            sock.close()


def test_one(activate):
    """Whatever its name: it is the only one. It is not where the
    configuration says, and nothing is opened there."""
    sock = listening()
    slotd = activate(support.s3_config(), [sock])
    configured, slotd.address = slotd.address, sock.getsockname()
    slotd.slot()
    with pytest.raises(ConnectionRefusedError):
        support.request(configured, "GET", "/healthz")


@pytest.mark.parametrize("names", ["public:listen", "listen:public"])
def test_by_name(activate, tmp_path, names):
    first, second = listening(), listening()
    config = support.fs_config(
        tmp_path / "store", public={"address": "127.0.0.1", "port": 9})
    slotd = activate(config, [first, second], names)
    places = dict(zip(names.split(":"), (first, second)))
    slotd.address = places["listen"].getsockname()
    assert slotd.ask("GET", "/readyz").status == 200
    public = places["public"].getsockname()
    assert support.request(public, "GET", "/readyz").status == 404
    assert support.request(public, "GET", "/healthz").status == 200


@pytest.mark.parametrize("names", [None, "slotd.socket:slotd.socket"])
def test_by_address(activate, tmp_path, names):
    """Without names of ours: each where the configuration has it."""
    first, second = listening(), listening()
    host, port = first.getsockname()
    config = support.fs_config(
        tmp_path / "store", public={"address": host, "port": port},
        listen={"port": second.getsockname()[1]})
    slotd = activate(config, [first, second], names)
    assert slotd.ask("GET", "/readyz").status == 200
    assert support.request((host, port), "GET", "/readyz").status == 404


def test_fewer(activate, tmp_path):
    """What is not handed over is opened, and that is said."""
    sock = listening()
    public = {"address": "127.0.0.1", "port": support.free_port()}
    slotd = activate(support.fs_config(tmp_path / "store", public=public),
                     [sock], "listen")
    slotd.wait_line("msg=ready")
    slotd.address = sock.getsockname()
    assert slotd.healthy()
    assert " level=warn msg=public reason=" in slotd.lines[0]
    assert "LISTEN_FDS has no socket for this listener" in slotd.lines[0]
    assert support.request(
        ("127.0.0.1", public["port"]), "GET", "/healthz").status == 200


def test_not_the_others(activate, tmp_path):
    """A socket where `public` is to be never becomes `listen`."""
    sock = listening()
    host, port = sock.getsockname()
    slotd = activate(support.fs_config(
        tmp_path / "store", public={"address": host, "port": port}), [sock])
    slotd.wait_line("msg=ready")
    assert slotd.ask("GET", "/readyz").status == 200
    assert support.request((host, port), "GET", "/readyz").status == 404
    assert support.request((host, port), "GET", "/healthz").status == 200


def test_unix_and_ipv6(activate, tmp_path):
    path = str(tmp_path / "slotd.sock")
    config = support.s3_config(listen=None)
    config["listen"] = {"unix": path}
    slotd = activate(config, [listening(path)])
    slotd.slot()
    slotd.stop()
    assert os.path.exists(path)  # it is not ours
    try:
        sock = listening(("::1", 0))
    except OSError:
        return
    slotd = activate(support.s3_config(), [sock])
    slotd.address = sock.getsockname()[:2]
    slotd.slot()


def refused(sockets, config, folder, names=None):
    path = support.write_config(folder, config)
    with passed(sockets) as fds:
        done = subprocess.run(
            wrapped([support.SLOTD, "serve", "-c", str(path)], fds, names),
            pass_fds=fds, capture_output=True, timeout=support.PATIENCE)
    assert done.returncode == 1, done
    (line,) = done.stderr.decode().splitlines()
    return line


def test_faults(tmp_path):
    config = support.s3_config()
    with listening() as one, listening() as two, \
            socket.socket() as idle, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        line = refused([one, two], config, tmp_path)
        assert "belongs to no listener of the configuration" in line
        line = refused([one], config, tmp_path, "public")
        assert "(public)" in line
        for wrong in (idle, datagrams):
            line = refused([wrong], config, tmp_path)
            assert "descriptor 3 is not a listening stream socket" in line


def test_not_for_us(start, monkeypatch):
    """Variables that were meant for another process."""
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", "1")
    slotd = start(support.s3_config())
    slotd.slot()


def test_restart_loses_nobody(activate):
    """Who comes while it is down waits in the queue."""
    sock = listening()
    slotd = activate(support.s3_config(), [sock])
    slotd.address = sock.getsockname()
    waiting = []
    for _ in range(3):
        slotd.slot()
        slotd.terminate()
        for _ in range(10):
            connection = support.Connection(slotd.address)
            connection.putrequest("GET", "/healthz")
            connection.endheaders()
            waiting.append(connection)
        slotd.wait()
        late = support.Connection(slotd.address)
        late.putrequest("GET", "/healthz")
        late.endheaders()
        waiting.append(late)
        slotd.start()
        for connection in waiting:
            assert connection.getresponse().status == 200
            connection.close()
        waiting.clear()


def test_systemd(tmp_path):
    """The real counterpart."""
    activator = shutil.which("systemd-socket-activate")
    assert activator, (
        "systemd is missing: tests/packages.sh check installs it")
    path = support.write_config(tmp_path, support.s3_config())
    port = support.free_port()
    process = subprocess.Popen(
        [activator, "--listen", f"127.0.0.1:{port}", "--fdname=listen",
         support.SLOTD, "serve", "-c", str(path)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        def answers():
            try:
                return support.request(
                    ("127.0.0.1", port), "GET", "/readyz").status == 200
            except ConnectionRefusedError:
                return False
        support.wait_for("the first answer", answers)
        process.send_signal(signal.SIGTERM)
        assert process.wait(support.PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
