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

RELEASES = {"bookworm": "/lib/systemd/system",
            "trixie": "/usr/lib/systemd/system"}
CONF = "/etc/slotd/slotd.conf"
KEY = "/etc/slotd/slotd.key"
SECRET = "/etc/slotd/prosody.secret"
INIT = "slotd init --domain example.org --url http://127.0.0.1:8364 "
HERE = INIT + "--server prosody --store embedded"
COMPONENT = INIT + "--server other --store embedded"
BUCKET = "echo not-a-real-secret-key | " + INIT + (
    "--server prosody --store bucket --region us-east-2 "
    "--bucket-url https://my-bucket.s3.us-east-2.amazonaws.com "
    "--access-key-id AKIAIOSFODNN7EXAMPLE --access-key-secret-file -")
NOT_YET = f"slotd: there is no {CONF} yet: run `slotd init`"
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


@pytest.fixture(scope="module")
def told(installed):
    """The same after `slotd init`: what that says is left to do."""
    return installed.run("sh", "-c", HERE)


@pytest.fixture
def bucket(installed):
    """What `slotd init` writes for a bucket, in a folder of its own."""
    folder = "/etc/slotd/bucket"
    installed.run("sh", "-c", f"{BUCKET} --dir {folder}")
    yield folder
    shutil.rmtree(installed / folder)


def checked(folder, conf=CONF):
    """As the service, which has to read it all; and no warning."""
    said = folder.run("runuser", "-u", "slotd", "--", "slotd", "check", "-c",
                      conf)
    assert said == f"{conf}: ok\n"


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
    assert not list(enabled.glob("*/slotd*"))
    users = dict(re.findall(r"^(slotd[^:]*):(.*)$", (
        installed / "etc/passwd").read_text(), re.M))
    assert set(users) == {"slotd", "slotd-sweep"}
    for user in users.values():
        assert user.endswith("/nologin")
    assert [line for line in installed.said.splitlines()
            if line.startswith("slotd:")] == [NOT_YET]
    assert os.listdir(installed / "etc/slotd") == []
    assert owner(installed, "/etc/slotd") == "root:slotd 750"
    assert owner(installed, "/var/lib/slotd") == "slotd:slotd 700"


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
    """Links of the pages, and what README.Debian and commands on the pages
    name."""
    doc = unpacked / "usr/share/doc/slotd"
    pages = sorted(doc.rglob("*.md"))
    count, dead = links.dead(doc, pages)
    assert dead == []
    assert count > 50
    text = "".join(page.read_text() for page in (
        *pages, doc / "README.Debian"))
    named = set(re.findall(r"/usr/share/doc/slotd/[\w./-]*\w", text))
    named |= {"/usr/share/doc/slotd/" + name for name in re.findall(
        r"(?<![\w/])examples/[\w./-]*\w", text)}
    assert [name for name in named if not (unpacked / name[1:]).exists()] == []
    assert {"/usr/share/doc/slotd/examples/" + name for name in (
        "prosody/README.md", "ejabberd/README.md", "nginx/slotd.conf",
        "caddy/Caddyfile",
        "haproxy/haproxy.cfg", "storage/README.md", "systemd/README.md",
        "component/README.md")} <= named


def test_what_init_says_leads_somewhere(installed, unpacked, told):
    named = re.findall(r"/usr/share/doc/slotd/[\w./-]*[\w*]", told)
    assert f"{CONF}\n" in told and len(named) >= 2
    for name in named:
        assert list(unpacked.glob(name[1:])), name


def test_secrets(installed, told):
    secrets = set()
    for path in (KEY, SECRET):
        text = (installed / path).read_text()
        assert re.fullmatch(r"[0-9a-f]{64}\n", text)
        secrets.add(text)
        assert owner(installed, path) == "root:slotd 640"
    assert len(secrets) == 2
    assert owner(installed, "/etc/slotd") == "root:slotd 750"
    assert owner(installed, CONF) == "root:slotd 640"


def test_it_is_ready_to_run(installed, told):
    commands = re.findall("^runuser -u slotd -- (.*)$", told, re.M)
    assert commands == ["slotd check", "slotd doctor"]
    checked(installed)
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
         sys.executable, ROOT / "tests/deb/journey.py", installed.path],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=300)
    assert (done.returncode, done.stdout) == (0, "the same, byte for byte\n")


def test_a_component(installed, told):
    folder = "/etc/slotd/component"
    try:
        installed.run("sh", "-c", f"{COMPONENT} --dir {folder}")
        checked(installed, f"{folder}/slotd.conf")
        assert owner(installed, folder) == "root:slotd 750"
    finally:
        shutil.rmtree(installed / folder)


def test_a_bucket(installed, told, bucket):
    """The service reads its secret; the folder is new, too."""
    conf = f"{bucket}/slotd.conf"
    assert owner(installed, f"{bucket}/s3.secret") == "root:slotd 640"
    checked(installed, conf)
    slot = installed.run("runuser", "-u", "slotd", "--", "slotd", "slot", "-c",
                         conf, "--jid", "juliet@example.org", "--size", "5",
                         "a.txt")
    assert slot.startswith('{"get":"http://127.0.0.1:8364/f/')


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


def test_upgrade_restarts(installed, told, asked):
    before = [(installed / path).read_text() for path in (KEY, SECRET, CONF)]
    installed.run("dpkg", "-i", "/slotd.deb")
    assert asked() == ["deb-systemd-invoke restart slotd.service"]
    assert before == [(installed / path).read_text()
                      for path in (KEY, SECRET, CONF)]


def timer_link(folder):
    return folder / "etc/systemd/system/timers.target.wants/slotd-sweep.timer"


def test_s3_enables_the_sweep(installed, told, bucket, asked):
    """At the next upgrade, unless somebody has disabled it since."""
    conf, timer = installed / CONF, timer_link(installed)
    text = conf.read_text()
    start = "deb-systemd-invoke start slotd-sweep.timer"
    try:
        conf.write_text(text + '# type = "s3"; is a comment\n')
        installed.run("dpkg", "-i", "/slotd.deb")
        assert start not in asked() and not timer.is_symlink()
        conf.write_text((installed / bucket / "slotd.conf").read_text())
        installed.run("dpkg", "-i", "/slotd.deb")
        assert asked()[-1] == start
        assert os.readlink(timer).endswith("/slotd-sweep.timer")
        timer.unlink()
        count = len(asked())
        installed.run("dpkg", "-i", "/slotd.deb")
        assert start not in asked()[count:] and not timer.is_symlink()
    finally:
        conf.write_text(text)


def test_upgrade_with_a_wrong_configuration(installed, told, asked):
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


def test_remove_and_purge(installed, told, asked):
    upload = installed / "var/lib/slotd/an-upload"
    upload.write_text("precious")
    (installed / "var/lib/slotd/quota.state").write_text("of the service")
    own = installed / "etc/slotd/archive.secret"
    own.write_text("of the operator")
    installed.run("dpkg", "--remove", "slotd")
    assert asked() == [
        "deb-systemd-invoke stop slotd.socket slotd.service "
        "slotd-sweep.timer slotd-sweep.service"]
    assert not (installed / "usr/bin/slotd").exists()
    for path in (KEY, SECRET, CONF):
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
    """Installed again nothing is started before `slotd init`; purged, nothing
    is left but the user."""
    shutil.rmtree(installed / "var/lib/slotd")
    shutil.rmtree(installed / "etc/slotd")
    for _ in range(2):
        assert NOT_YET in installed.run("dpkg", "-i", "/slotd.deb")
    assert asked() == []
    installed.run("sh", "-c", HERE)
    installed.run("dpkg", "--purge", "slotd")
    assert left(installed) == []
