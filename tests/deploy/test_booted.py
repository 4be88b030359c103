"""deploy/systemd under a real systemd, as deploy/systemd/README.md says."""

import contextlib
import pathlib
import re
import threading

import pytest

import booted
import stub_store
import support
from configs import render_config

UNITS = support.ROOT / "deploy/systemd"
CONFIG = "/etc/slotd/slotd.conf"
DATA = b"x" * 300000


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    booted.needs()
    folder = tmp_path_factory.mktemp("machine")
    socket = (UNITS / "slotd.socket").read_text()
    public = socket.replace(
        "FileDescriptorName=listen",
        "FileDescriptorName=public\nService=slotd.service")
    assert public != socket
    machine = booted.Machine(folder, {
        "/usr/bin/slotd": pathlib.Path(support.SLOTD),
        "/etc/systemd/system/slotd.service": UNITS / "slotd.service",
        "/etc/sysusers.d/slotd.conf": UNITS / "slotd.sysusers",
        "/etc/tmpfiles.d/slotd.conf": UNITS / "slotd.tmpfiles",
        "/etc/systemd/system/slotd.socket": UNITS / "slotd.socket",
        "/etc/systemd/system/slotd-public.socket": public,
        "/etc/systemd/system/slotd-doctor.service":
            support.ROOT / "deploy/prometheus/slotd-doctor.service",
        "/etc/systemd/system/slotd-sweep.service":
            UNITS / "slotd-sweep.service",
        "/etc/systemd/system/slotd-sweep.timer": UNITS / "slotd-sweep.timer",
        "/root/slotd-sweep.conf":
            support.ROOT / "deploy/prometheus/slotd-sweep.conf",
    })
    machine.boot()
    machine.run("systemd-sysusers")
    machine.run("systemd-tmpfiles", "--create", "/etc/tmpfiles.d/slotd.conf")
    yield machine
    machine.stop()


class Service:
    def __init__(self, machine):
        self.machine = machine

    def configure(self, config):
        self.address = (
            config["listen"]["address"], config["listen"]["port"])
        self.machine.write(CONFIG, render_config(config))

    def ctl(self, *command, **options):
        return self.machine.run("systemctl", *command, **options)

    ask = support.Slotd.ask
    post = support.Slotd.post
    slot = support.Slotd.slot


@pytest.fixture
def service(machine):
    service = Service(machine)
    yield service
    units = ["slotd.socket", "slotd-public.socket", "slotd.service"]
    service.ctl("stop", *units)
    service.ctl("reset-failed", *units, check=False)


def config(**over):
    return support.fs_config("/var/lib/slotd", **over)


def reload(machine):
    before = machine.journal().count("msg=reloaded")
    machine.run("systemctl", "reload", "slotd")
    support.wait_for("the reload", lambda: machine.journal().count(
        "msg=reloaded") > before)


def journey(service):
    answer = service.slot(size=len(DATA))
    assert support.fetch("PUT", answer["put"], DATA).status == 201
    assert support.fetch("GET", answer["get"]).body == DATA
    return answer


@contextlib.contextmanager
def dropped_in(service, lines):
    folder = "/etc/systemd/system/slotd.service.d"
    service.machine.run("mkdir", "-p", folder)
    service.machine.write(folder + "/test.conf", lines, "644")
    service.ctl("daemon-reload")
    try:
        yield
    finally:
        service.ctl("stop", "slotd")
        service.machine.run("rm", "-r", folder)
        service.ctl("daemon-reload")


def test_life(machine, service):
    """Start (it says when it is ready), reload, stop; the files stay."""
    service.configure(config())
    service.ctl("start", "slotd")
    answer = journey(service)
    pid = machine.show("MainPID")
    status = machine.run("cat", f"/proc/{pid}/status").stdout
    user = machine.run("id", "-u", "slotd").stdout.strip()
    assert re.search(rf"^Uid:\t{user}\t{user}\t", status, re.M)
    assert re.search(r"^CapBnd:\t0+$", status, re.M)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    reload(machine)
    assert machine.show("MainPID") == pid
    journey(service)
    service.ctl("stop", "slotd")
    assert machine.show("Result") == "success"
    assert machine.show("ExecMainStatus") == "0"
    service.ctl("start", "slotd")
    assert support.fetch("GET", answer["get"]).body == DATA


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_priorities(machine, service, form):
    """The journal knows how bad a line is, and takes the mark off."""
    def lines(priority, what):
        text = machine.journal("slotd", f"PRIORITY={priority}")
        assert not re.search(r"(?m)^<\d>", text)
        return [x for x in text.splitlines() if what in x]
    service.configure(config(log={"format": form}))
    service.ctl("start", "slotd")
    mark = f"told-{form}"
    asked = (("GET", "/metrics", 200, 6), ("POST", "/slot", 401, 4))
    for method, path, status, priority in asked:
        assert service.ask(method, path, headers={
            "X-Request-Id": f"{mark}-{priority}"}).status == status
    for priority in (6, 4):
        support.wait_for("the line", lambda priority=priority: lines(
            priority, f"{mark}-{priority}"))
        assert len(lines(priority, mark)) == 1
    before = len(lines(3, "nonsense"))
    machine.write(CONFIG, "nonsense = 1;\n")
    service.ctl("kill", "--signal=HUP", "slotd")
    support.wait_for(
        "the error", lambda: len(lines(3, "nonsense")) > before)
    before = len(lines(3, "nonsense"))
    service.ctl("stop", "slotd")
    assert service.ctl("start", "slotd", check=False).returncode
    support.wait_for(
        "the error", lambda: len(lines(3, "nonsense")) > before)


def test_bad_reload(machine, service):
    """It is refused with its reason, and the one that runs goes on."""
    good = config()
    service.configure(good)
    service.ctl("start", "slotd")
    pid = machine.show("MainPID")
    machine.write(CONFIG, render_config(good) + "nonsense = 1;\n")
    assert service.ctl("reload", "slotd", check=False).returncode != 0
    assert "nonsense" in machine.journal()
    assert machine.show("ActiveState") == "active"
    assert machine.show("MainPID") == pid
    journey(service)


def test_unix_socket(machine, service):
    """In the folder that the unit makes."""
    over = config()
    over["listen"] = {"unix": "/run/slotd/slotd.sock", "mode": "0666"}
    machine.write(CONFIG, render_config(over))
    service.ctl("start", "slotd")
    path = f"/proc/{machine.init}/root/run/slotd/slotd.sock"
    assert support.request(path, "GET", "/readyz").status == 200


def test_relay(machine, service, tmp_path):
    """Out to a store, by a name that has to be looked up, with secrets that
    systemd hands over (LoadCredential)."""
    place = "/run/credentials/slotd.service/"
    readme = (UNITS / "README.md").read_text()
    (lines,) = re.findall(r"```ini\n(\[Service\]\nLoad.*?)```", readme, re.S)
    lines = lines.replace("/etc/slotd/", "/root/") + \
        "LoadCredential=key:/root/slotd.key\n"
    with stub_store.Store() as store, dropped_in(service, lines):
        over = stub_store.config(store, tmp_path)
        with open(over["key_file"]) as key:
            machine.write("/root/slotd.key", key.read(), "600")
        machine.write("/root/prosody.secret", support.SECRET, "600")
        over["key_file"] = place + "key"
        over["callers"] = [
            {"id": "prosody", "secret_file": place + "prosody"}]
        over["storage"]["bucket_url"] = over["storage"][
            "bucket_url"].replace("127.0.0.1", "localhost")
        service.configure(over)
        service.ctl("start", "slotd")
        answer = service.slot(size=len(DATA))
        assert support.fetch("PUT", answer["put"], DATA).status == 201
        assert store.peers[0].body == DATA
        reload(machine)
        service.slot()


def test_low_port(machine, service):
    """By what the README has for that."""
    readme = (UNITS / "README.md").read_text()
    (lines,) = re.findall(r"```ini\n(\[Service\]\nAmbient.*?)```",
                          readme, re.S)
    over = config(listen={"port": support.free_port(700, 1000)})
    service.configure(over)
    assert service.ctl("start", "slotd", check=False).returncode
    # The message names all that the README has.
    for line in lines.split()[1:]:
        assert line in machine.journal(), line
    with dropped_in(service, lines):
        service.ctl("start", "slotd")
        assert service.ask("GET", "/readyz").status == 200


def test_another_folder(machine, service):
    """Only with the README's line for it."""
    path = "/srv/slotd"
    line = f"ReadWritePaths={path}"
    assert f"`{line}`" in (UNITS / "README.md").read_text()
    machine.run("install", "-d", "-o", "slotd", path)
    service.configure(support.fs_config(path))
    assert service.ctl("start", "slotd", check=False).returncode
    journal = machine.journal()
    assert "Read-only file system" in journal
    assert "ReadWritePaths=" in journal
    with dropped_in(service, f"[Service]\n{line}\n"):
        service.ctl("start", "slotd")
        journey(service)


def at(machine, unit, port):
    """Another port than the sample's."""
    path = f"/etc/systemd/system/{unit}"
    text = machine.run("cat", path).stdout
    changed = re.sub(r"(?m)^(ListenStream=.*:)\d+$", rf"\g<1>{port}", text)
    assert changed != text
    machine.write(path, changed, "644")


def test_sockets(machine, service):
    """Both listeners by socket units; the first request starts slotd, and a
    restart refuses nobody."""
    ports = support.free_port(), support.free_port()
    for unit, port in zip(("slotd.socket", "slotd-public.socket"), ports):
        at(machine, unit, port)
    service.ctl("daemon-reload")
    public = ("127.0.0.1", ports[1])
    over = config(public={"address": "127.0.0.1", "port": 9},
                  public_url=f"http://127.0.0.1:{ports[1]}")
    service.configure(over)
    service.address = ("127.0.0.1", ports[0])
    service.ctl("start", "slotd.socket", "slotd-public.socket")
    assert machine.show("ActiveState") == "inactive"
    assert support.request(public, "GET", "/healthz").status == 200
    assert support.request(public, "GET", "/readyz").status == 404
    journey(service)
    pid = machine.show("MainPID")
    ended = threading.Event()
    answers = []

    def ask():
        while not ended.is_set():
            try:
                answers.append(service.ask("GET", "/healthz").status)
            except OSError as fault:
                answers.append(fault)
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        service.ctl("restart", "slotd")
        journey(service)
    finally:
        ended.set()
        asking.join(support.PATIENCE)
    assert machine.show("MainPID") != pid
    assert set(answers) == {200}, answers


def test_it_does_not_start(machine, service):
    """With a faulty configuration systemctl says so."""
    machine.write(CONFIG, "nonsense = 1;\n")
    done = service.ctl("start", "slotd", check=False)
    assert done.returncode != 0
    assert "nonsense" in machine.journal()


def test_doctor(machine, service):
    """deploy/prometheus: it leaves one whole file that others may read, tries
    the embedded store's folder, and leaves what it cannot better."""
    folder = "/var/lib/prometheus/node-exporter"
    machine.run("rm", "-rf", folder)
    machine.run("mkdir", "-p", folder)
    service.configure(config())
    service.ctl("start", "slotd")

    def examine(**options):
        service.ctl("start", "slotd-doctor", **options)
        assert machine.run("find", folder, "-name", "slotd.prom", "-perm",
                           "644").stdout == f"{folder}/slotd.prom\n"
        return machine.run("cat", f"{folder}/slotd.prom").stdout

    def found(text):
        return dict(re.findall(
            r'check="(\w+)",status="(\w+)"} 1$', text, re.M))

    text = examine()
    assert re.search(r"^slotd_doctor_last_run_timestamp_seconds", text, re.M)
    assert found(text)["folder"] == "ok", text
    assert machine.run("ls", folder).stdout == "slotd.prom\n"
    service.ctl("stop", "slotd")
    text = examine()
    assert found(text)["public_url"] == "failure", text
    assert all(line.startswith(("#", "slotd_doctor_"))
               for line in text.splitlines())
    machine.write(CONFIG, "nonsense = 1;\n")
    assert examine(check=False) == text
    assert "nonsense" in machine.journal("slotd-doctor")
