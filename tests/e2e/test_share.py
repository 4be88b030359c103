"""PUT, GET and HEAD below a caller's base: the XMPP server made the URLs."""

import hashlib
import re

import pytest

import dialects
import names
import support
from dialects import ALL, MACS, Pass, refused
from upload import Upload, tree

DATA = bytes(range(256)) * 3 + b"\r\n"
SIZE = len(DATA)
PNG = "image/png"
# As ejabberd's external_secret makes them.
THREE = hashlib.sha1(b"juliet@example.org").hexdigest() + "/" + "aB3" * 13


@pytest.fixture(scope="module", params=support.KEEPERS)
def slotd(request, start_once, tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    callers = [*dialects.callers(),
               *(dialects.caller(d, "other-" + d) for d in ALL),
               {"id": "ejabberd", "secret": dialects.secret_of("ejabberd"),
                "dialect": "ejabberd"}]
    config = support.KEEPERS[request.param]
    slotd = start_once(config(store, callers=callers))
    slotd.store = store / "files"
    return slotd


@pytest.fixture
def folder(request):
    """One that no other test uses."""
    return hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:32]


def put(slotd, ticket, data=DATA, headers=None):
    headers = ticket.headers if headers is None else headers
    return slotd.ask("PUT", ticket.put, data, headers)


def stored(reply):
    assert (reply.status, reply.body) == (201, b""), reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "no-store"


def kept(slotd, folder, files):
    """What is on the disk, where there is something at all."""
    assert not slotd.store.exists() or tree(slotd.store / folder) == files


# --- the journey ----------------------------------------------------------


@pytest.mark.parametrize("name", [
    "cat.jpg", "très cool.jpg", "a + b & 100 %.txt", "%41%2F.txt",
    "~tilde~.png", "Gru\u0308\u00dfe?.pdf", "\U0001f600#.png", "a=b;c.d",
    "'q' \"d\" (x)*!,@:$.html"])
@pytest.mark.parametrize("write", dialects.WRITERS)
@pytest.mark.parametrize("dialect", ALL)
def test_journey(slotd, folder, dialect, write, name):
    path = f"{folder}/{name}"
    ticket = Pass(dialect, path, SIZE, PNG, write=write)
    missing = slotd.ask("GET", ticket.get)
    support.assert_problem(missing, "not-found")
    stored(put(slotd, ticket))
    # However the other side writes it.
    for other in dialects.WRITERS:
        reply = slotd.ask("GET", Pass(dialect, path, 0, write=other).get)
        assert (reply.status, reply.body) == (200, DATA), reply
        assert reply.headers["Content-Type"] == PNG
    kept(slotd, f"{dialect}/{folder}", {name: SIZE})
    refused(put(slotd, ticket), 409, "already-exists")


@pytest.mark.parametrize("dialect", MACS)
def test_ejabberds_path(slotd, dialect):
    ticket = Pass(dialect, f"{THREE}/cat.jpg", SIZE, PNG)
    stored(put(slotd, ticket))
    assert slotd.ask("GET", ticket.get).body == DATA


@pytest.mark.parametrize("dialect", ALL)
def test_no_type(slotd, folder, dialect):
    ticket = Pass(dialect, folder + "/a.png", SIZE)
    assert "Content-Type" not in ticket.headers
    stored(put(slotd, ticket))
    reply = slotd.ask("GET", ticket.get)
    assert reply.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("sent", [None, "text/html", "x"])
def test_the_tokens_type_counts(slotd, folder, sent):
    """Clients that encrypt send another than the slot's."""
    ticket = Pass("jwt", f"{folder}/{sent}".replace("text/", ""), SIZE, PNG)
    headers = {"Authorization": ticket.headers["Authorization"]}
    if sent:
        headers["Content-Type"] = sent
    stored(put(slotd, ticket, headers=headers))
    assert slotd.ask("GET", ticket.get).headers["Content-Type"] == PNG


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("size", [0, 1 << 20])
def test_sizes(slotd, folder, dialect, size):
    data = DATA * (size // SIZE + 1)
    ticket = Pass(dialect, folder + "/a", size, PNG)
    stored(put(slotd, ticket, data[:size]))
    assert slotd.ask("GET", ticket.get).body == data[:size]


@pytest.mark.parametrize("dialect", ALL)
def test_while_the_first_runs(slotd, folder, dialect):
    ticket = Pass(dialect, folder + "/a", SIZE, PNG)
    url = slotd.config["public_url"] + ticket.put
    upload = Upload(url, SIZE, [
        ("Expect", "100-continue"), *ticket.headers.items()])
    try:
        line = upload.sock.recv(25, 0x100)  # MSG_WAITALL
        assert line.startswith(b"HTTP/1.1 100 "), line
        upload.send(DATA[:9])
        refused(put(slotd, ticket), 409, "already-exists")
        support.assert_problem(slotd.ask("GET", ticket.get), "not-found")
        upload.send(DATA[9:])
        assert upload.reply().status == 201
    finally:
        upload.close()
    assert slotd.ask("GET", ticket.get).body == DATA


@pytest.mark.parametrize("dialect", ALL)
def test_download(slotd, folder, dialect):
    ticket = Pass(dialect, folder + "/a.svg", SIZE, "image/svg+xml")
    stored(put(slotd, ticket))
    head = slotd.ask("HEAD", ticket.get)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(SIZE)
    for name, value in {
            "Content-Type": "image/svg+xml", "Accept-Ranges": "bytes",
            "Access-Control-Allow-Origin": "*",
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition":
            "attachment; filename=\"a.svg\"; filename*=UTF-8''a.svg",
            "Content-Security-Policy":
            "default-src 'none'; frame-ancestors 'none'; sandbox"}.items():
        assert head.headers[name] == value
    part = slotd.ask("GET", ticket.get, headers={"Range": "bytes=5-9"})
    assert (part.status, part.body) == (206, DATA[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{SIZE}"
    same = {"If-None-Match": head.headers["ETag"]}
    assert slotd.ask("GET", ticket.get, headers=same).status == 304
    # The query is the PUT's; who shares that URL shares the file.
    assert slotd.ask("GET", ticket.put).body == DATA


@pytest.mark.parametrize("dialect", ALL)
def test_preflight(slotd, dialect):
    for target in (f"/{dialect}/a/b", f"/{dialect}/"):
        reply = slotd.ask("OPTIONS", target, headers={
            "Origin": "https://chat.example.org",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization"})
        assert reply.status == 204, reply
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        words = reply.headers["Access-Control-Allow-Methods"].split(", ")
        assert set(words) == {"OPTIONS", "HEAD", "GET", "PUT"}
        assert "Authorization" in reply.headers[
            "Access-Control-Allow-Headers"]


def test_other_methods(slotd):
    for method in ("POST", "DELETE", "PATCH"):
        reply = slotd.ask(method, "/jwt/a/b", b"")
        support.assert_problem(reply, "method-not-allowed")
        allowed = set(re.split(", *", reply.headers["Allow"]))
        assert allowed == {"GET", "HEAD", "PUT", "OPTIONS"}
    for path in ("/jwt", "/jwtx/a/b", "/JWT/a/b", "//jwt/a/b", "/%6Awt/a/b"):
        support.assert_problem(slotd.ask("GET", path), "not-found")


# --- who may --------------------------------------------------------------


def without_mac(ticket):
    ticket.put = ticket.get


def forged(ticket):
    end = ticket.put[-1]
    ticket.put = ticket.put[:-1] + ("1" if end == "0" else "0")


def upper(ticket):
    path, _, query = ticket.put.partition("=")
    ticket.put = path + "=" + query.upper()


def cut(ticket):
    ticket.put = ticket.put[:-2]


def longer(ticket):
    ticket.put += "00"


def emptied(ticket):
    ticket.put = ticket.put.partition("=")[0] + "="


def other_parameter(ticket):
    ticket.put = re.sub(r"\?\w+=", "?mac=", ticket.put)


def other_base(ticket):
    ticket.put = "/other-" + ticket.put[1:]


def other_name(ticket):
    ticket.put = ticket.put.replace("/a.png?", "/b.png?")


@pytest.mark.parametrize("change", [
    without_mac, forged, upper, cut, longer, emptied, other_parameter,
    other_base, other_name])
@pytest.mark.parametrize("dialect", MACS)
def test_wrong_mac(slotd, folder, dialect, change):
    ticket = Pass(dialect, folder + "/a.png", SIZE, PNG)
    # A digit that is the same in both cases would prove nothing.
    assert re.search("=.*[a-f]", ticket.put)
    change(ticket)
    refused(put(slotd, ticket), 403, "slot-invalid")
    assert not (slotd.store / dialect / folder).exists()


@pytest.mark.parametrize("dialect", MACS)
def test_mac_of_another(slotd, folder, dialect):
    path = folder + "/a.png"
    for other in ALL:
        for name in {other, "other-" + other} - {dialect}:
            refused(put(slotd, Pass(
                dialect, path, SIZE, PNG,
                secret=dialects.secret_of(name))), 403, "slot-invalid")
    for size in (SIZE + 1, SIZE - 1, 0, -SIZE, f"0{SIZE}"):
        refused(put(slotd, Pass(dialect, path, size, PNG)),
                403, "slot-invalid")
    kinds = ["image/jpeg", "image/png;q", None]
    for kind in kinds if dialect in dialects.TYPED else ():
        refused(put(slotd, Pass(dialect, path, SIZE, kind),
                    headers={"Content-Type": PNG}), 403, "slot-invalid")
    stored(put(slotd, Pass(dialect, path, SIZE, PNG)))


@pytest.mark.parametrize("dialect", ALL)
def test_chunked(slotd, folder, dialect):
    ticket = Pass(dialect, folder + "/a", SIZE, PNG)
    reply = slotd.ask("PUT", ticket.put, support.chunked(DATA), {
        **ticket.headers, "Transfer-Encoding": "chunked"})
    refused(reply, 411, "length-required")
    stored(put(slotd, ticket))


@pytest.mark.parametrize("path", [
    "a", "", "/a", "a//b", "../a/b", "a/../b", "a/./b", ".key/a", "a/",
    "./.key", "\x01/../a", "f" * 256 + "/a", "d/" * 510 + "a"])
@pytest.mark.parametrize("dialect", ALL)
def test_paths_that_are_none(slotd, dialect, path):
    before = tree(slotd.store)
    ticket = Pass(dialect, path, SIZE, PNG, write=dialects.escaped)
    problem = refused(put(slotd, ticket), 400, "bad-request")
    assert "target" in problem["detail"]
    support.assert_problem(slotd.ask("GET", ticket.get), "not-found")
    assert tree(slotd.store) == before


@pytest.mark.parametrize("end", ["a/%00", "a/b%", "a/%4", "a/%GG"])
@pytest.mark.parametrize("dialect", ALL)
def test_malformed_escapes(slotd, dialect, end):
    target = f"/{dialect}/{end}"
    refused(slotd.ask("PUT", target, DATA), 400, "bad-request")
    support.assert_problem(slotd.ask("GET", target), "not-found")


CLEANED = [(name, clean) for name, clean in names.TABLE
           if name and "/" not in name and len(name) < 300
           and name != "\u202e\u200b"]


@pytest.mark.parametrize("dialect", ALL)
def test_clean_names(slotd, folder, dialect):
    for number, (name, clean) in enumerate(CLEANED):
        place = f"{folder}-{number}"
        ticket = Pass(dialect, f"{place}/{name}", SIZE, PNG)
        stored(put(slotd, ticket))
        kept(slotd, f"{dialect}/{place}", {clean: SIZE})
        reply = slotd.ask("GET", ticket.get)
        assert (reply.status, reply.body) == (200, DATA), name
