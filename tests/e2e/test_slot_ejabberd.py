"""GET /slot, as ejabberd's mod_http_upload asks its service_url."""

import base64
import re

import pytest

import support

# As ejabberd 23.01 sends it.
QUERY = ("jid=alice%40localhost&name=Gr%C3%BC%C3%9Fe%20%26%20co.jpg"
         "&size=12345&content_type=image/jpeg")
TARGET = "/slot?" + QUERY
PLAIN = re.compile(r"http://[A-Za-z0-9_.:/-]+")


def basic(caller="ejabberd", secret=None):
    secret = secret or support.SECRET + "-" + caller
    return [("Authorization", "Basic " + base64.b64encode(
        f"{caller}:{secret}".encode()).decode())]


def callers(**more):
    return [
        {"id": "prosody", "secret": support.SECRET},
        {"id": "ejabberd", "secret": support.SECRET + "-ejabberd",
         "dialect": "ejabberd", **more}]


@pytest.fixture(scope="module")
def s3(start_once):
    return start_once(support.s3_config(
        callers=callers(), policy={"deny_extensions": ["exe"]}))


@pytest.fixture(scope="module")
def fs(start_once, tmp_path_factory):
    return start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=callers(plain_urls=True)))


def urls(reply):
    """PUT and GET URL of an answer of the exact form."""
    assert reply.status == 200, reply
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers["Cache-Control"] == "no-store"
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    put, get = reply.body.decode("ascii").split("\n")
    assert not re.search(r"\s", put + get)
    return put, get


def assert_challenged(reply):
    assert reply.status == 401, reply
    assert reply.headers.get_all("WWW-Authenticate") == [
        'Basic realm="slotd"']
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["code"] == "unauthorized"


def test_s3(s3):
    put, get = urls(s3.ask("GET", TARGET, headers=basic()))
    base = "https://bucket.s3.example.org"
    assert re.fullmatch(
        base + r"/[\w-]{22}/Gr%C3%BC%C3%9Fe%20%26%20co\.jpg", get)
    assert put.startswith(get + "?")
    assert "X-Amz-SignedHeaders=content-length%3Bhost" in put
    s3.wait_line(r"route=/slot caller=ejabberd domain=localhost size=12345 "
                 r"status=200")


def test_plain_urls(fs):
    data = bytes(range(256)) * 48 + b"\r\n" * 28 + b"x"
    assert len(data) == 12345
    put, get = urls(fs.ask("GET", TARGET, headers=basic()))
    assert PLAIN.fullmatch(put) and PLAIN.fullmatch(get)
    assert get.endswith(".jpg")
    assert support.fetch("PUT", put, data).status == 201
    reply = support.fetch("GET", get)
    assert (reply.status, reply.body) == (200, data)
    assert reply.headers["Content-Type"] == "image/jpeg"


def test_no_type_and_no_name(s3, fs):
    for query in ("jid=a%40localhost&name=&size=0",
                  "size=0&content_type=&name=&jid=a%40localhost/home"):
        for slotd in (s3, fs):
            _, get = urls(slotd.ask(
                "GET", "/slot?" + query, headers=basic()))
            assert get.endswith("/file")


@pytest.mark.parametrize("kind", [
    "%00", "image/png%00", "image/png%0d", "%ff", "%", "%zz", "image%2", "omemo"])
def test_a_type_that_is_none(s3, kind):
    """A hint that clients write: it counts as missing."""
    _, get = urls(s3.ask("GET", "/slot?jid=a@localhost&name=c&size=1"
                         "&content_type=" + kind, headers=basic()))
    assert get.endswith("/c")


def test_a_plus_sign_is_one(s3):
    _, get = urls(s3.ask("GET", "/slot?jid=a@localhost&name=a+b%2Bc&size=1"
                         "&content_type=image/svg+xml", headers=basic()))
    assert get.endswith("/a%2Bb%2Bc")


@pytest.mark.parametrize("query, word", [
    ("", "jid"), ("?", "jid"), ("?name=a&size=1", "jid"),
    ("?jid=a%40localhost&size=1", "name"),
    ("?jid=a%40localhost&name=a", "size"),
    ("?jid=a%40localhost&name=a&size=", "size"),
    ("?jid=a%40localhost&name=a&size=-1", "size"),
    ("?jid=a%40localhost&name=a&size=1.0", "size"),
    ("?jid=a%40localhost&name=a&size=1x", "size"),
    ("?jid=a%40b%40c&name=a&size=1", "jid"),
    ("?jid=a%40localhost&name=%FF&size=1", "filename"),
    ("?jid=a%40localhost&name=a&size=1&size=2", "query"),
    ("?jid=a%40localhost&jid=a%40localhost&name=a&size=1", "query"),
    ("?jid=a%40localhost&name=%4&size=1", "query"),
    ("?jid=a%40localhost&name=%00&size=1", "query"),
])
def test_malformed(s3, query, word):
    reply = s3.ask("GET", "/slot" + query, headers=basic())
    problem = support.assert_problem(reply, "bad-request")
    assert word in problem["detail"]


def test_where_nobody_has_this_dialect(start):
    """A browser that comes by is not asked for a password."""
    slotd = start(support.s3_config())
    for headers in ([], basic(), basic("prosody", support.SECRET)):
        reply = slotd.ask("GET", TARGET, headers=headers)
        # Its challenge is that of slotd's own scheme.
        support.assert_problem(reply, "unauthorized")


def test_refused(s3):
    ask = "/slot?jid=a%40localhost&name=a.exe&size=1"
    support.assert_problem(s3.ask("GET", ask, headers=basic()), "forbidden")
    for size in (2**30 + 1, 2**63, 2**64, 10**40):
        ask = f"/slot?jid=a%40localhost&name=a&size={size}"
        problem = support.assert_problem(
            s3.ask("GET", ask, headers=basic()), "file-too-large")
        assert problem["max_file_size"] == 2**30


def test_domains(start):
    slotd = start(support.s3_config(
        callers=callers(allow_domains=["example.org"])))
    ask = "/slot?jid=a%40{}&name=a&size=1"
    urls(slotd.ask("GET", ask.format("example.org"), headers=basic()))
    support.assert_problem(slotd.ask(
        "GET", ask.format("example.net"), headers=basic()), "forbidden")


def test_no_room(start, tmp_path):
    """ejabberd knows resource-constraint by 402 alone."""
    slotd = start(support.fs_config(
        tmp_path / "store", callers=callers(), storage={"min_free": "99 %"}))
    reply = slotd.ask("GET", TARGET, headers=basic())
    assert reply.status == 402
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json == {
        "type": "about:blank", "title": "Payment Required", "status": 402,
        "code": "insufficient-storage",
        "detail": "there is no room for this file",
        "xmpp": {"condition": "resource-constraint", "type": "wait"}}


# --- who may --------------------------------------------------------------


@pytest.mark.parametrize("headers", [
    [], basic(secret="wrong-secret-of-20-b"), basic("nobody"),
    # The right secret, of a caller that has to sign.
    basic("prosody", support.SECRET),
    [("Authorization", "Basic")], [("Authorization", "Basic !")],
    basic() + basic(),
    # One key to HMAC with the right one.
    basic(secret=support.SECRET + "-ejabberd\0"),
])
def test_strangers(s3, headers):
    assert_challenged(s3.ask("GET", TARGET, headers=headers))


def test_a_signature_is_worth_nothing_here(s3):
    for auth in ({}, {"caller": "ejabberd",
                      "secret": support.SECRET + "-ejabberd"}):
        line = support.authorization("GET", TARGET, **auth)
        assert_challenged(s3.ask(
            "GET", TARGET, headers=[("Authorization", line)]))


def test_basic_is_worth_nothing_elsewhere(s3):
    json = [("Content-Type", "application/json")]
    for headers in (basic(), basic("prosody", support.SECRET)):
        support.assert_problem(s3.ask(
            "POST", "/slot", support.slot_body(), headers + json),
            "unauthorized")
        support.assert_problem(s3.ask(
            "GET", "/limits?domain=localhost", headers=headers),
            "unauthorized")


def test_the_caller_does_not_sign(s3):
    reply = s3.post(support.slot_body(), caller="ejabberd",
                    secret=support.SECRET + "-ejabberd")
    support.assert_problem(reply, "unauthorized")
    s3.wait_line("status=401 .*another dialect")
    done = support.run("sign", "-c", s3.path, "--caller", "ejabberd")
    assert done.returncode == 1 and not done.stdout
    assert b"does not sign" in done.stderr


def test_head_issues_nothing(s3):
    reply = s3.ask("HEAD", TARGET, headers=basic())
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, POST"


def test_log(start):
    """Who a user is and what a secret is stay out of it."""
    slotd = start(support.s3_config(callers=callers()))
    slotd.ask("GET", TARGET, headers=basic(secret="wrong-secret-of-20-b"))
    slotd.ask("GET", TARGET, headers=basic())
    slotd.wait_line("route=/slot claimed=ejabberd status=401 "
                    'code=unauthorized reason="wrong secret"')
    slotd.wait_line("route=/slot caller=ejabberd .*status=200")
    text = "\n".join(slotd.lines)
    for word in ("alice", "co.jpg", support.SECRET, "wrong-secret"):
        assert word not in text


def test_a_jid_is_one_line(start):
    slotd = start(support.s3_config(callers=callers(), log={"jids": True}))
    slotd.ask("GET", "/slot?jid=a%0Ats=x%20b%40localhost&name=a&size=1",
              headers=basic())
    slotd.ask("GET", TARGET, headers=basic())
    slotd.wait_line("status=400")
    slotd.wait_line("status=200")
    assert all(line.startswith("ts=20") for line in slotd.lines)


def test_check(tmp_path):
    path = support.write_config(tmp_path, support.s3_config(
        callers=callers(plain_urls=True)))
    done = support.run("check", "-c", path)
    assert done.returncode == 1
    assert re.search(rb"callers\[1\]\.plain_urls: .*presigned URLs have \?",
                     done.stderr)
