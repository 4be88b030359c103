"""Old links of Prosody and ejabberd, before and after slotd adopt.

Real servers keep real uploads, by their own modules, behind an nginx. Then
they end, slotd adopts their folders, and an nginx at the same place leads to
it: every link that anybody was sent goes on.
"""

import pathlib

import pytest
import requests

import adopting
import clients
import support
import table
from adopting import adopt
from ejabberd import Ejabberd
from front import Front
from prosody import Prosody, settings
from stanza import Client, parse_slot, slot_request

# name, type of the request; slixmpp sends the first.
FILES = [
    ("très cool cat.jpg", "image/jpeg"),
    ("a + b & 100 %.txt", "text/plain"),
    ("%41%2F 'q' \"d\".pdf", "application/pdf"),
    ("\U0001f600#?;=~.html", "text/html"),
    ("no ending", None),
    (" .hidden ", "image/png"),
    ("back\\slash.png", "image/png"),
]
DATA = {name: f"bytes of {name}".encode() for name, _ in FILES}


def prosody(folder, url):
    port = support.free_port()
    return Prosody(
        folder, {"http_external_url": url + "/", "http_host": "localhost"},
        "http_file_share",
        settings({"http_ports": [port], "http_interfaces": ["127.0.0.1"],
                  "https_ports": []}),
        modules=["http"]), port


def ejabberd(folder, url):
    port = support.free_port()
    return Ejabberd(
        folder, {"mod_http_upload": {
            "put_url": url + "/upload", "docroot": str(folder / "uploads")}},
        beams=None, listen=[{
            "port": port, "ip": "127.0.0.1", "module": "ejabberd_http",
            "request_handlers": {"/upload": "mod_http_upload"}}]), port


# base, and the folder that is adopted.
SERVERS = {
    "prosody": (prosody, "/file_share/", "data/upload%2elocalhost"),
    "ejabberd": (ejabberd, "/upload/", "uploads"),
}


def upload(server, folder):
    """All files; gives {link: (bytes, type)}."""
    first, type = FILES[0]
    path = folder / first
    path.write_bytes(DATA[first])
    # Nothing here speaks https; it takes a file all the same.
    link = clients.slixmpp(server, path, folder, path)
    links = {link: (DATA[first], type)}
    with Client(server.port, "alice@localhost", "secret") as alice, \
            requests.Session() as web:
        web.trust_env = False
        for name, type in FILES[1:]:
            data = DATA[name]
            slot = parse_slot(alice.iq("get", server.upload, slot_request(
                name, len(data), type)))
            reply = web.put(slot.put, data=data, headers=slot.headers)
            assert reply.status_code == 201, reply
            links[slot.get] = data, type
        # One that is never used.
        alice.iq("get", server.upload, slot_request("never.png", 9))
    return links


def fetch(links):
    """Each, by two clients; gives the answers' headers."""
    heads = {}
    with requests.Session() as web:
        web.trust_env = False
        for link, (data, _) in links.items():
            reply = web.get(link, timeout=support.PATIENCE)
            assert (reply.status_code, reply.content) == (200, data), link
            heads[link] = reply.headers
            head = web.head(link, allow_redirects=True,
                            timeout=support.PATIENCE)
            assert head.headers["Content-Length"] == str(len(data)), link
    return heads


class Move:
    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        start, self.base, below = SERVERS[kind]
        place = folder / "place"
        place.mkdir()
        # The port first, since the server has to know it.
        self.front = Front(place, 1)
        home = folder / "server"
        home.mkdir()
        self.old = home / below
        server, port = start(home, self.front.url)
        before = folder / "before"
        before.mkdir()
        with server, Front(before, port, port=self.front.port):
            self.links = upload(server, folder)
            fetch(self.links)
        self.count = len(self.links)
        self.size = sum(len(data) for data, _ in self.links.values())

    def fronted(self, slotd, name):
        folder = self.folder / name
        folder.mkdir()
        return Front(folder, slotd.config["listen"]["port"],
                     port=self.front.port, location=self.base)


@pytest.fixture(scope="module", params=SERVERS)
def move(request, tmp_path_factory):
    return Move(request.param, tmp_path_factory.mktemp(request.param))


def check_types(move, heads, by_ending):
    for link, (_, type) in move.links.items():
        said = heads[link]["Content-Type"].split(";")[0]
        if by_ending and "hidden" in link:
            type = None
        assert said == (type or "application/octet-stream"), link
        if type in ("text/html", "application/pdf"):
            assert "attachment" in heads[link]["Content-Disposition"], link


def test_embedded(move, start, tmp_path):
    slotd = start(support.fs_config(
        tmp_path / "store", callers=[adopting.caller(move.base)]))
    for counts in ((move.count, move.size, 0, 0, 0),
                   (0, 0, move.count, 0, 0)):
        done = adopt(slotd.path, move.kind, move.old)
        assert (done.code, done.err, done.counts) == (0, "", counts), done
    with move.fronted(slotd, "embedded"):
        heads = fetch(move.links)
    # ejabberd keeps no types.
    check_types(move, heads, move.kind == "ejabberd")
    for head in heads.values():
        assert head["X-Content-Type-Options"] == "nosniff"


@pytest.mark.skipif(not table.HAS_CEPH, reason="no Ceph in this folder")
def test_bucket(move, lab, start, tmp_path):
    key_file = support.write_key(tmp_path)
    bucket = lab.bucket(f"adopt-{move.kind}")
    slotd = start(lab.config(
        bucket, storage={"get": "redirect"}, key_file=key_file,
        callers=[adopting.caller(move.base)],
        public_url="https://up.example.org"))
    for counts in ((move.count, move.size, 0, 0, 0),
                   (0, 0, move.count, 0, 0)):
        done = adopt(slotd.path, move.kind, move.old)
        assert (done.code, done.err, done.counts) == (0, "", counts), done
    assert len(lab.listing(bucket)) == move.count
    with move.fronted(slotd, "bucket"):
        # Nor are they stored where a redirect is made from.
        check_types(move, fetch(move.links), True)


def test_layout(move):
    """What is told of it on deploy/moving."""
    for link in move.links:
        assert link.startswith(move.front.url + move.base), link
    files = [path.relative_to(move.old) for path in move.old.rglob("*")
             if path.is_file()]
    if move.kind == "prosody":
        assert pathlib.Path("uploads.list") in files
        assert all(path.suffix == ".bin" for path in files if path.parts[1:])
    else:
        assert {len(path.parts) for path in files} == {3}
