"""The fence around a running slotd: what whoever takes it over cannot do, what
a reload cannot bring, and how to do without."""

import ctypes
import os
import pathlib
import re
import signal
import subprocess

import pytest

import reloading
import support

pytestmark = pytest.mark.skipif(
    support.SANITIZED, reason="sanitizers need what a fence forbids")

LEFT_OUT = "the running slotd's sandbox leaves it out: restart slotd"
LIBC = ctypes.CDLL(None, use_errno=True)
CREATE_RULESET = 444


def landlock():
    """Which Landlock this kernel has; 0: none."""
    return max(LIBC.syscall(CREATE_RULESET, None, 0, 1), 0)


needs_landlock = pytest.mark.skipif(
    landlock() < 2, reason="this kernel has no Landlock that could do it")


def states(pid):
    """(NoNewPrivs, Seccomp) of each thread."""
    found = set()
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        text = status.read_text()
        found.add(tuple(re.search(rf"^{name}:\t(\d)$", text, re.M)[1]
                        for name in ("NoNewPrivs", "Seccomp")))
    return found


@pytest.fixture
def outside(tmp_path_factory):
    """A file that no configuration names; nor is a library beside it."""
    path = tmp_path_factory.mktemp("elsewhere") / "outside"
    path.write_text("not for slotd\n")
    return path


@pytest.fixture
def intruded(start, preload, monkeypatch, tmp_path_factory, outside):
    """Starts slotd with somebody in it who tries something."""
    def begin(what, **config):
        preload("intruder.c")
        monkeypatch.setenv("INTRUDER", what)
        monkeypatch.setenv("INTRUDER_PATH", str(outside))
        store = tmp_path_factory.mktemp("store")
        return start(support.fs_config(store, **config))
    return begin


def outcomes(slotd, task=None):
    """{attempt: what came of it} in a thread of slotd."""
    seen = len(slotd.lines)
    pid = slotd.process.pid
    assert LIBC.syscall(234 if os.uname().machine == "x86_64" else 131,
                        pid, task or pid, signal.SIGUSR2) == 0
    slotd.wait_line("^tried$", seen)
    return dict(line.split(": ") for line in slotd.lines[seen:]
                if ": " in line and "=" not in line)


def test_every_thread_is_fenced(start, tmp_path):
    slotd = start(support.fs_config(tmp_path / "store"))
    assert states(slotd.process.pid) == {("1", "2")}
    answer = slotd.slot(size=3)
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    # The threads of a reload as well, and the process that parses for it.
    reloading.reload(slotd, dict(slotd.config, limits={"idle_timeout": 59}))
    slotd.slot()
    assert states(slotd.process.pid) == {("1", "2")}
    assert states(reloading.reader(slotd)) == {("1", "2")}


@pytest.mark.parametrize("what", (
    "execve", "ptrace", "process_vm_readv", "bpf", "io_uring_setup",
    "userfaultfd", "keyctl", "mount"))
def test_what_only_an_intruder_does_ends_it(intruded, what):
    slotd = intruded(what)
    slotd.process.send_signal(signal.SIGUSR2)
    assert slotd.process.wait(support.PATIENCE) == -signal.SIGSYS
    slotd.wait((-signal.SIGSYS,))


CALLS = {
    "map code": "Operation not permitted",
    "make code": "Operation not permitted",
    "packets": "Address family not supported by protocol",
    "netlink": "Address family not supported by protocol",
    "fork": "Operation not permitted",
    "listen": "Operation not permitted",
    "kill": "Operation not permitted",
}
FILES = dict.fromkeys(
    ("read outside", "write outside", "make outside", "remove outside",
     "write memory"), "Permission denied")


@needs_landlock
def test_what_fails_in_every_thread(intruded, outside):
    slotd = intruded("all")
    tasks = sorted(map(int, os.listdir(f"/proc/{slotd.process.pid}/task")))
    assert len(tasks) > 5
    for task in tasks:
        assert outcomes(slotd, task) == {**CALLS, **FILES}, task
    assert outside.read_text() == "not for slotd\n"
    assert slotd.slot()


def test_without_it_all_of_that_can_be_done(intruded, outside):
    """So the intruder of these tests is a real one."""
    slotd = intruded("all", sandbox=False)
    # Of a container it has what all processes there have.
    assert states(slotd.process.pid) == states(os.getpid())
    found = outcomes(slotd)
    assert set(found) == {*CALLS, *FILES}
    done = {name for name, outcome in found.items() if outcome == "done"}
    # An address family may be missing; packets are for root, and the memory
    # of a process that lets nobody look into it.
    assert done >= {*CALLS, *FILES} - {"packets", "netlink", "write memory"}
    assert not outside.exists()


def test_check_warns(tmp_path):
    def check(**over):
        path = support.write_config(tmp_path, support.s3_config(**over))
        return subprocess.run([support.SLOTD, "check", "-c", path], text=True,
                              capture_output=True, timeout=support.PATIENCE)

    done = check(sandbox=False)
    assert done.returncode == 0
    assert re.fullmatch(r"\S+:\d+: sandbox: warning: [^\n]+\n", done.stderr)
    assert check(sandbox=True).stderr == ""


# --- reload ---------------------------------------------------------------


def secret_file(folder, name="prosody.secret"):
    path = folder / name
    path.write_text("another-secret-only-for-tests\n")
    path.chmod(0o600)
    return path


def told(lines, path):
    """It says so in one sentence, and names the setting."""
    found = [line for line in lines if str(path) in line]
    assert len(found) == 1 and LEFT_OUT in found[0], lines
    return found[0]


@needs_landlock
def test_a_file_outside_the_fence(start, tmp_path):
    slotd = start(support.s3_config())
    path = secret_file(tmp_path)
    lines = reloading.failed(slotd, dict(slotd.config, callers=[
        {"id": "prosody", "secret_file": str(path)}]))
    assert "callers[0].secret_file" in told(lines, path)
    slotd.slot()
    # As it says: with a restart it is inside.
    slotd.stop()
    slotd.start()
    reply = slotd.post(support.slot_body(),
                       secret="another-secret-only-for-tests")
    assert reply.status == 200


@needs_landlock
def test_an_include_outside_the_fence(start, tmp_path):
    slotd = start(support.s3_config())
    path = tmp_path / "more.conf"
    path.write_text('log = { jids = true; };\n')
    text = slotd.path.read_text()
    slotd.path.write_text(f'{text}\n@include "{path}"\n')
    told(reloading.failed(slotd), path)
    slotd.path.write_text(text)
    reloading.reload(slotd)


@needs_landlock
def test_a_store_outside_the_fence(start, tmp_path):
    slotd = start(support.s3_config())
    fs = support.fs_config(tmp_path / "store")
    told(reloading.failed(slotd, dict(
        slotd.config, storage=fs["storage"],
        public_url=fs["public_url"])), tmp_path / "store")
    slotd.slot()
    assert not (tmp_path / "store").exists()


def test_it_changes_at_a_restart_only(start):
    slotd = start(support.s3_config())
    lines = reloading.reload(slotd, dict(slotd.config, sandbox=False))
    assert any("setting=sandbox " in line and "restart slotd" in line
               for line in lines), lines
    assert states(slotd.process.pid) == {("1", "2")}


def test_a_file_that_takes_the_place_of_another(start, tmp_path):
    """By rename, and by the links of a Kubernetes secret."""
    data = tmp_path / "..data"
    for name in ("..1", "..2"):
        (tmp_path / name).mkdir()
    first = secret_file(tmp_path / "..1")
    data.symlink_to("..1")
    path = tmp_path / "prosody.secret"
    path.symlink_to("..data/prosody.secret")
    slotd = start(support.s3_config(callers=[
        {"id": "prosody", "secret_file": str(path)}]))
    second = secret_file(tmp_path / "..2", "new")
    second.write_text("one-more-secret-only-for-tests\n")
    second.rename(tmp_path / "..2" / "prosody.secret")
    (tmp_path / "new").symlink_to("..2")
    (tmp_path / "new").rename(data)
    reloading.reload(slotd)
    body = support.slot_body()
    assert slotd.post(
        body, secret="one-more-secret-only-for-tests").status == 200
    assert slotd.post(body, secret=first.read_text().strip()).status == 401
