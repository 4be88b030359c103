"""The Debian package, on each release: built there, clean in lintian,
installed on a minimal system, run, upgraded, removed and purged."""

import os
import re
import shutil
import stat
import subprocess
import sys

from folder import BUILD, MINUTES, ROOT, Folder, package_of
import pytest

sys.path[1:1] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/house")]

import links  # noqa: E402
import packaged  # noqa: E402

RELEASES = {"bookworm": "/lib/systemd/system",
            "trixie": "/usr/lib/systemd/system"}
CONF = "/etc/slotd/slotd.conf"
KEY = "/etc/slotd/slotd.key"
SECRET = "/etc/slotd/xmpp.secret"
COMPONENT = "/etc/slotd/component.secret"
FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >>/root/asked
# Debian's way to enable a unit; it needs no systemd that runs.
case "$*" in *--preset-mode=*) exec /usr/bin/systemctl "$@" ;; esac
"""


@pytest.fixture(scope="module")
def installed(release, built):
    """A minimal system on which the package was installed, with what it
    needs and nothing else."""
    folder = Folder.fresh(release, BUILD / "debs" / release / "test")
    package = package_of(built)
    shutil.copy(package, folder / "slotd.deb")
    folder.apt("update")
    folder.said = folder.apt("install", "/slotd.deb")
    yield folder
    shutil.rmtree(folder.path)


def owner(folder, path):
    """As in "root:slotd 640"."""
    status = os.stat(folder / path)
    names = {}
    for kind in ("passwd", "group"):
        names[kind] = {int(line.split(":")[2]): line.split(":")[0] for line in
                       (folder / "etc" / kind).read_text().splitlines()}
    return (f"{names['passwd'][status.st_uid]}:"
            f"{names['group'][status.st_gid]} "
            f"{stat.S_IMODE(status.st_mode):o}")


def test_lintian(built):
    done = built.tries("sh", "-c", "lintian --tag-display-limit 0 "
                       "--fail-on error,warning /source/build/deb/*.changes")
    tags = [line for line in done.stdout.splitlines()
            if re.match(r"[A-Z]: ", line)]
    assert (done.returncode, tags) == (0, [])


def test_what_is_installed(installed, release):
    units = RELEASES[release]
    for path in ("/usr/bin/slotd", f"{units}/slotd.service",
                 f"{units}/slotd.socket", f"{units}/slotd-sweep.service",
                 f"{units}/slotd-sweep.timer",
                 "/usr/lib/sysusers.d/slotd.conf",
                 "/usr/lib/tmpfiles.d/slotd.conf"):
        assert (installed / path).is_file(), path
    enabled = installed / "etc/systemd/system"
    assert os.readlink(enabled / "multi-user.target.wants/slotd.service"
                       ).endswith("/lib/systemd/system/slotd.service")
    assert not list(enabled.glob("*/slotd.socket"))
    # The embedded store needs no janitor.
    assert not list(enabled.glob("*/slotd-sweep.*"))
    users = dict(re.findall(r"^(slotd[^:]*):(.*)$", (
        installed / "etc/passwd").read_text(), re.M))
    assert set(users) == {"slotd", "slotd-sweep"}
    for user in users.values():
        assert user.endswith("/nologin")
    assert installed.said.count("slotd:") == 0, installed.said


@pytest.fixture
def unpacked(built, tmp_path):
    """All that is in the package: a minimal system leaves documents out."""
    subprocess.run(["dpkg-deb", "-x", package_of(built), tmp_path],
                   check=True, timeout=MINUTES)
    return tmp_path


def test_manuals_and_documents(unpacked):
    share = unpacked / "usr/share"
    for name in ("man/man8/slotd.8.gz", "man/man5/slotd.conf.5.gz",
                 "doc/slotd/slotd.conf.example", "doc/slotd/SECURITY.md",
                 "doc/slotd/README.Debian", "doc/slotd/copyright",
                 "bash-completion/completions/slotd",
                 "zsh/vendor-completions/_slotd",
                 "fish/vendor_completions.d/slotd.fish",
                 "doc/slotd/examples/prosody/mod_http_upload_slotd.lua"):
        assert (share / name).is_file(), name


def test_documents_lead_somewhere(unpacked):
    """Links of the pages, and what README.Debian, slotd.conf and commands on
    the pages name."""
    doc = unpacked / "usr/share/doc/slotd"
    pages = sorted(doc.rglob("*.md"))
    count, dead = links.dead(doc, pages)
    assert dead == []
    assert count > 50
    text = "".join(page.read_text() for page in (
        *pages, doc / "README.Debian", unpacked / "etc/slotd/slotd.conf"))
    named = set(re.findall(r"/usr/share/doc/slotd/[\w./-]*\w", text))
    named |= {"/usr/share/doc/slotd/" + name for name in re.findall(
        r"(?<![\w/])examples/[\w./-]*\w", text)}
    assert [name for name in named if not (unpacked / name[1:]).exists()] == []
    assert {"/usr/share/doc/slotd/examples/" + name for name in (
        "prosody", "ejabberd", "nginx/slotd.conf", "caddy/Caddyfile",
        "haproxy/haproxy.cfg", "storage/README.md", "systemd/README.md",
        "component/README.md")} <= named


def test_secrets(installed):
    secrets = set()
    for path in (KEY, SECRET, COMPONENT):
        text = (installed / path).read_text()
        assert re.fullmatch(r"[0-9a-f]{64}\n", text)
        secrets.add(text)
        assert owner(installed, path) == "root:slotd 640"
    assert len(secrets) == 3
    assert owner(installed, "/etc/slotd") == "root:slotd 750"
    assert owner(installed, CONF) == "root:slotd 640"
    assert owner(installed, "/var/lib/slotd") == "slotd:slotd 700"


def test_a_component_as_slotd_conf_says(installed):
    """Its line, with nothing changed, and the file that is there for it."""
    conf = installed / CONF
    text = conf.read_text()
    try:
        conf.write_text(packaged.with_component(packaged.with_https(text)))
        check = installed.run("runuser", "-u", "slotd", "--", "slotd", "check")
        assert check == f"{CONF}: ok\n"
    finally:
        conf.write_text(text)


def test_it_is_ready_to_run(installed):
    check = installed.run("runuser", "-u", "slotd", "--", "slotd", "check",
                          "-c", CONF)
    assert check == f"{CONF}: ok\n"     # and no warning
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
         sys.executable, ROOT / "tests/deb/journey.py", installed.path],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=300)
    assert (done.returncode, done.stdout) == (0, "the same, byte for byte\n")


def test_s3_as_slotd_conf_says(installed):
    """Its commands and its block, by hand; then the service can start."""
    conf, secret = installed / CONF, installed / "etc/slotd/s3.secret"
    text = conf.read_text()
    command = re.search(r"^#   (install .*)$", text, re.M)[1]
    try:
        installed.run("sh", "-c", f"echo not-a-real-secret-key | {command}")
        assert owner(installed, "/etc/slotd/s3.secret") == "root:slotd 640"
        conf.write_text(packaged.with_s3(packaged.with_https(text)))
        check = installed.run("runuser", "-u", "slotd", "--", "slotd", "check")
        assert check == f"{CONF}: ok\n"     # and no warning
        slot = installed.run("runuser", "-u", "slotd", "--", "slotd", "slot",
                             "--jid", "juliet@example.org", "--size", "5",
                             "a.txt")
        assert slot.startswith('{"get":"https://upload.example.org/f/')
    finally:
        conf.write_text(text)
        secret.unlink(missing_ok=True)


@pytest.fixture
def asked(installed):
    """A system that seems to run, with a slotd that is active: what the
    package asks systemd for."""
    tools = [installed / "usr/local/sbin" / name
             for name in ("systemctl", "deb-systemd-invoke")]
    log = installed / "root/asked"
    for tool in tools:
        tool.write_text(FAKE)
        tool.chmod(0o755)
    (installed / "run/systemd/system").mkdir(parents=True)
    log.write_text("")

    def said():
        return [line for line in log.read_text().splitlines()
                if line.startswith("deb-systemd-invoke ")]

    yield said
    (installed / "run/systemd/system").rmdir()
    for tool in tools:
        tool.unlink()


def test_upgrade_restarts(installed, asked):
    before = [(installed / path).read_text() for path in (KEY, SECRET, CONF)]
    installed.run("dpkg", "-i", "/slotd.deb")
    assert asked() == ["deb-systemd-invoke restart slotd.service"]
    assert before == [(installed / path).read_text()
                      for path in (KEY, SECRET, CONF)]


def timer_link(folder):
    return folder / "etc/systemd/system/timers.target.wants/slotd-sweep.timer"


def test_s3_enables_the_sweep(installed, asked):
    """At the next upgrade, unless somebody has disabled it since."""
    conf, timer = installed / CONF, timer_link(installed)
    text = conf.read_text()
    secret = installed / "etc/slotd/s3.secret"
    start = "deb-systemd-invoke start slotd-sweep.timer"
    try:
        secret.write_text("not-a-real-secret-key\n")
        installed.run("chmod", "644", "/etc/slotd/s3.secret")
        # A comment is no store.
        installed.run("dpkg", "-i", "/slotd.deb")
        assert start not in asked() and not timer.is_symlink()
        conf.write_text(packaged.with_s3(packaged.with_https(text)))
        installed.run("dpkg", "-i", "/slotd.deb")
        assert asked()[-1] == start
        assert os.readlink(timer).endswith("/slotd-sweep.timer")
        timer.unlink()
        count = len(asked())
        installed.run("dpkg", "-i", "/slotd.deb")
        assert start not in asked()[count:] and not timer.is_symlink()
    finally:
        conf.write_text(text)
        secret.unlink()


def test_upgrade_with_a_wrong_configuration(installed, asked):
    """Nothing is restarted, what is wrong is said, and dpkg is content."""
    conf = installed / CONF
    right = conf.read_text()
    conf.write_text(right + "nonsense = 1;\n")
    line = right.count("\n") + 1
    said = installed.run("dpkg", "-i", "/slotd.deb")
    assert f"{CONF}:{line}: nonsense: unknown setting\n" in said
    assert f"slotd: {CONF} has mistakes" in said
    assert "slotd check && systemctl restart slotd\n" in said
    assert asked() == []
    assert conf.read_text() == right + "nonsense = 1;\n"
    assert owner(installed, CONF) == "root:slotd 640"
    status = installed.run("dpkg-query", "-W", "-f", "${Status}", "slotd")
    assert status == "install ok installed"
    conf.write_text(right)


def left(folder):
    """What bears its name, beside what was put there by this test."""
    return sorted(
        name for name in folder.run(
            "find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-path",
            "/slotd.deb", "-prune", "-o", "-name", "*slotd*",
            "-print").splitlines())


def test_remove_and_purge(installed, asked):
    upload = installed / "var/lib/slotd/an-upload"
    upload.write_text("precious")
    (installed / "var/lib/slotd/quota.state").write_text("of the service")
    own = installed / "etc/slotd/s3.secret"
    own.write_text("of the operator")
    installed.run("dpkg", "--remove", "slotd")
    assert asked() == [
        "deb-systemd-invoke stop slotd.socket slotd.service "
        "slotd-sweep.timer slotd-sweep.service"]
    assert not (installed / "usr/bin/slotd").exists()
    for path in (KEY, SECRET, COMPONENT, CONF):
        assert (installed / path).is_file()

    said = installed.run("dpkg", "--purge", "slotd")
    assert ("slotd: uploaded files stay in /var/lib/slotd; "
            "rm -r /var/lib/slotd removes them\n") in said
    assert upload.read_text() == "precious"
    assert not (installed / "var/lib/slotd/quota.state").exists()
    assert own.read_text() == "of the operator"
    assert left(installed) == ["/etc/slotd", "/var/lib/slotd"]
    assert re.search("^slotd:", (installed / "etc/passwd").read_text(), re.M)


def test_purge_without_uploads(installed, asked):
    """Installed again it is started; purged, nothing is left but the user."""
    shutil.rmtree(installed / "var/lib/slotd")
    shutil.rmtree(installed / "etc/slotd")
    installed.run("dpkg", "-i", "/slotd.deb")
    assert asked() == ["deb-systemd-invoke start slotd.service"]
    assert (installed / KEY).is_file()
    installed.run("dpkg", "--purge", "slotd")
    assert left(installed) == []
