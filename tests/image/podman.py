"""Podman with a store of its own below build/, and the base it builds on.

No registry is asked: the base is what debootstrap makes, under the name that
the Dockerfile knows. It is kept for the next time, and so are the layers.
"""

import ctypes
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = pathlib.Path(
    os.environ.get("SLOTD_IMAGE", str(ROOT / "build/image"))).resolve()
BASE = "docker.io/library/debian:trixie-slim"
IMAGE = "localhost/slotd"
BUILDER = "localhost/slotd-build"
PATIENCE = 300
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x00020000
# As Debian's own slim image: what packages leave out, and no fsync.
SLIM = "force-unsafe-io\n" + "".join(
    f"path-exclude /usr/share/{name}/*\n" for name in (
        "doc", "groff", "info", "linda", "lintian", "locale", "man")
) + "path-include /usr/share/doc/*/copyright\n"


class CannotRun(Exception):
    """Why nothing can be tested here."""


def run(*command, timeout=PATIENCE, **options):
    return subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=timeout, **options)


def last_line(done):
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"status {done.returncode}"


def mirror():
    """The mirror of Debian that apt uses here."""
    done = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)",
               "Created-By: Packages")
    found = [line.split(" ", 1)[1] for line in done.stdout.splitlines()
             if line.startswith("Debian ") and "-security" not in line]
    return found[0] if found else None


def limits():
    """A runtime raises these to numbers that not every root may set."""
    options = []
    for name in "nofile", "nproc":
        hard = resource.getrlimit(
            getattr(resource, "RLIMIT_" + name.upper()))[1]
        if hard == resource.RLIM_INFINITY or hard > 4096:
            hard = 4096
        options.append(f"--ulimit={name}={hard}:{hard}")
    return options


class Podman:
    def __init__(self):
        if os.geteuid() != 0:
            raise CannotRun("only root can build and run it")
        for program in "podman", "runc", "debootstrap", "apt-get":
            if not shutil.which(program):
                raise CannotRun(f"there is no {program}")
        # What is mounted goes with this process, whatever happens to it.
        if run("unshare", "--mount", "true").returncode != 0 or (
                LIBC.unshare(CLONE_NEWNS) != 0):
            raise CannotRun("mounting is not allowed")
        run("mount", "--make-rprivate", "/", check=True)
        self.storage = FOLDER / "storage"
        # Mounts are counted here: it has to be gone after a reboot.
        self.state = pathlib.Path("/run/slotd-image-" + hashlib.sha256(
            str(FOLDER).encode()).hexdigest()[:12])
        self.storage.mkdir(parents=True, exist_ok=True)
        # A run that was killed has left something. A store that was moved
        # does not answer, and is made anew.
        if self.close().returncode != 0:
            shutil.rmtree(self.storage)

    @property
    def command(self):
        return ["podman", "--root", self.storage, "--runroot",
                self.state / "run", "--tmpdir", self.state / "tmp",
                "--runtime", "runc", "--cgroup-manager", "cgroupfs"]

    def __call__(self, *arguments, timeout=PATIENCE):
        # The health of a container is asked by the tests, not by a timer.
        return run(*self.command, *arguments, timeout=timeout,
                   env={**os.environ, "DISABLE_HC_SYSTEMD": "true"})

    def out(self, *arguments, timeout=PATIENCE):
        """What it prints when it succeeds, as it has to."""
        done = self(*arguments, timeout=timeout)
        assert done.returncode == 0, (arguments, done.stderr[-3000:])
        return done.stdout.strip()

    def inspect(self, name):
        return json.loads(self.out("inspect", name))[0]

    def close(self):
        done = self("rm", "--force", "--all", "--volumes", "--time=0")
        self("image", "umount", "--all")
        shutil.rmtree(self.state, ignore_errors=True)
        return done

    # --- the base ---------------------------------------------------------

    def make_base(self):
        if self("image", "exists", BASE).returncode == 0:
            return
        source = mirror()
        if not source:
            raise CannotRun("apt knows no Debian mirror")
        root = FOLDER / "base"
        shutil.rmtree(root, ignore_errors=True)
        done = run("debootstrap", "--variant=minbase", "trixie", root, source,
                   timeout=1200)
        if done.returncode != 0:
            raise CannotRun("debootstrap does not work here: "
                            + last_line(done))
        # With a sources.list that works: debootstrap's own.
        (root / "etc/apt/apt.conf.d/80retries").write_text(
            'Acquire::Retries "5";\n')
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
        for package in (root / "var/cache/apt/archives").glob("*.deb"):
            package.unlink()
        archive = FOLDER / "base.tar"
        done = run("tar", "--one-file-system", "-C", root, "-cf", archive, ".",
                   timeout=600)
        assert done.returncode == 0, done.stderr
        self.out("import", archive, BASE, timeout=600)
        archive.unlink()
        shutil.rmtree(root)

    def probe(self):
        """That containers run here at all, shown by one of the base."""
        done = self("run", "--rm", "--network=none", *limits(), BASE, "true")
        if done.returncode != 0:
            raise CannotRun("no container runs here: " + last_line(done))

    # --- the image --------------------------------------------------------

    def build(self):
        """Both stages; the first one gets a name, so that it is kept."""
        for options in (["--target=build", "--tag=" + BUILDER],
                        ["--tag=" + IMAGE]):
            self.out("build", "--pull=never", "--network=host",
                     "--isolation=chroot", "--format=docker", "--layers",
                     *options, ROOT, timeout=1200)
        self("image", "prune", "--force")

    def mounted(self, image):
        return pathlib.Path(self.out("image", "mount", image))


def version():
    text = (ROOT / "include/slotd/version.h").read_text()
    return re.search(r'#define SLOTD_VERSION "(.+)"', text)[1]
