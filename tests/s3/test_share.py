"""Dialects whose URLs the XMPP server makes, before a real store.

slotd takes the PUT, as those servers expect it, and sends it on; GET and
HEAD lead to the store.
"""

import datetime
import time
import urllib.parse

import pytest

import dialects
import support
from dialects import ALL, Pass, refused

DATA = bytes(range(256)) * 5 + b"\r\n"
SIZE = len(DATA)
PNG = "image/png"
NAMES = ["cat.jpg", "très cool + 100 %.txt", "~a~ & %41%2F.pdf"]
OTHER = b"what was there before"


def start_at(lab, start_once, bucket, storage=None, **over):
    """slotd before this bucket, with a caller of each dialect."""
    slotd = start_once(lab.config(
        bucket, storage=storage or {}, callers=dialects.callers(), **over))
    slotd.bucket = bucket
    return slotd


@pytest.fixture(scope="module")
def private_one(lab, private, start_once, tmp_path_factory):
    """get = "redirect" before a private bucket."""
    key_file = support.write_key(tmp_path_factory.mktemp("keys"))
    return start_at(
        lab, start_once, private, {"get": "redirect"},
        public_url="https://up.example.org", key_file=key_file)


@pytest.fixture(scope="module")
def public_one(lab, public, start_once):
    return start_at(lab, start_once, public)


@pytest.fixture(scope="module")
def presigned_one(lab, private, start_once):
    return start_at(lab, start_once, private,
                    {"get": "presigned", "get_ttl": 60})


@pytest.fixture(params=["private_one", "public_one", "presigned_one"])
def slotd(request):
    return request.getfixturevalue(request.param)


def put(slotd, ticket, data=DATA):
    return slotd.ask("PUT", ticket.put, data, ticket.headers)


def follow(lab, slotd, method, target):
    """Where a GET or HEAD leads, asked as a client asks."""
    reply = slotd.ask(method, target)
    assert reply.status == 302, reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    args = ["-I"] if method == "HEAD" else []
    return lab.curl(*args, url=reply.headers["Location"])


@pytest.mark.parametrize("dialect", ALL)
def test_journey(lab, slotd, request, dialect):
    folder = request.node.name.replace("[", "-").rstrip("]")
    for name in NAMES:
        path = f"{folder}/{name}"
        ticket = Pass(dialect, path, SIZE, PNG)
        reply = put(slotd, ticket)
        assert (reply.status, reply.body) == (201, b""), reply
        key = f"{dialect}/{path}"
        head = lab.owners.head_object(Bucket=slotd.bucket, Key=key)
        assert head["ContentType"] == PNG
        assert head["ContentLength"] == SIZE
        assert lab.stored(slotd.bucket, key) == DATA
        for method, body in (("HEAD", b""), ("GET", DATA)):
            got = follow(lab, slotd, method, ticket.get)
            assert got.status == 200, (method, got)
            assert got.headers["content-length"] == str(SIZE)
            if method == "GET":
                assert got.body == body
        got = slotd.ask("GET", Pass(
            dialect, path, 0, write=dialects.escaped).get)
        assert got.status == 302
        again = Pass(dialect, path, len(OTHER), PNG)
        refused(put(slotd, again, OTHER), 409, "already-exists")
        assert lab.stored(slotd.bucket, key) == DATA


@pytest.mark.parametrize("dialect", ALL)
def test_where_they_lead(lab, private_one, public_one, dialect):
    ticket = Pass(dialect, "leads/a.html", SIZE, "text/html")
    for slotd in (private_one, public_one):
        assert put(slotd, ticket).status == 201
    plain = lab.store.url(public_one.bucket) + f"/{dialect}/leads/a.html"
    reply = public_one.ask("GET", ticket.get)
    assert reply.headers["Location"] == plain
    reply = private_one.ask("GET", ticket.get)
    assert "X-Amz-Signature=" in reply.headers["Location"]
    # Nothing that a browser would run is shown in place.
    got = follow(lab, private_one, "GET", ticket.get)
    assert got.headers["content-disposition"].startswith("attachment")
    # Without the signature the bucket is closed.
    assert lab.get(
        lab.store.url(private_one.bucket)
        + f"/{dialect}/leads/a.html").status == 403


@pytest.mark.parametrize("dialect", ALL)
def test_nothing_else_of_the_bucket(lab, private_one, dialect):
    """Only what is below the base is signed for strangers."""
    lab.owners.put_object(
        Bucket=private_one.bucket, Key="secret/file", Body=OTHER)
    for path in ("../secret/file", "%2e%2e/secret/file", "..%2Fsecret/file",
                 "a/../../secret/file", "/secret/file", "file"):
        reply = private_one.ask("GET", f"/{dialect}/{path}")
        support.assert_problem(reply, "not-found")
    reply = private_one.ask("GET", f"/{dialect}/secret/file")
    location = urllib.parse.urlsplit(reply.headers["Location"])
    assert location.path.endswith(f"/{dialect}/secret/file")
    assert lab.get(reply.headers["Location"]).status == 404


def test_expires(lab, slotd):
    """It is kept with the object, for a rule or a script that reads it."""
    expires = int(time.time()) + 86400
    stamp = datetime.datetime.fromtimestamp(
        expires, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, value in (("with", expires), ("without", ...)):
        path = f"expires-{slotd.address[1]}/{name}"
        ticket = Pass("jwt", path, SIZE, PNG, expires=value)
        assert put(slotd, ticket).status == 201
        meta = lab.owners.head_object(
            Bucket=slotd.bucket, Key="jwt/" + path)["Metadata"]
        assert meta == ({"expires": stamp} if name == "with" else {})


@pytest.mark.parametrize("dialect", ALL)
def test_refused(lab, private_one, dialect):
    """Nothing reaches the store."""
    before = lab.listing(private_one.bucket)
    jwt = dialect == "jwt"
    ticket = Pass(dialect, "refused/a", SIZE, PNG, secret="somebody-else-01")
    refused(put(private_one, ticket), *(
        (401, "unauthorized") if jwt else (403, "slot-invalid")))
    ticket = Pass(dialect, "refused/a", SIZE + 1, PNG)
    refused(put(private_one, ticket), *(
        (413, "length-mismatch") if jwt else (403, "slot-invalid")))
    reply = private_one.ask(
        "PUT", ticket.put, support.chunked(DATA),
        {**ticket.headers, "Transfer-Encoding": "chunked"})
    refused(reply, 411, "length-required")
    ticket = Pass(dialect, "refused/big", 2**30 + 1, PNG)
    ticket.headers["Content-Length"] = str(2**30 + 1)
    refused(put(private_one, ticket, b""), 413, "file-too-large")
    assert lab.listing(private_one.bucket) == before


def test_prefix(lab, private, start_once):
    """A key below the prefix that bucket_url has."""
    slotd = start_at(lab, start_once, private, {"get": "presigned"},
                     prefix="/a/b")
    ticket = Pass("token", "prefix/très.png", SIZE, PNG)
    assert put(slotd, ticket).status == 201
    assert lab.stored(private, "a/b/token/prefix/très.png") == DATA
    assert follow(lab, slotd, "GET", ticket.get).body == DATA


def test_the_store_of_a_domain(lab, private, public, start_once):
    """allow_domains says in which store the files of a caller are."""
    config = lab.config(private, callers=[
        dialects.caller("jwt", allow_domains=["example.org"]),
        dialects.caller("token")])
    other = lab.config(public)["storage"]
    config["storages"] = [{"name": "other", **other}]
    config["callers"][1]["allow_domains"] = ["example.net"]
    config["domains"] = [{"name": "example.org", "storage": "other"}]
    slotd = start_once(config)
    for dialect, bucket in (("jwt", public), ("token", private)):
        ticket = Pass(dialect, "stores/a", SIZE, PNG)
        assert put(slotd, ticket).status == 201
        assert lab.stored(bucket, dialect + "/stores/a") == DATA
        reply = slotd.ask("GET", ticket.get)
        assert f"/{bucket}/{dialect}/stores/a" in reply.headers["Location"]


def test_log(slotd):
    ticket = Pass("jwt", f"log-{slotd.address[1]}/a-name", SIZE, PNG)
    assert put(slotd, ticket).status == 201
    assert slotd.ask("GET", ticket.get).status == 302
    slotd.wait_line("method=PUT route=/jwt/ caller=jwt domain=example.org "
                    f"size={SIZE} status=201")
    slotd.wait_line("method=GET route=/jwt/ status=302")
    assert not [x for x in slotd.lines if "a-name" in x or "juliet" in x]
