"""`make demo-xmpp`, as a user who is not root has it."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from demo import alive, Demo
import support

NOBODY = 65534
# What a person copies: the last words of the demo.
LOGIN = re.compile(
    r"juliet@localhost, password\s+(\w+), or romeo@localhost, password\s+"
    r"(\w+); host localhost, port (\d+)\.\n")


def as_user():
    """The command that runs another as somebody, where we are root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
            "--clear-groups"]


@pytest.fixture(scope="module")
def place():
    """A folder with what the demo needs of the tree: the tree itself may be
    for root alone."""
    with tempfile.TemporaryDirectory(prefix="slotd-demo-") as name:
        place = pathlib.Path(name)
        (place / "tests").mkdir()
        for script in "demo.sh", "demo_xmpp.sh":
            shutil.copy(support.ROOT / "tests" / script, place / "tests")
        shutil.copytree(support.ROOT / "deploy/prosody",
                        place / "deploy/prosody")
        shutil.copy(support.SLOTD, place / "slotd")
        (place / "own").mkdir()
        if os.geteuid() == 0:
            os.chown(place / "own", NOBODY, NOBODY)
            subprocess.run(["chmod", "-R", "a+rX", place], check=True)
        yield place


@pytest.fixture(scope="module")
def demo(place):
    """Run while somebody has the port that clients expect."""
    demo = Demo(place / "own/the demo", place / "tests/demo.sh", as_user())
    demo.env |= {"SLOTD": str(place / "slotd"), "HOME": str(place / "own")}
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 5222))
            taken.listen()
            demo.was_taken = True
        except OSError:
            demo.was_taken = False      # or by somebody who may end meanwhile
        done = demo.run("xmpp")
    try:
        assert done.returncode == 0, (done.stdout, done.stderr)
        demo.output = done.stdout
        yield demo
    finally:
        demo.run("stop")


def prosody_of(demo):
    return int((demo.folder / "prosody.pid").read_text())


def test_a_picture_goes_from_juliet_to_romeo(demo):
    picture = (demo.folder / "picture.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert (demo.folder / "picture.copy.png").read_bytes() == picture
    assert "the same, byte for byte" in demo.output
    assert re.search(r"juliet@localhost: https://localhost:\d+/f/\S+"
                     r"/picture\.png\n", demo.output)


def test_a_taken_port_is_told(demo):
    port = int(LOGIN.search(demo.output)[3])
    assert port > 5222 or not demo.was_taken
    told = f"Port 5222 is in use; this demo takes {port}.\n" in demo.output
    assert told == (port > 5222)


def test_a_client_of_ones_own(demo):
    """Logs in as the last lines say, trusts the file that they name, and
    sends another picture."""
    juliet, _, port = LOGIN.search(demo.output).groups()
    certificate = re.search(r"sudo cp (\S.*\.pem) /usr", demo.output)[1]

    def send():
        done = subprocess.run(
            ["go-sendxmpp", "-u", "juliet@localhost", "-p", juliet,
             "-j", f"localhost:{port}", "-h", demo.folder / "picture.png",
             "romeo@localhost"], env=demo.env | {"SSL_CERT_FILE": certificate},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=3 * support.PATIENCE)
        assert done.returncode == 0, done
    support.patiently(send)


def test_it_runs_on_as_who_started_it_and_on_loopback_alone(demo):
    for pid in demo.pid, prosody_of(demo):
        assert alive(pid)
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        uid = NOBODY if os.geteuid() == 0 else os.geteuid()
        assert re.search(rf"^Uid:\t{uid}\t", status, re.M)
    config = (demo.folder / "prosody.cfg.lua").read_text()
    assert 'interfaces = { "127.0.0.1" }' in config
    activated = re.findall(r"'(\S+)' on (?!no ports)(\S+)",
                           (demo.folder / "prosody.log").read_text())
    port = LOGIN.search(demo.output)[3]
    assert activated == [("c2s", f"[127.0.0.1]:{port}")]


def test_demo_stop_ends_both(demo):
    pids = demo.pid, prosody_of(demo)
    done = demo.run("stop")
    assert done.stdout == ("The demo's Prosody has ended.\n"
                           "The demo's slotd has ended.\n")
    assert not any(map(alive, pids))


def test_without_prosody_it_fails_with_a_sentence(place):
    demo = Demo(place / "own/nothing", place / "tests/demo.sh")
    (place / "bin").mkdir()
    for name in "bash", "dirname", "realpath":
        (place / "bin" / name).symlink_to(shutil.which(name))
    demo.env |= {"SLOTD": str(place / "slotd"), "PATH": str(place / "bin")}
    done = demo.run("xmpp")
    assert done.returncode == 1
    assert ("The demo failed: there is no prosody: tests/packages.sh "
            "demo-xmpp installs it") in done.stderr
