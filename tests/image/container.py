"""A running container, and requests made where it lives."""

import contextlib
import ctypes
import functools
import os
import re

import podman
import support

USER = 8363
CLONE_NEWNET = 0x40000000
# As strict as Kubernetes' "restricted", with a root that cannot be written.
STRICT = ["--network=none", "--read-only", "--read-only-tmpfs=false",
          "--cap-drop=ALL", "--security-opt=no-new-privileges"]

EXAMPLE = {
    "listen": {"address": "::", "port": 8363},
    "public": {"address": "::", "port": 8364},
    "public_url": "http://127.0.0.1:8364",
    "callers": [{"id": "prosody",
                 "secret_file": "/etc/slotd/prosody.secret"}],
    "storage": {"type": "fs", "path": "/var/lib/slotd", "min_free": "1 MiB"},
}


def enter(fd):
    if podman.LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def network_of(pid):
    """This thread's sockets are made in the network of that process."""
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    theirs = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        enter(theirs)
        yield
    finally:
        enter(own)
        os.close(theirs)
        os.close(own)


def write_etc(folder, config):
    """What is mounted as /etc/slotd, for the image's user alone."""
    folder.mkdir(parents=True)
    support.write_config(folder, config)
    (folder / "prosody.secret").write_text(support.SECRET + "\n")
    for path in (folder, *folder.iterdir()):
        os.chown(path, USER, USER)
        path.chmod(0o500 if path == folder else 0o400)
    return folder


class Container:
    def __init__(self, engine, folder, config, *options, ready=True):
        self.engine = engine
        self.etc = write_etc(folder, config)
        self.id = engine.out(
            "run", "--detach", *STRICT, *podman.limits(),
            f"--volume={self.etc}:/etc/slotd:ro", *options, podman.IMAGE)
        if ready:
            support.wait_for("the ready line", lambda: "msg=ready" in self.log)

    @property
    def log(self):
        done = self.engine("logs", self.id)
        assert done.returncode == 0, done
        return done.stdout + done.stderr

    @property
    def state(self):
        return self.engine.inspect(self.id)["State"]

    @functools.cached_property
    def pid(self):
        """The program's, as it is seen from outside. Requests need no podman
        then, which is slow."""
        pid = self.state["Pid"]
        assert pid > 0, self.log
        return pid

    def status(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            return dict(re.split(r":\s*", line.rstrip(), maxsplit=1)
                        for line in lines)

    def request(self, *arguments):
        with network_of(self.pid):
            return support.request(*arguments)

    def fetch(self, *arguments):
        with network_of(self.pid):
            return support.fetch(*arguments)

    def slot(self, address, **members):
        body = support.slot_body(**members)
        return self.request(address, "POST", "/slot", body, [
            ("Authorization", support.authorization(body=body)),
            ("Content-Type", "application/json")])

    def health(self):
        """The status of the image's HEALTHCHECK."""
        return self.engine("healthcheck", "run", self.id).returncode

    def stop(self):
        """By the image's own signal; gives the exit status."""
        self.engine.out("stop", "--time=30", self.id)
        return self.state["ExitCode"]

    def remove(self):
        self.engine("rm", "--force", "--time=0", "--volumes", self.id)
