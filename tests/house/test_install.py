"""make install, make help, and what make says where libraries are missing."""

import os
import pathlib
import re
import subprocess
import tarfile

import house


# A make of its own, and not a part of the one that runs these tests.
ALONE = {name: value for name, value in os.environ.items()
         if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}


def run(*command, **options):
    return subprocess.run(
        command, cwd=house.ROOT, text=True, capture_output=True, env=ALONE,
        **options)


def test_install(tmp_path):
    build = house.SLOTD.rpartition("/")[0]
    # Only what is built already is installed: no compiler runs here.
    done = run("make", f"BUILD={build}", f"DESTDIR={tmp_path}", "PREFIX=/usr",
               "-o", "all", "install")
    assert done.returncode == 0, done.stderr
    program = tmp_path / "usr/bin/slotd"
    assert program.stat().st_mode & 0o777 == 0o755
    version = run(str(program), "--version")
    assert version.returncode == 0 and version.stdout
    doc = tmp_path / "usr/share/doc/slotd"
    files = {path.name for path in doc.iterdir() if path.is_file()}
    assert files == {"README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md",
                     "openapi.yaml", "slotd.conf.example"}
    assert (doc / "examples/prosody/mod_http_upload_slotd.lua").is_file()
    for name in ("share/man/man8/slotd.8", "share/man/man5/slotd.conf.5",
                 "lib/systemd/system/slotd.service",
                 "lib/systemd/system/slotd.socket",
                 "lib/systemd/system/slotd-sweep.service",
                 "lib/systemd/system/slotd-sweep.timer",
                 "lib/sysusers.d/slotd.conf", "lib/tmpfiles.d/slotd.conf",
                 "share/bash-completion/completions/slotd",
                 "share/zsh/site-functions/_slotd",
                 "share/fish/vendor_completions.d/slotd.fish"):
        assert (tmp_path / "usr" / name).is_file(), name
    # Not a second time, where they would only be looked at.
    assert [path.name for path in (doc / "examples/systemd").iterdir()] == [
        "README.md"]


def test_install_where_it_is_wanted(tmp_path):
    """The unit starts the program that was installed with it."""
    build = house.SLOTD.rpartition("/")[0]
    done = run("make", f"BUILD={build}", f"DESTDIR={tmp_path}",
               "PREFIX=/opt/slotd", "SYSTEMDDIR=/etc/systemd/system",
               "-o", "all", "install")
    assert done.returncode == 0, done.stderr
    program = "/opt/slotd/bin/slotd"
    for name in ("slotd.service", "slotd-sweep.service"):
        unit = (tmp_path / "etc/systemd/system" / name).read_text()
        assert f"\nExecStart={program} " in unit
        assert "/usr/bin/slotd" not in unit
    assert (tmp_path / program.lstrip("/")).is_file()


def test_dist(tmp_path):
    """The tarball has what is needed to build, and makes itself again."""
    packed = []
    for name in ("one", "two"):
        done = run("tests/dist.sh", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        packed.append(pathlib.Path(done.stdout.strip()))
    assert packed[0].read_bytes() == packed[1].read_bytes()
    with tarfile.open(packed[0]) as tar:
        names = set(tar.getnames())
        tar.extractall(tmp_path)
    top = packed[0].name[:-len(".tar.gz")]
    assert {f"{top}/{name}" for name in (
        "Makefile", "README.md", "src/main.c", "doc/slotd.8",
        "debian/control", "tests/packages.sh", "deploy/slotd.conf.example",
    )} <= names
    assert not [name for name in names
                if re.match(rf"{top}/(build|\.git/)", name)
                or "__pycache__" in name]
    # What deploy/compose/setup.sh makes goes nowhere.
    compose = tmp_path / top / "deploy/compose"
    (compose / "secrets").mkdir()
    for name in "secrets/slotd.key", ".env":
        (compose / name).write_text("not-a-secret\n")
    done = subprocess.run(
        ["make", f"BUILD={house.ROOT / house.SLOTD.rpartition('/')[0]}",
         f"DESTDIR={tmp_path / 'installed'}", "-o", "all", "install"],
        cwd=tmp_path / top, text=True, capture_output=True, env=ALONE)
    assert done.returncode == 0, done.stderr
    found = {path.name for path in (tmp_path / "installed").rglob("*")}
    assert "setup.sh" in found and not found & {
        "secrets", "slotd.key", ".env"}
    done = subprocess.run(
        ["tests/dist.sh", "build"], cwd=tmp_path / top, text=True,
        capture_output=True, env=ALONE)
    assert done.returncode == 0, done.stderr
    again = tmp_path / top / done.stdout.strip()
    assert again.read_bytes() == packed[0].read_bytes()


def test_help_names_the_targets():
    done = run("make", "help")
    targets = {line.split()[0] for line in done.stdout.splitlines()}
    assert targets >= {
        "all", "demo", "demo-xmpp", "check", "check-unit", "check-e2e", "check-house",
        "check-asan", "lint", "fmt", "install", "dist", "deb", "help"}


def complaint(target):
    """What make says on a machine that has not even pkg-config."""
    return run("make", "-n", target, "PKG_CONFIG=/nonexistent").stderr


def test_missing_libraries_are_named_where_they_count():
    assert "Libraries are missing" in complaint("unit-programs")
    # These install what they need, or need none of it.
    for target in ("deb", "demo-stop", "dist", "help", "clean"):
        assert complaint(target) == "", target
