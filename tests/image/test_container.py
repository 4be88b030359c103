"""Containers of the image, with a read-only root and no capability."""

import os
import re
import shlex
import signal
import subprocess

import pytest

import container
import podman
import support

DATA = b"what is shared\n" * 1000


def test_strict_from_inside(start):
    one = start(container.EXAMPLE)
    status = one.status()
    assert status["Uid"].split() == ["8363"] * 4
    assert status["Gid"].split() == ["8363"] * 4
    assert status["Groups"].split() == ["8363"]
    for name in "CapPrm", "CapEff", "CapBnd", "CapAmb":
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    for path in "/", "/tmp", "/etc/slotd", "/run":
        done = one.engine("exec", one.id, "touch", f"{path}/x")
        assert done.returncode != 0, path
        assert "Read-only file system" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_whole_journey(start, host):
    one = start(container.EXAMPLE)
    answer = one.slot((host, 8363), size=len(DATA))
    assert answer.status == 200, answer
    slot = answer.json
    assert one.fetch("PUT", slot["put"], DATA).status == 201
    got = one.fetch("GET", slot["get"])
    assert (got.status, got.body) == (200, DATA)
    # The other listener has no slots, and both say that they live.
    assert one.slot((host, 8364)).status == 404
    for port in 8363, 8364:
        assert one.request((host, port), "GET", "/healthz").status == 200
    assert one.request((host, 8363), "GET", "/readyz").status == 200


def test_the_store_survives_in_its_volume(start, image):
    name = f"slotd-test-{os.getpid()}"
    mount = f"--volume={name}:/var/lib/slotd"
    try:
        first = start(container.EXAMPLE, mount)
        slot = first.slot(("::1", 8363), size=len(DATA)).json
        assert first.fetch("PUT", slot["put"], DATA).status == 201
        assert first.stop() == 0
        second = start(container.EXAMPLE, mount)
        assert second.fetch("GET", slot["get"]).body == DATA
        second.remove()
    finally:
        image("volume", "rm", "--force", name)


def test_health(start):
    one = start(container.EXAMPLE)
    assert one.health() == 0
    assert one.state["Health"]["Status"] == "healthy"
    pid = one.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert one.health() != 0
    finally:
        os.kill(pid, signal.SIGCONT)
    assert one.health() == 0


def test_health_without_a_service(runs, tmp_path):
    etc = container.write_etc(tmp_path / "etc", container.EXAMPLE)
    done = runs("run", "--rm", *container.STRICT, *podman.limits(),
                f"--volume={etc}:/etc/slotd:ro", podman.IMAGE, "health", "-c",
                "/etc/slotd/slotd.conf")
    assert done.returncode == 1
    assert "[::]:8363: " in done.stderr


def test_health_where_ipv6_is_off(start):
    """As in the networks that Docker makes by default: `::` can be listened
    on, but there is no ::1."""
    one = start(container.EXAMPLE,
                "--sysctl=net.ipv6.conf.all.disable_ipv6=1")
    with pytest.raises(OSError):
        one.request(("::1", 8363), "GET", "/healthz")
    assert one.request(("127.0.0.1", 8363), "GET", "/healthz").status == 200
    assert one.health() == 0


def test_sigterm_ends_it(start):
    one = start(container.EXAMPLE)
    assert one.stop() == 0


def test_sigterm_while_an_upload_runs(start):
    """The upload ends well, and so does the container."""
    one = start(container.EXAMPLE)
    slot = one.slot(("::1", 8363), size=len(DATA)).json
    address, target = support.split_url(slot["put"])
    with container.network_of(one.pid):
        connection = support.Connection(address)
        connection.putrequest("PUT", target)
        connection.putheader("Content-Length", str(len(DATA)))
        connection.endheaders(DATA[:100])
        half = support.Connection(address)
        half.connect()
    stop = subprocess.Popen(
        list(map(str, [*one.engine.command, "stop", "--time=60", one.id])),
        stdout=subprocess.DEVNULL)
    support.wait_for("the signal", lambda: "msg=stopping" in one.log)
    connection.send(DATA[100:])
    assert connection.getresponse().status == 201
    half.close()
    assert stop.wait(support.PATIENCE) == 0
    assert one.state["ExitCode"] == 0


def test_without_a_configuration(runs):
    done = runs("run", "--rm", *container.STRICT, *podman.limits(),
                podman.IMAGE)
    assert done.returncode == 1
    assert "/etc/slotd/slotd.conf:1: cannot read this file: " in done.stderr


def test_other_commands(runs, tmp_path):
    def say(*command):
        return runs("run", "--rm", *container.STRICT, *podman.limits(),
                    f"--volume={etc}:/etc/slotd:ro", podman.IMAGE, *command)

    etc = container.write_etc(tmp_path / "etc", container.EXAMPLE)
    assert say("--version").stdout == f"slotd {podman.version()}\n"
    done = say("check", "-c", "/etc/slotd/slotd.conf")
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "/etc/slotd/slotd.conf: ok\n", "")


def test_the_readme(runs, tmp_path):
    """Its commands work, with podman as docker and networks that are here."""
    text = (podman.ROOT / "README.md").read_text()
    section = text.split("\n## In a container\n")[1].split("\n## ")[0]
    build, use = re.findall(r"^```sh\n(.*?)^```$", section, re.S | re.M)
    assert build == "docker build -t slotd .\n"
    programs = tmp_path / "bin"
    programs.mkdir()
    name = f"slotd-readme-{os.getpid()}"
    options = shlex.join(["--network=none", *podman.limits()])
    for program, line in {
        "docker": 'shift\nexec {} run {} "$@"'.format(
            shlex.join(map(str, runs.command)), options),
        "sudo": 'exec "$@"',
    }.items():
        (programs / program).write_text(f"#!/bin/sh\n{line}\n")
        (programs / program).chmod(0o755)
    assert use.count("docker ") == use.count("docker run ") == 2
    # There is no network to publish a port on.
    use = re.sub(r" -p 127\.0\.0\.1:\d+:\d+", "", use).replace(
        "--name slotd ", f"--name {name} ").replace("-v slotd:", f"-v {name}:")
    try:
        done = podman.run(
            "sh", "-euc", use, cwd=tmp_path, env={
                **os.environ, "DISABLE_HC_SYSTEMD": "true",
                "PATH": f"{programs}:{os.environ['PATH']}"})
        assert done.returncode == 0, done
        assert "/etc/slotd/slotd.conf: ok\n" in done.stdout
        support.wait_for("health", lambda: runs(
            "healthcheck", "run", name).returncode == 0)
    finally:
        runs("rm", "--force", "--time=0", name)
        runs("volume", "rm", "--force", name)
