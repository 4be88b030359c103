"""deploy/compose, brought up by podman-compose in a network of its own, where
its ports are free. Debian's podman-compose knows no profiles: it is given the
services of those that are chosen."""

import json
import os
import re
import shutil
import stat
import subprocess

import yaml

import podman
import support

DEPLOY = support.ROOT / "deploy"
BASES = support.ROOT / "tests/image/compose"
# Debian's packages under these names; see the Dockerfile.
IMAGES = {
    "prosody": "docker.io/prosodyim/prosody:13.0",
    "ejabberd": "ghcr.io/processone/ejabberd:latest",
    "caddy": "docker.io/library/caddy:2",
}
COMPOSE = ("/usr/bin/python3", "/usr/bin/podman-compose")
PROJECT = "compose"     # the name of the folder


def services(profiles):
    """(the file's top level, name: service) of what these profiles start."""
    top = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
    return top, {
        name: service for name, service in top["services"].items()
        if not service.get("profiles") or set(service["profiles"]) & profiles}


def build(engine):
    """The images that a registry would give, but for slotd's."""
    for target, name in IMAGES.items():
        engine.out("build", "--pull=never", "--network=host",
                   "--isolation=chroot", "--format=docker", "--layers",
                   "--target=" + target, "--tag=" + name, BASES, timeout=1200)


class Network:
    """A network namespace, alive as long as a process in it. What podman notes
    of networks goes into the mount namespace that the engine made."""

    def __enter__(self):
        os.makedirs("/run/containers", exist_ok=True)
        podman.run("mount", "-t", "tmpfs", "tmpfs", "/run/containers",
                   check=True)
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c",
             "ip link set lo up && echo up && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "up\n":
            self.__exit__()
            raise podman.CannotRun("no network can be made here")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        podman.run("umount", "/run/containers")

    @property
    def enter(self):
        return ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]


class Stack:
    def __init__(self, engine, network, folder, *profiles):
        self.network = network
        self.folder = folder / PROJECT
        shutil.copytree(DEPLOY / "compose", self.folder,
                        ignore=shutil.ignore_patterns("secrets"))
        shutil.copytree(DEPLOY / "prosody", folder / "prosody")
        self._write_podman(engine, folder)
        self._choose(set(profiles))
        self.compose_command = [
            *COMPOSE, "--podman-path", folder / "podman",
            "-f", self.folder / "chosen.yaml"]

    def _write_podman(self, engine, folder):
        """The engine's podman, in the network, with its files here."""
        (folder / "containers.conf").write_text(
            '[network]\nnetwork_backend = "netavark"\n'
            f'network_config_dir = "{folder}/networks"\n')
        (folder / "networks").mkdir()
        self.podman = folder / "podman"
        command = " ".join(map(str, [*self.network.enter, *engine.command]))
        self.podman.write_text(
            "#!/bin/sh\nexport DISABLE_HC_SYSTEMD=true\n"
            f"export CONTAINERS_CONF='{folder}/containers.conf'\n"
            f'exec {command} "$@"\n')
        self.podman.chmod(0o755)

    def _choose(self, profiles):
        top, chosen = services(profiles)
        limits = {name: int(number) for name, number in re.findall(
            r"--ulimit=(\w+)=(\d+)", " ".join(podman.limits()))}
        for service in chosen.values():
            service["ulimits"] = limits
            # `ejabberdctl status` starts Erlang, beside the other tests.
            if "timeout" in service.get("healthcheck", {}):
                service["healthcheck"]["timeout"] = "60s"
        top = {name: value for name, value in top.items()
               if not name.startswith("x-")} | {"services": chosen}
        (self.folder / "chosen.yaml").write_text(yaml.safe_dump(top))
        self.services = set(chosen)

    def run(self, *command, **options):
        """In the network, where the ports are."""
        done = podman.run(*self.network.enter, *command, **options)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def out(self, *arguments):
        done = podman.run(self.podman, *arguments)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def compose(self, *arguments):
        done = podman.run(*self.compose_command, *arguments, cwd=self.folder)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def probe(self):
        """That containers get a network and limits here."""
        done = podman.run(self.podman, "run", "--rm", "--memory=64m",
                          *podman.limits(), podman.BASE, "true")
        if done.returncode != 0:
            raise podman.CannotRun("no container gets a network and a limit "
                                   "of memory here: " + podman.last_line(done))

    def up(self):
        podman.run(self.folder / "setup.sh", check=True)
        self.compose("up", "-d", "--no-build")
        for name in self.services:
            support.wait_for(f"{name} to be healthy", lambda: self.healthy(
                name), podman.PATIENCE)

    def down(self):
        self.compose("down", "-v")
        # This podman-compose leaves it; new ones do not.
        self.out("network", "rm", PROJECT + "_default")

    def end(self):
        """Whatever has happened."""
        podman.run(self.podman, "rm", "--force", "--all", "--volumes",
                   "--time=0")
        podman.run(self.podman, "volume", "prune", "--force")

    # --- what runs --------------------------------------------------------

    def container(self, service):
        return {"slotd": "slotd"}.get(service, f"{PROJECT}_{service}_1")

    def inspect(self, service):
        return json.loads(self.out("inspect", self.container(service)))[0]

    def log(self, service):
        done = podman.run(self.podman, "logs", self.container(service))
        return done.stdout + done.stderr

    def healthy(self, service):
        """By the healthcheck of compose.yaml."""
        assert self.inspect(service)["State"]["Running"], self.log(service)
        return podman.run(self.podman, "healthcheck", "run",
                          self.container(service)).returncode == 0

    def status(self, service):
        pid = self.inspect(service)["State"]["Pid"]
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            return dict(re.split(r":\s*", line.rstrip(), maxsplit=1)
                        for line in lines)

    def secrets(self):
        """name: (owner, group, mode) of what setup.sh has made."""
        found = {}
        for path in (self.folder / "secrets").iterdir():
            info = os.stat(path)
            found[path.name] = (
                info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode))
        return found
