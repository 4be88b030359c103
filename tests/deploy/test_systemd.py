"""deploy/systemd, as far as it can be tried where no systemd runs."""

import os
import re
import shutil
import subprocess

import pytest

import support

UNITS = support.ROOT / "deploy/systemd"
SERVICE = UNITS / "slotd.service"
SWEEP = UNITS / "slotd-sweep.service"
TIMER = UNITS / "slotd-sweep.timer"


def tool(name):
    found = shutil.which(name)
    assert found, f"{name} is missing: tests/packages.sh check installs it"
    return found


def run(*command):
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True,
        timeout=support.PATIENCE)


def directives(path):
    """Every Name=value of a unit, in order."""
    return re.findall(r"^(\w+)=(.*)$", path.read_text(), re.M)


@pytest.mark.parametrize("service", [SERVICE, SWEEP],
                         ids=lambda path: path.stem)
def test_hardened(service):
    done = run(tool("systemd-analyze"), "security", "--offline=true",
               "--threshold=15", service)
    assert done.returncode == 0, done.stdout[-2000:]
    level = re.search(rf"exposure level for {service.name}: ([\d.]+)",
                      done.stdout)
    assert float(level[1]) <= 1.5


def test_valid(tmp_path):
    """With the program where it is here."""
    units = [tmp_path / name for name in (
        "slotd.service", "slotd.socket", SWEEP.name, TIMER.name)]
    for unit in units:
        unit.write_text((UNITS / unit.name).read_text().replace(
            "/usr/bin/slotd", support.SLOTD))
    for unit in units:
        done = run(tool("systemd-analyze"), "verify", "--man=no", unit)
        about = [line for line in done.stderr.splitlines()
                 if "slotd" in line]
        assert not about, done.stderr
        assert done.returncode == 0, done.stderr


def test_reload_checks_first():
    """And a fault leaves the running one alone."""
    commands = [value for name, value in directives(SERVICE)
                if name == "ExecReload"]
    check, hangup = commands
    assert check.startswith("/usr/bin/slotd check -c ")
    assert hangup == "/bin/kill -HUP $MAINPID"
    (start,) = [v for n, v in directives(SERVICE) if n == "ExecStart"]
    assert check.split()[-1] == start.split()[-1]


def test_time_to_stop():
    """Longer than an end may take by default."""
    (limit,) = [v for n, v in directives(SERVICE) if n == "TimeoutStopSec"]
    assert int(limit) > 25 + 10


def test_users(tmp_path):
    sysusers = tool("systemd-sysusers")
    (tmp_path / "etc").mkdir()
    done = run(sysusers, f"--root={tmp_path}", UNITS / "slotd.sysusers")
    assert done.returncode == 0, done.stderr
    users = {}
    for line in (tmp_path / "etc/passwd").read_text().splitlines():
        name, _, uid, gid, _, home, shell = line.split(":")
        assert 0 < int(uid) < 1000
        users[name] = gid, home, shell
    groups = {name: (gid, members) for name, _, gid, members in (
        line.split(":") for line in
        (tmp_path / "etc/group").read_text().splitlines())}
    assert users == {
        "slotd": (groups["slotd"][0], "/var/lib/slotd", "/usr/sbin/nologin"),
        "slotd-sweep": (groups["slotd-sweep"][0], "/", "/usr/sbin/nologin")}
    # What only the janitor may read is not for the service.
    assert groups["slotd-sweep"][1] == ""
    assert groups["slotd"][1] == "slotd-sweep"
    assert groups["slotd"][0] != groups["slotd-sweep"][0]
    for path, name in ((SERVICE, "slotd"), (SWEEP, "slotd-sweep")):
        assert dict(directives(path))["User"] == name
        assert dict(directives(path))["Group"] == name


def test_the_sweep_has_the_sandbox_of_the_service():
    """All of it, but for what only a server needs."""
    def sandbox(path):
        after = path.read_text().partition("ProtectSystem=")[2]
        return set(re.findall(r"^(\w+)=(.*)$", "ProtectSystem=" + after, re.M))

    lax = {("SystemCallFilter", "prlimit64 setrlimit mincore"),
           ("WantedBy", "multi-user.target")}
    strict = {("RestrictSUIDSGID", "yes")}
    assert sandbox(SWEEP) - sandbox(SERVICE) == strict
    assert sandbox(SERVICE) - sandbox(SWEEP) == lax


def test_the_timer_starts_the_sweep():
    timer = dict(directives(TIMER))
    assert TIMER.stem == SWEEP.stem and "Unit" not in timer
    # Once a machine is up again, what it missed is not forgotten.
    assert (timer["OnCalendar"], timer["Persistent"]) == ("hourly", "true")
    sweep = dict(directives(SWEEP))
    assert sweep["Type"] == "oneshot" and "WantedBy" not in sweep
    assert sweep["ExecStart"].startswith("/usr/bin/slotd sweep -c ")


def test_folders(tmp_path):
    tmpfiles = tool("systemd-tmpfiles")
    if os.geteuid():
        pytest.skip("only root can give folders away")
    (tmp_path / "etc").mkdir()
    run(tool("systemd-sysusers"), f"--root={tmp_path}",
        UNITS / "slotd.sysusers")
    done = run(tmpfiles, f"--root={tmp_path}", "--create",
               UNITS / "slotd.tmpfiles")
    assert done.returncode == 0, done.stderr
    found = (tmp_path / "etc/slotd").stat()
    assert found.st_mode & 0o777 == 0o750
    assert found.st_uid == 0
    assert found.st_gid > 0


# --- what the system call filter lets through ------------------------------


def group(name, seen=()):
    """The names in a group of system calls, as systemd knows it."""
    done = run(tool("systemd-analyze"), "syscall-filter", name)
    assert done.returncode == 0, done.stderr
    calls = set()
    for line in done.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@") and word not in seen:
            calls |= group(word, (*seen, word))
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed():
    calls = set()
    for name, value in directives(SERVICE):
        if name != "SystemCallFilter":
            continue
        away = value.startswith("~")
        for word in value.lstrip("~").split():
            names = group(word) if word.startswith("@") else {word}
            calls = calls - names if away else calls | names
    return calls


def test_system_calls(tmp_path):
    """All that slotd asks the kernel for on its way through a journey, a
    reload and its end."""
    strace = tool("strace")
    calls = allowed()
    # The groups are understood: what must be there is, what must not is not.
    assert {"openat2", "linkat", "accept4", "epoll_wait"} <= calls
    assert not {"mount", "chroot", "reboot", "ptrace", "init_module",
                "setuid", "bpf"} & calls
    log = tmp_path / "calls"
    port = support.free_port()
    config = support.fs_config(
        tmp_path / "store", listen={"port": port}, log={"format": "json"})
    config["public_url"] = f"http://127.0.0.1:{port}"
    path = support.write_config(tmp_path, config)
    process = subprocess.Popen(
        [strace, "-f", "-qq", "-o", log, "-e", "signal=none",
         support.SLOTD, "serve", "-c", path],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    try:
        assert "ready" in process.stderr.readline()
        body = support.slot_body(size=100000)
        reply = support.request(("127.0.0.1", port), "POST", "/slot", body, {
            "Authorization": support.authorization(body=body),
            "Content-Type": "application/json"})
        assert reply.status == 200, reply
        data = b"x" * 100000
        assert support.fetch("PUT", reply.json["put"], data).status == 201
        assert support.fetch("GET", reply.json["get"]).body == data
        pid = int(log.read_text().split()[0])
        os.kill(pid, 1)
        for line in process.stderr:
            if "reloaded" in line:
                break
        os.kill(pid, 15)
        assert process.wait(support.PATIENCE) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()
    asked = set(re.findall(r"^\d+ +(\w+)\(", log.read_text(), re.M))
    # What systemd itself does before the filter holds; and what only root
    # does, and does without when it may not.
    asked -= {"execve", "fchown"}
    assert {"openat2", "linkat", "accept4"} <= asked
    # This takes openat2 away, whatever the filter says (systemd.exec(5)).
    assert "RestrictSUIDSGID" not in dict(directives(SERVICE))
    assert asked <= calls, asked - calls
