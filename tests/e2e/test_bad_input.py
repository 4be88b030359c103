"""POST /slot with bad input: the right status and code, nothing else."""

import json

import pytest

import support

JSON = [("Content-Type", "application/json")]


@pytest.fixture(autouse=True)
def survives(s3):
    """Whatever was sent: the same process still answers."""
    yield
    assert s3.process.poll() is None
    assert s3.healthy()


def bad(slotd, body, mention=""):
    problem = support.assert_problem(slotd.post(body), "bad-request")
    assert mention in problem["detail"], problem["detail"]


# --- the body as a whole --------------------------------------------------

GOOD = support.slot_body()


@pytest.mark.parametrize("body", [
    b"", b" ", b"{", b"}", b"[]", b'"text"', b"5", b"null", b"{}x",
    GOOD[:-1], GOOD[:20], GOOD + b"{}", GOOD + b",", GOOD + b"\0",
    b"\xff\xfe" + GOOD, GOOD.replace(b",", b",,", 1), b"size=5",
    GOOD.replace(b'"', b"'"), GOOD[:-1] + b",}",
    b"[" * 8000, b'{"a":' * 3000, b"[" * 8000 + b"]" * 8000,
    GOOD[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b"\0" * 100, b"\xf0\x28\x8c\x28",
])
def test_bodies(s3, body):
    reply = s3.post(body)
    support.assert_problem(reply, "bad-request")


def test_no_body(s3):
    line = support.authorization()
    reply = s3.ask("POST", "/slot", None, [("Authorization", line), *JSON])
    assert reply.status in (400, 411), reply


@pytest.mark.parametrize("size", [16385, 17 * 1024])
def test_too_large(s3, size):
    body = GOOD + b" " * (size - len(GOOD))
    support.assert_problem(s3.post(body), "body-too-large")


def test_too_large_chunked(s3):
    body = GOOD + b" " * (17 * 1024 - len(GOOD))
    line = support.authorization(body=body)
    headers = [("Authorization", line), *JSON,
               ("Transfer-Encoding", "chunked")]
    reply = s3.ask("POST", "/slot", support.chunked(body), headers)
    support.assert_problem(reply, "body-too-large")


def test_not_utf8(s3):
    for wrong in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                  b"\xc3", b"\x80", b"\\ud800", b"\\udc00\\ud800"):
        bad(s3, GOOD.replace(b"cat", b"c" + wrong))
        bad(s3, GOOD[:-1] + b', "unknown": "' + wrong + b'"}')


@pytest.mark.parametrize("where", ["jid", "filename", "content_type", "x"])
def test_nul_in_a_string(s3, where):
    value = "juliet@example.org\0" if where == "jid" else "a\0b.jpg"
    bad(s3, support.slot_body(**{where: value}))


@pytest.mark.parametrize("at", [
    b"{", b'"jid"', b": ", b", ", b"}", b"1234"])
def test_nul_between_tokens(s3, at):
    """No white space of JSON's (RFC 8259, section 2)."""
    assert at in GOOD
    bad(s3, GOOD.replace(at, at + b"\0", 1), "NUL")
    bad(s3, GOOD.replace(at, b"\0" + at, 1), "NUL")


@pytest.mark.parametrize("more", [
    b'"size": 1', b'"jid": "a@example.org"', b'"s\\u0069ze": 1',
    b'"x": 1, "x": 1', b'"x": {"a": 1, "a": 1}',
    b'"x": [0, {"y": {"a": 1, "b": 2, "a": 3}}]', b'"": 1, "": 2',
])
def test_duplicates(s3, more):
    bad(s3, GOOD[:-1] + b", " + more + b"}")


def test_same_name_at_two_depths(s3):
    body = GOOD[:-1] + b', "x": {"size": 1}, "y": {"size": 2}}'
    assert s3.post(body).status == 200


# --- members --------------------------------------------------------------


@pytest.mark.parametrize("member", ["jid", "filename", "size"])
@pytest.mark.parametrize("value", [..., None, True, [], {}])
def test_required(s3, member, value):
    bad(s3, support.slot_body(**{member: value}), member)


@pytest.mark.parametrize("member", ["jid", "filename", "content_type",
                                    "purpose"])
@pytest.mark.parametrize("value", [5, 1.5, False, ["a"], {"a": "b"}])
def test_no_strings(s3, member, value):
    bad(s3, support.slot_body(**{member: value}), member)


@pytest.mark.parametrize("size", [
    "-1", "-9223372036854775808", "1.5", "1.0", "0.0", "1e3", "1E3", "1e-3",
    '"12"', '""', "true", "false", "null", "[1]",
])
def test_sizes(s3, size):
    bad(s3, GOOD.replace(b"1234", size.encode()), "size")


@pytest.mark.parametrize("size", [
    "NaN", "Infinity", "0x10", "010", "+1", "1_000", ".5", "5.", "1 2", ""])
def test_sizes_that_are_not_json(s3, size):
    bad(s3, GOOD.replace(b"1234", size.encode()))


def test_size_of_63_bits(s3):
    reply = s3.post(support.slot_body(size=2**63 - 1))
    support.assert_problem(reply, "file-too-large")


@pytest.mark.parametrize("size", [
    2**63, 2**64, 2**64 + 1, -2**63 - 1, 10**30, 10**400])
def test_sizes_beyond_64_bits(s3, size):
    reply = s3.post(GOOD.replace(b"1234", str(size).encode()))
    assert reply.status in (400, 413)
    code = "bad-request" if reply.status == 400 else "file-too-large"
    support.assert_problem(reply, code)


@pytest.mark.parametrize("jid", [
    "", "@", "/", "@example.org", "juliet@", "juliet@/balcony", "/balcony",
    "juliet@exam ple.org", "ju liet@example.org", " juliet@example.org",
    "juliet@example.org ", "a@b@example.org", "juliet@..", "..", ".",
    "juliet@example..org", "juliet@.example.org", "juliet@example.org..",
    "juliet@-example.org", "juliet@../../etc", "juliet@exam\tple.org",
    "juliet\n@example.org", "juliet\x01@example.org",
    "juliet@example.org/bal\x01cony", "juliet@\x7f.org",
    "juliet@" + "a" * 4096, "j" * 4096 + "@example.org", "a" * 4096,
    "j" * 1024 + "@example.org", "juliet@example.org/" + "r" * 1024,
    "juliet@" + "a." * 511 + "aa", "juliet@a\u2028b.org", "juliet@[::1",
    "juliet@[zz]", "juliet@exam%ple.org", "juliet@a\\b.org", "juliet@a:b",
])
def test_jids(s3, jid):
    bad(s3, support.slot_body(jid=jid), "jid")


@pytest.mark.parametrize("value", [1, 1.5, True, [], ["image/png"], {}])
def test_content_types(s3, value):
    bad(s3, support.slot_body(content_type=value), "content_type")


@pytest.mark.parametrize("value", ["avatar", "", "Message", "message "])
def test_purpose(s3, value):
    bad(s3, support.slot_body(purpose=value), "purpose")


# --- which of several faults is told --------------------------------------


def big():
    return GOOD + b" " * 17000


def test_order_not_found_first(s3):
    for method in ("POST", "DELETE", "BREW"):
        reply = s3.ask(method, "/slots", big())
        support.assert_problem(reply, "not-found")


def test_order_then_method(s3):
    for method in ("PUT", "DELETE", "PATCH"):
        reply = s3.ask(method, "/slot", big())
        support.assert_problem(reply, "method-not-allowed")
        assert "POST" in reply.headers["Allow"]
    reply = s3.ask("POST", "/healthz", b"")
    support.assert_problem(reply, "method-not-allowed")
    assert "GET" in reply.headers["Allow"]


def test_order_then_too_large(s3):
    reply = s3.ask("POST", "/slot", big(), [("Content-Type", "text/plain")])
    support.assert_problem(reply, "body-too-large")


def test_order_then_unauthorized(s3):
    reply = s3.ask("POST", "/slot", b"{", [("Content-Type", "text/plain")])
    support.assert_problem(reply, "unauthorized")


@pytest.mark.parametrize("headers", [
    [], [("Content-Type", "text/plain")], [("Content-Type", "")],
    [("Content-Type", "application/jsonx")],
    [("Content-Type", "text/json")],
    [("Content-Type", "application/x-www-form-urlencoded")],
    [("Content-Type", "multipart/form-data; boundary=x")],
])
def test_order_then_media_type(s3, headers):
    reply = s3.post(b"{", headers)
    support.assert_problem(reply, "unsupported-media-type")


def test_order_then_the_rest(start):
    slotd = start(support.s3_config(
        policy={"max_size": 10, "deny_extensions": ["exe"]},
        callers=[{"id": "prosody", "secret": support.SECRET,
                  "allow_domains": ["example.org"]}]))
    wrong = {"jid": "a@example.com", "size": 11}
    for more, code in (
            ({"size": -1}, "bad-request"),
            ({"content_type": 1}, "bad-request"),
            ({}, "forbidden"),
            ({"jid": "a@example.org", "filename": "a.exe"}, "forbidden"),
            ({"jid": "a@example.org"}, "file-too-large")):
        reply = slotd.post(support.slot_body(**{**wrong, **more}))
        support.assert_problem(reply, code)


def test_nothing_from_inside(s3):
    """Details never carry back what was sent as markup or control."""
    reply = s3.post(support.slot_body(jid="<script>\x01\u202e@x y"))
    detail = json.loads(reply.body)["detail"]
    assert all(ord(c) >= 32 for c in detail)
    assert "\u202e" not in detail
