"""slotd for real under what slotd.service allows."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest

import confine
import stub_store
import support

UNIT = support.ROOT / "deploy/systemd/slotd.service"
DATA = b"x" * 300000


def wrapped(folder, command, unit=UNIT):
    return ["unshare", "--mount", sys.executable, confine.__file__,
            str(unit), str(folder), *command]


class Confined(support.Slotd):
    def __init__(self, folder, config, unit):
        self.folder = folder
        self.unit = unit
        super().__init__(folder, config)

    def spawn(self, command, **options):
        os.chown(self.path, confine.NOBODY, confine.NOBODY)
        command = [str(self.folder / "slotd"), *command[1:]]
        return super().spawn(
            wrapped(self.folder, command, self.unit), **options)


@pytest.fixture(scope="module")
def possible():
    if os.geteuid():
        pytest.skip("only root can confine as systemd does")
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")
    done = subprocess.run(
        ["unshare", "--mount", "mount", "--bind", "/", "/mnt"],
        capture_output=True, text=True, timeout=support.PATIENCE)
    if done.returncode:
        pytest.skip("nothing can be mounted here: " + done.stderr.strip())


@pytest.fixture
def folder(possible):
    """One that slotd's user can reach, with the program in it."""
    with tempfile.TemporaryDirectory(prefix="slotd-") as name:
        path = pathlib.Path(name)
        path.chmod(0o755)
        shutil.copy(support.SLOTD, path / "slotd")
        for part in ("state", "run"):
            (path / part).mkdir(0o700)
            os.chown(path / part, confine.NOBODY, confine.NOBODY)
        yield path


@pytest.fixture
def start(folder):
    running = []

    def begin(config, unit=UNIT):
        slotd = Confined(folder, config, unit)
        running.append(slotd)
        slotd.wait_line("msg=ready")
        return slotd
    yield begin
    for slotd in running:
        if slotd.process.poll() is None:
            slotd.stop()


def journey(slotd):
    answer = slotd.slot(size=len(DATA))
    assert support.fetch("PUT", answer["put"], DATA).status == 201
    return answer


def test_embedded_store(start, folder):
    slotd = start(support.fs_config(folder / "state"))
    answer = journey(slotd)
    assert support.fetch("GET", answer["get"]).body == DATA
    part = support.fetch("GET", answer["get"], headers={"Range": "bytes=-9"})
    assert (part.status, part.body) == (206, DATA[-9:])
    seen = len(slotd.lines)
    slotd.process.send_signal(signal.SIGHUP)
    slotd.wait_line("msg=reloaded", seen)
    journey(slotd)


def test_relay(start, folder):
    """Out to a store, by a name that has to be looked up."""
    with stub_store.Store() as store:
        config = stub_store.config(store, folder / "state")
        url = config["storage"]["bucket_url"]
        config["storage"]["bucket_url"] = url.replace(
            "127.0.0.1", "localhost")
        os.chown(config["key_file"], confine.NOBODY, confine.NOBODY)
        slotd = start(config)
        journey(slotd)
        assert store.peers[0].body == DATA


def test_unix_socket(start, folder):
    config = support.s3_config(listen=None)
    config["listen"] = {
        "unix": str(folder / "run/slotd.sock"), "mode": "0666"}
    start(config).slot()


def test_check(start, folder):
    """What ExecReload does first."""
    slotd = start(support.fs_config(folder / "state"))
    command = [str(folder / "slotd"), "check", "-c", str(slotd.path)]
    done = subprocess.run(
        wrapped(folder, command), capture_output=True, text=True,
        timeout=support.PATIENCE)
    assert done.returncode == 0, done.stderr


ATTEMPTS = """
import ctypes, errno, mmap, os, socket
def refused(name, attempt):
    try:
        attempt()
    except OSError as error:
        print(name, errno.errorcode[error.errno])
def call(number, *arguments):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
refused("write", lambda: open("/etc/slotd-test", "w"))
refused("netlink", lambda: socket.socket(socket.AF_NETLINK))
refused("packet", lambda: socket.socket(socket.AF_PACKET))
refused("code", lambda: mmap.mmap(
    -1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
refused("chroot", lambda: os.chroot("/"))
refused("setuid", lambda: os.setuid(0))
refused("other", lambda: os.listdir("/proc/1"))
socket.socket(socket.AF_INET6).close()
open(FOLDER + "/state/mine", "w").close()
print("done")
"""


def test_it_confines(folder):
    """Or the tests above would show nothing."""
    attempts = folder / "attempts.py"
    attempts.write_text(f"FOLDER = '{folder}'\n" + ATTEMPTS)
    done = subprocess.run(
        wrapped(folder, [sys.executable, str(attempts)]),
        capture_output=True, text=True, timeout=support.PATIENCE)
    assert done.stdout.splitlines() == [
        "write EROFS", "netlink EAFNOSUPPORT", "packet EAFNOSUPPORT",
        "code EPERM", "chroot EPERM", "setuid EPERM", "other ENOENT",
        "done"], (done.stdout, done.stderr)


def test_openat2_is_needed(start, folder, tmp_path):
    """RestrictSUIDSGID= would take it away: not in our unit."""
    text = UNIT.read_text()
    unit = tmp_path / "slotd.service"
    unit.write_text(text.replace(
        "[Service]\n", "[Service]\nRestrictSUIDSGID=yes\n"))
    with pytest.raises(AssertionError, match="openat2 is missing"):
        start(support.fs_config(folder / "state"), unit)
