"""Callers with a base: the same policy as for slots, and where they are."""

import base64

import pytest

import dialects
import support
from dialects import ALL, MACS, Pass, refused

DATA = b"0123456789"
SIZE = len(DATA)
PNG = "image/png"


def put(slotd, ticket, data=DATA, address=None):
    return support.request(
        address or slotd.address, "PUT", ticket.put, data, ticket.headers)


# --- policy ---------------------------------------------------------------


@pytest.fixture(scope="module")
def strict(start_once, tmp_path_factory):
    return start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=dialects.callers(),
        policy={"max_size": 20, "allow_types": ["image/*", "text/plain"],
                "deny_extensions": ["exe", "scr"]},
        domains=[{"name": "small.example", "max_size": 9},
                 {"name": "*.large.example", "max_size": 40,
                  "allow_types": ["*/*"], "deny_extensions": []}]))


@pytest.mark.parametrize("dialect", ALL)
def test_size(strict, dialect):
    assert put(strict, Pass(dialect, "size/20", 20, PNG),
               b"x" * 20).status == 201
    reply = put(strict, Pass(dialect, "size/21", 21, PNG), b"x" * 21)
    problem = refused(reply, 413, "file-too-large")
    assert problem["max_file_size"] == 20
    # Of a huge one not a byte is waited for.
    ticket = Pass(dialect, "size/huge", 2**62, PNG)
    ticket.headers["Content-Length"] = str(2**62)
    refused(put(strict, ticket, b""), 413, "file-too-large")
    reply = strict.ask("GET", f"/{dialect}/size/21")
    support.assert_problem(reply, "not-found")


@pytest.mark.parametrize("name", [
    "a.exe", "a.EXE", "a.png.scr", "a.exe.", "a.exe ", "\u202eexe.exe",
    "a.e\u200bxe"])
@pytest.mark.parametrize("dialect", ALL)
def test_extensions(strict, dialect, name):
    problem = refused(
        put(strict, Pass(dialect, "ext/" + name, SIZE, PNG)),
        403, "forbidden")
    assert problem["detail"].startswith("filename:")


@pytest.mark.parametrize("dialect", ALL)
def test_types(strict, dialect):
    for number, kind in enumerate([
            "image/jpeg", "TEXT/plain; charset=utf-8"]):
        ticket = Pass(dialect, f"types/{number}", SIZE, kind)
        assert put(strict, ticket).status == 201
    # What names none, or nothing that is one, is application/octet-stream.
    kinds = ["text/html", "imagex/png", None]
    for kind in kinds if dialect == "jwt" else [*kinds, "image", "image/"]:
        problem = refused(
            put(strict, Pass(dialect, "types/x", SIZE, kind)),
            403, "forbidden")
        assert problem["detail"].startswith("content_type:")


def test_what_is_wrong_first(strict):
    """Type and ending before the size; and who asks before all of it."""
    for dialect in ALL:
        refused(put(strict, Pass(dialect, "a/a.exe", 30, PNG), b"x" * 30),
                403, "forbidden")
        status, code = (401, "unauthorized") if dialect == "jwt" else (
            403, "slot-invalid")
        ticket = Pass(dialect, "a/a.exe", 30, PNG, secret="of-somebody-else")
        refused(put(strict, ticket, b"x" * 30), status, code)
    # Policy before the length.
    refused(put(strict, Pass("jwt", "a/a.exe", SIZE + 1, PNG)),
            403, "forbidden")
    refused(put(strict, Pass("jwt", "a/a.png", SIZE + 1, PNG)),
            413, "length-mismatch")


def test_domains(strict):
    """A token's sub says whose file it is."""
    for number, (sub, size, status) in enumerate([
            ("a@small.example", 9, 201), ("a@small.example", 10, 413),
            ("A@SMALL.example./x", 10, 413), ("small.example", 10, 413),
            ("a@x.small.example", 10, 201), ("a@b.large.example", 40, 201),
            ("a@b.large.example", 41, 413), ("a@large.example", 40, 413)]):
        path = f"domains/{number}"
        reply = put(strict, Pass("jwt", path, size, PNG, sub=sub),
                    b"x" * size)
        assert reply.status == status, (sub, size, reply)
    ticket = Pass("jwt", "domains/a.exe", SIZE, "application/x",
                  sub="c@d.large.example")
    assert put(strict, ticket).status == 201


def test_allow_domains(start, tmp_path):
    allowed = ["example.org", "*.example.net"]
    slotd = start(support.fs_config(
        tmp_path / "store", policy={"max_size": 20},
        callers=dialects.callers(allow_domains=allowed)[1:],
        domains=[{"name": "example.org", "max_size": SIZE}]))
    for number, (sub, status) in enumerate([
            ("a@example.org", 201), ("example.org", 201),
            ("a@x.example.net", 201), ("a@example.net", 403),
            ("a@x.example.org", 403), ("a@example.com", 403), (..., 403)]):
        ticket = Pass("jwt", f"id/{number}", SIZE, PNG, sub=sub)
        reply = put(slotd, ticket)
        assert reply.status == status, (sub, reply)
        if status == 403:
            assert refused(reply, 403, "forbidden")["detail"] == (
                "sub of the token: missing, and this caller has allow_domains"
                if sub is ... else "sub of the token: this caller gets no "
                "slots for its domain")
    # A MAC says nothing of a domain: the first counts.
    for dialect in MACS:
        assert put(slotd, Pass(dialect, "id/a", SIZE, PNG)).status == 201
        refused(put(slotd, Pass(dialect, "id/b", SIZE + 1, PNG),
                    DATA + b"x"), 413, "file-too-large")


def test_no_room(start, tmp_path):
    slotd = start(support.fs_config(
        tmp_path / "store", callers=dialects.callers(),
        storage={"min_free": "99 %"}))
    for dialect in ALL:
        reply = put(slotd, Pass(dialect, "id/a", SIZE, PNG))
        refused(reply, 507, "insufficient-storage")


# --- worth nothing elsewhere ----------------------------------------------


@pytest.fixture(scope="module")
def mixed(start_once, tmp_path_factory):
    callers = [*dialects.callers(),
               {"id": "ejabberd", "secret": dialects.secret_of("ejabberd"),
                "dialect": "ejabberd"}]
    return start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=callers))


def basic(caller, secret):
    text = base64.b64encode(f"{caller}:{secret}".encode()).decode()
    return [("Authorization", "Basic " + text)]


@pytest.mark.parametrize("dialect", ALL)
def test_such_callers_ask_for_no_slot(mixed, dialect):
    secret = dialects.secret_of(dialect)
    reply = mixed.post(support.slot_body(), caller=dialect, secret=secret)
    support.assert_problem(reply, "unauthorized")
    target = "/limits?domain=example.org"
    reply = mixed.ask("GET", target, headers=[("Authorization", (
        support.authorization("GET", target, caller=dialect,
                              secret=secret)))])
    support.assert_problem(reply, "unauthorized")
    reply = mixed.ask(
        "GET", "/slot?jid=a%40localhost&name=a&size=1",
        headers=basic(dialect, secret))
    assert reply.status == 401
    bearer = Pass("jwt", "a/b", 2, secret=secret).headers["Authorization"]
    for method, path, body in (
            ("POST", "/slot", support.slot_body()), ("GET", target, None),
            ("PUT", "/u/a/b", DATA)):
        reply = mixed.ask(method, path, body, {
            "Authorization": bearer, "Content-Type": "application/json"})
        assert reply.status in (401, 403), reply
    done = support.run("sign", "-c", mixed.path, "--caller", dialect)
    assert done.returncode == 1 and not done.stdout
    assert b"does not sign" in done.stderr and b"Basic" not in done.stderr


@pytest.mark.parametrize("dialect", ALL)
def test_other_callers_open_no_base(mixed, dialect):
    target = f"/{dialect}/a/b"
    status, code = (401, "unauthorized") if dialect == "jwt" else (
        403, "slot-invalid")
    for caller, secret in (("prosody", support.SECRET),
                           ("ejabberd", dialects.secret_of("ejabberd")),
                           (dialect, dialects.secret_of(dialect))):
        lines = [support.authorization(
            "PUT", target, DATA, caller=caller, secret=secret)]
        lines += [line for _, line in basic(caller, secret)]
        for line in lines:
            reply = mixed.ask("PUT", target, DATA, {"Authorization": line})
            refused(reply, status, code)
    # Nor does one dialect another's.
    for other in ALL:
        if other != dialect:
            ticket = Pass(other, "a/b", SIZE, PNG)
            ticket.put = ticket.put.replace(f"/{other}/", f"/{dialect}/")
            refused(put(mixed, ticket), status, code)
    support.assert_problem(mixed.ask("GET", target), "not-found")


def test_slots_beside_them(mixed):
    slot = mixed.slot(size=SIZE)
    assert support.fetch("PUT", slot["put"], DATA).status == 201
    assert support.fetch("GET", slot["get"]).body == DATA
    target = support.split_url(slot["get"])[1]
    for dialect in ALL:
        reply = mixed.ask("GET", target.replace("/f/", f"/{dialect}/"))
        support.assert_problem(reply, "not-found")


@pytest.mark.parametrize("dialect", MACS)
def test_log(start, tmp_path, dialect):
    slotd = start(support.fs_config(
        tmp_path / "store", callers=dialects.callers(),
        log={"jids": True}))
    ticket = Pass(dialect, "a-folder/a-name.png", SIZE, PNG)
    assert put(slotd, ticket).status == 201
    refused(put(slotd, ticket), 409, "already-exists")
    assert slotd.ask("GET", ticket.get).status == 200
    refused(put(slotd, ticket, DATA + b"x"), 403, "slot-invalid")
    base = f"method=PUT route=/{dialect}/ "
    who = base + f"caller={dialect} domain=unknown size=10 "
    slotd.wait_line(who + "status=201")
    slotd.wait_line(who + "status=409 code=already-exists")
    slotd.wait_line(base + "status=403 code=slot-invalid "
                    'reason="wrong MAC: ')
    slotd.wait_line(f"method=GET route=/{dialect}/ size=10 status=200")
    text = "\n".join(slotd.lines)
    for word in ("a-folder", "a-name", "jid=", ticket.put.split("=")[1]):
        assert word not in text, word


# --- listeners ------------------------------------------------------------


@pytest.mark.parametrize("dialect", ALL)
def test_public(start, tmp_path, dialect):
    """There, and not where slots are asked for."""
    port = support.free_port()
    slotd = start(support.fs_config(
        tmp_path / "store", callers=dialects.callers(),
        public={"address": "127.0.0.1", "port": port}))
    ticket = Pass(dialect, "id/a", SIZE, PNG)
    for method, target in (
            ("PUT", ticket.put), ("GET", ticket.get), ("HEAD", ticket.get),
            ("OPTIONS", ticket.get)):
        reply = slotd.ask(method, target, DATA, ticket.headers)
        assert reply.status == 404, (method, reply)
    public = "127.0.0.1", port
    assert put(slotd, ticket, address=public).status == 201
    reply = support.request(public, "GET", ticket.get)
    assert (reply.status, reply.body) == (200, DATA)
    assert support.request(public, "POST", "/slot", b"{}").status == 404


@pytest.mark.parametrize("dialect", ALL)
def test_base_path(start, tmp_path, dialect):
    """A proxy has taken it off; it is no part of what the MAC is about."""
    config = support.fs_config(
        tmp_path / "store", callers=dialects.callers())
    config["listen"]["base_path"] = "/up"
    config["public_url"] += "/up"
    slotd = start(config)
    ticket = Pass(dialect, "id/a", SIZE, PNG)
    assert put(slotd, ticket).status == 201
    assert slotd.ask("GET", ticket.get).body == DATA
    support.assert_problem(
        slotd.ask("GET", "/up" + ticket.get), "not-found")


@pytest.mark.parametrize("dialect", ALL)
def test_a_longer_base(start, tmp_path, dialect):
    callers = [dialects.caller(dialect, base="/a/b-1.c/")]
    slotd = start(support.fs_config(tmp_path / "store", callers=callers))
    ticket = Pass(dialect, "id/a", SIZE, PNG)
    for attribute in ("put", "get"):
        setattr(ticket, attribute, getattr(ticket, attribute).replace(
            f"/{dialect}/", "/a/b-1.c/"))
    assert put(slotd, ticket).status == 201
    assert slotd.ask("GET", ticket.get).body == DATA
    assert (tmp_path / "store/files/a/b-1.c/id/a").read_bytes() == DATA
    for path in ("/a/", "/a/b-1.c", "/a/b-1.cx/id/a", "/a/b-1xc/id/a"):
        support.assert_problem(slotd.ask("GET", path), "not-found")
