"""What `slotd init` prints, pasted as it is into a real Prosody, ejabberd and
nginx: a real client sends a file. Only ports and folders are those of a
test."""

import os
import re
import shutil
import subprocess

import pytest

from authority import Authority
import clients
from ejabberd import Ejabberd
from front import Front
from prosody import MODULES, Prosody, settings
import servers
import reloading
from setting_up import SECRETS, Ports, block, blocks, done_well, with_url
from stanza import Client, parse_slot, slot_request
import support

README = (support.ROOT / "deploy/prosody/README.md").read_text()
EXAMPLES = "/usr/share/doc/slotd/examples"


class Printed:
    """A slotd behind nginx, each as `slotd init` has it for the users of
    localhost, and what it has for the XMPP server."""

    def __init__(self, folder, server, url=None):
        self.folder, self.ports = folder, Ports(folder / "store")
        self.authority = Authority(folder)
        self.front = Front(folder, self.ports.public, self.authority)
        self.said = done_well(folder / "slotd", server=server,
                              domain="localhost", url=url or self.front.url)
        self.secret = folder / "slotd" / SECRETS[server]
        self.ports.move_file(folder / "slotd/slotd.conf")
        if not url:
            self.paste_nginx()

    def paste_nginx(self):
        lines = self.ports.move(block(self.said, "server {"))
        for name in "fullchain", "privkey":
            assert lines.count(
                f" /etc/letsencrypt/live/localhost/{name}.pem;") == 1
        certificate, key = self.authority.issue("front", "DNS:localhost")
        lines = (lines.replace(f"listen {self.front.port} ",
                               f"listen 127.0.0.1:{self.front.port} ")
                 .replace(f"\tlisten [::]:{self.front.port} ssl;\n", "")
                 .replace("/etc/letsencrypt/live/localhost/fullchain.pem",
                          str(certificate))
                 .replace("/etc/letsencrypt/live/localhost/privkey.pem",
                          str(key)))
        path = self.folder / "nginx.conf"
        text, count = re.subn(r"(?ms)^    server \{.*^    \}\n",
                              lambda _: lines, path.read_text())
        assert count == 1
        path.write_text(text)

    def move(self, text, **folders):
        """Ports, and the folders of the XMPP server."""
        text = self.ports.move(text).replace(
            EXAMPLES, str(support.ROOT / "deploy"))
        for before, after in folders.items():
            text = text.replace(f"/{before.replace('_', '/')}", str(after))
        return text

    def start(self, port=None):
        """port: of the server's components."""
        path = self.folder / "slotd/slotd.conf"
        text = path.read_text()
        if port:
            assert text.count("port = 5347;") == 1
            text = text.replace("port = 5347;", f"port = {port};")
        return support.Slotd(self.folder / "slotd", text)

    def shell(self, text, path=""):
        done = subprocess.run(
            ["sh", "-e"], input=text, text=True, stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE, timeout=support.PATIENCE * 6,
            env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})
        assert done.returncode == 0, (text, done.stdout)


@pytest.fixture
def printed(tmp_path, request):
    """printed(server): with slotd's own part running, but for a component."""
    def make(server):
        one = Printed(tmp_path, server)
        if server != "other":
            request.addfinalizer(one.start().stop)
        front = one.front.__enter__()
        request.addfinalizer(front.__exit__)
        return one
    return make


def sends(printed, server, tmp_path):
    """A file from alice to bob, and its link."""
    data = os.urandom(100000)
    path = tmp_path / "cat.jpg"
    path.write_bytes(data)
    certificate = printed.authority.certificate
    with Client(server.port, clients.TO, clients.PASSWORD) as bob:
        clients.go_sendxmpp(server, path, tmp_path, certificate)
        link = bob.read_message()
    assert link.startswith(printed.front.url + "/f/")
    assert clients.fetch(link, tmp_path, certificate) == data


class Pasted(Prosody):
    """With these lines at the end, and modules from where they were
    copied."""

    def write(self):
        path = super().write()
        text = path.read_text()
        component = f'Component "{self.upload}" "http_upload_slotd"\n'
        assert text.count(component) == 1
        path.write_text(text.replace(component, "").replace(
            str(MODULES), str(self.folder / "modules")) + self.pasted)
        return path


def pasted(it, folder):
    """A Prosody with the lines for it, after the commands for it."""
    folder.mkdir()
    places = {"etc_prosody": folder, "usr_local_lib_prosody": folder}
    it.shell(it.move(block(it.said, "install -d "), **places))
    certificate, key = it.authority.issue("xmpp", "DNS:localhost")
    server = Pasted(folder, {}, config=settings(
        {"ssl": {"certificate": certificate, "key": key}}), modules=["tls"])
    server.pasted = it.move(block(it.said, "Component "), **places)
    return server


def test_prosody(printed, tmp_path):
    it = printed("prosody")
    with pasted(it, tmp_path / "prosody") as server:
        server.wait_log("Files of localhost may have 104857600 bytes")
        sends(it, server, tmp_path)
        server.stop()
    server.assert_sound()


def said_in_readme(words):
    assert words in README
    return words


def test_from_http_to_https(tmp_path, request):
    """"Does it work?" of the page: with an http URL the log says why clients
    upload nothing; with https and a reload they do."""
    it = Printed(tmp_path, "prosody", "http://127.0.0.1:8364")
    slotd = it.start()
    request.addfinalizer(slotd.stop)
    with pasted(it, tmp_path / "prosody") as server, it.front:
        server.wait_log(said_in_readme("may have 104857600 bytes"))
        with Client(server.port, clients.FROM, clients.PASSWORD) as alice:
            slot = parse_slot(alice.iq(
                "get", server.upload, slot_request("cat.jpg", 1234)))
        assert slot.put.startswith("http://127.0.0.1:")
        server.wait_log(said_in_readme("gives http URLs, which most clients "
                                       "refuse"))
        reloading.reload(slotd, with_url(slotd.path.read_text(),
                                         it.front.url))
        sends(it, server, tmp_path)
        server.stop()
    server.assert_sound()


def test_ejabberd(printed, tmp_path):
    folder = tmp_path / "ejabberd"
    folder.mkdir()
    it = printed("ejabberd")
    lines = it.move(block(it.said, "ejabberdctl reload"),
                    etc_ejabberd=folder, var_lib_ejabberd=folder / "home")
    with Ejabberd(folder, {}, beams=None) as server:
        command = server.command()
        assert "'" not in command["env"]["ERL_FLAGS"]
        tool = folder / "ejabberdctl"
        tool.write_text(
            f"#!/bin/sh\nexport HOME={server.home} "
            f"ERL_FLAGS='{command['env']['ERL_FLAGS']}'\nexec "
            + " ".join([shutil.which("ejabberdctl"),
                        *map(str, command["args"][1:])]) + ' "$@"\n')
        tool.chmod(0o755)
        it.shell(lines, folder)
        sends(it, server, tmp_path)


def test_a_component(printed, tmp_path, request):
    """Into Prosody, with the name and the secret that are printed."""
    folder = tmp_path / "prosody"
    folder.mkdir()
    it = printed("other")
    assert f"cat {it.secret}\n" in blocks(it.said)
    assert "   name     upload.localhost\n   port     5347, " in it.said
    with servers.prosody(folder, it.authority, {
            "component_secret": it.secret.read_text().strip()},
            None) as server:
        slotd = it.start(server.component_port)
        request.addfinalizer(slotd.stop)
        slotd.wait_line("component=upload.localhost state=connected")
        sends(it, server, tmp_path)
