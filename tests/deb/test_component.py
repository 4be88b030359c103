"""The first day of a new user: from the installed package, by `slotd init` and
what it prints, to a picture that is sent through Debian's Prosody, and by
deploy/component/README.md through Debian's ejabberd, whose configuration has no
module of ours."""

import os
import re
import shutil
import subprocess
import sys

from folder import BUILD, ROOT, Folder, package_of
import pytest

sys.path[1:1] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/s3")]

from authority import Authority  # noqa: E402
import setting_up  # noqa: E402

PAGE = (ROOT / "deploy/component/README.md").read_text()
CONF = "/etc/slotd/slotd.conf"
COMPONENT = "/etc/slotd/component.secret"
# One of each, as both are with both in other tests.
SERVERS = {"bookworm": "prosody", "trixie": "ejabberd"}
INIT = ["slotd", "init", "--domain", "example.org", "--store", "embedded",
        "--url", "https://upload.example.org", "--server"]


def block(title, language):
    """The first one of a section."""
    section = re.search(rf"^## {title}\n(.*?)^## ", PAGE, re.S | re.M)[1]
    return re.search(rf"^```{language}\n(.*?)^```$", section, re.S | re.M)[1]


@pytest.fixture(scope="module")
def system(release, built):
    """With the package, a server, a web server and a client."""
    folder = Folder.fresh(release, BUILD / "debs" / release / "component")
    shutil.copy(package_of(built), folder / "slotd.deb")
    folder.apt("update")
    folder.apt("install", "/slotd.deb", "nginx-light", "curl", "go-sendxmpp",
               "ca-certificates", SERVERS[release])
    yield folder
    shutil.rmtree(folder.path)


def certify(system, folder):
    """For both names, by an authority that the system trusts."""
    authority = Authority(folder)
    certificate, key = authority.issue(
        "example.org", "DNS:example.org", "DNS:upload.example.org")
    shutil.copy(authority.certificate,
                system / "usr/local/share/ca-certificates/test.crt")
    system.run("update-ca-certificates")
    place = system / "etc/letsencrypt/live/upload.example.org"
    place.mkdir(parents=True)
    shutil.copy(certificate, place / "fullchain.pem")
    shutil.copy(key, place / "privkey.pem")
    return certificate.read_text(), key.read_text()


def prepare_prosody(system, certificate, key):
    """A server for example.org; the commands and the lines as they are
    printed."""
    etc = system / "etc/prosody"
    (etc / "conf.d/example.org.cfg.lua").write_text(
        'VirtualHost "example.org"\n')
    (etc / "certs/example.org.crt").write_text(certificate)
    (etc / "certs/example.org.key").write_text(key)
    said = system.run(*INIT, "prosody")
    system.run("sh", "-ec", setting_up.block(said, "install -d "))
    with open(etc / "prosody.cfg.lua", "a") as config:
        config.write("\n" + setting_up.block(said, "Component "))
    return said


def prepare_ejabberd(system, certificate, key):
    """The same, with the page's lines; they are for the running server:
    picture.py."""
    said = system.run(*INIT, "other")
    secret = (system / COMPONENT).read_text().strip()
    (system / "etc/ejabberd/ejabberd.pem").write_text(key + certificate)
    path = system / "etc/ejabberd/ejabberd.yml"
    text = path.read_text().replace("  - localhost\n", "  - example.org\n", 1)
    path.write_text(text)
    listen, lines = block("ejabberd", "yaml").split("\n", 1)
    assert listen.startswith("listen: ")
    assert text.count("\nlisten:\n") == 1
    (system / "root/ejabberd.yml").write_text(text.replace(
        "\nlisten:\n", "\nlisten:\n" + lines.replace("SECRET", secret)))
    return said


def test_from_the_package_to_a_picture(system, release, tmp_path):
    (system / "etc/hosts").write_text(
        "127.0.0.1 localhost example.org upload.example.org\n")
    certificate, key = certify(system, tmp_path)
    said = {"prosody": prepare_prosody, "ejabberd": prepare_ejabberd}[
        SERVERS[release]](system, certificate, key)
    (system / "etc/nginx/sites-enabled/slotd.conf").write_text(
        setting_up.block(said, "server {"))
    check, start = setting_up.block(said, "runuser ").splitlines()
    assert start == "systemctl enable --now slotd"    # no systemd is here
    assert system.run("sh", "-c", check) == f"{CONF}: ok\n"
    # And a picture.
    (system / "root/cat.jpg").write_bytes(os.urandom(100_000))
    send, = re.findall("^go-sendxmpp .* cat.jpg .*$", PAGE, re.M)
    done = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
         sys.executable, ROOT / "tests/deb/picture.py", system.path,
         SERVERS[release], send.replace("cat.jpg", "/root/cat.jpg")],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=600)
    assert done.returncode == 0, done.stdout
    assert done.stdout == "the same picture\n"
