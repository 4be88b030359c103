"""deploy/compose: a picture from one account to another, through Caddy."""

import re
import shutil
import subprocess

import pytest

import podman
import stack
import support

README = (stack.DEPLOY / "compose/README.md").read_text()
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100
NET_BIND_SERVICE = 1 << 10
CAPABILITIES = {"slotd": 0, "prosody": 0, "ejabberd": NET_BIND_SERVICE,
                "caddy": NET_BIND_SERVICE}
XMPP = ("prosody", "ejabberd")


@pytest.fixture(scope="module")
def network(engine):
    for program in "podman-compose", "go-sendxmpp", "nsenter":
        if not shutil.which(program):
            pytest.skip(f"there is no {program}")
    try:
        with stack.Network() as network:
            yield network
    except podman.CannotRun as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def images(runs):
    stack.build(runs)
    return runs


@pytest.fixture(scope="module", params=XMPP)
def running(request, images, network, tmp_path_factory):
    """Up, with an XMPP server, which is `.xmpp`."""
    one = stack.Stack(images, network, tmp_path_factory.mktemp("stack"),
                      request.param, "embedded")
    one.xmpp = request.param
    try:
        one.probe()
        one.up()
        yield one
    except podman.CannotRun as why:
        pytest.skip(str(why))
    finally:
        one.end()


def register(one, user):
    """By the command of the page."""
    command = re.search(rf"docker compose (exec {one.xmpp} \w+ register) "
                        "juliet localhost PASSWORD", README)[1].split()
    one.compose(*command[:1], "-T", *command[1:], user, "localhost",
                "not-a-secret")


def trusted(one):
    """Makes the file that the page makes, by its commands."""
    command = re.search(r"docker compose exec (caddy cat \S+) > caddy.crt",
                        README)[1].split()
    text = one.compose("exec", "-T", *command)
    (one.folder / "caddy.crt").write_text(text[text.index("-----BEGIN"):])
    command = re.search(r"^\(cat caddy.crt; .*$", README, re.M)[0]
    podman.run("sh", "-euc", command.replace("sudo ", ""), cwd=one.folder,
               check=True)


def client(one, user, *arguments):
    """A program of users, with TLS that it verifies."""
    return ["env", f"SSL_CERT_FILE={one.folder}/trusted.pem", "timeout", "60",
            "go-sendxmpp", "-u", f"{user}@localhost", "-p", "not-a-secret",
            "-j", "localhost:5222", *arguments]


def received(one, user):
    """The link in the first message that waits for a user."""
    with subprocess.Popen(
            [*one.network.enter, *client(one, user, "-l")], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            for line in process.stdout:
                if link := re.search(r"https:\S+", line):
                    return link[0]
        finally:
            process.terminate()
    raise AssertionError("no link came")


def test_as_restricted_as_can_be(running):
    for service in running.services:
        status = running.status(service)
        assert status["Uid"].split()[0] != "0", service
        for name in "CapPrm", "CapEff", "CapBnd", "CapAmb":
            assert int(status[name], 16) in (0, CAPABILITIES[service]), (
                service, name)
        assert status["NoNewPrivs"] == "1"
        host = running.inspect(service)["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["Memory"] >= 256 << 20, service
    assert running.status("slotd")["Uid"].split() == ["8363"] * 4


def test_secrets_are_for_root_and_the_containers_group(running):
    assert running.secrets() == {name: (0, 8363, 0o440) for name in (
        "slotd.key", "prosody.secret", "ejabberd.secret", "ejabberd.yml",
        "xmpp.pem")}
    assert (running.folder / ".env").read_text() == (
        "COMPOSE_PROFILES=prosody,embedded\n")
    # What is there is kept: links stay alive.
    key = (running.folder / "secrets/slotd.key").read_text()
    podman.run(running.folder / "setup.sh", check=True)
    assert (running.folder / "secrets/slotd.key").read_text() == key


def test_a_picture(running):
    for user in "juliet", "romeo":
        register(running, user)
    picture = running.folder / "cat.png"
    picture.write_bytes(PICTURE)
    trusted(running)
    support.patiently(running.run, *client(
        running, "juliet", "-h", picture, "romeo@localhost"))
    link = support.patiently(received, running, "romeo")
    assert re.fullmatch(
        r"https://localhost:8443/f/[\w/-]+/cat\.png", link), link
    copy = running.folder / "copy.png"
    running.run("curl", "-q", "-sS", "-f", "--noproxy", "*", "--cacert",
                running.folder / "trusted.pem", "-o", copy, link)
    assert copy.read_bytes() == PICTURE
    assert running.run(
        "curl", "-q", "-sS", "--noproxy", "*", "--cacert",
        running.folder / "trusted.pem", "-o", "/dev/null", "-w",
        "%{http_code}", "https://localhost:8443/metrics") == "404"


def test_down_leaves_nothing(running):
    running.down()
    assert running.out("ps", "--all", "--quiet") == ""
    assert running.out("volume", "ls", "--quiet") == ""
    assert "compose" not in running.out("network", "ls")
    assert running.run("ip", "-o", "link").count("\n") == 1     # lo
