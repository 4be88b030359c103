"""POST /slot, when all is well."""

import calendar
import datetime
import json
import re
import subprocess
import time
import urllib.parse

import pytest

import names
import support

BUCKET = "https://bucket.s3.example.org"
URL_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")

# As the manual shows it, for a shell.
SHELL = r"""
ts=${TS:-$(date +%s)}
nonce=${NONCE:-$(openssl rand -hex 8)}
sig=$(printf 'slotd-v1\nprosody\nPOST\n/slot\n%s\n%s\n%s' \
	"$ts" "$nonce" "$body" |
	openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')
echo "$sig"
header="Slot-HMAC-SHA256 id=prosody, ts=$ts, nonce=$nonce, sig=$sig"
curl -sS -m 20 -w '\n%{http_code}' -H 'Content-Type: application/json' \
	-H "Authorization: $header" \
	--data-binary "$body" "http://127.0.0.1:$port/slot"
"""
VECTOR_BODY = '{"jid":"juliet@example.org","filename":"cat.jpg","size":1234}'
VECTOR_SIG = "6b5976433c113015c0e115df01c2409281aef14d57de4e59e61f4ceeb8bac0f2"


def by_shell(slotd, **env):
    env = {"port": str(slotd.address[1]), "body": VECTOR_BODY,
           "PATH": "/usr/bin:/bin", **env}
    done = subprocess.run(["sh", "-c", SHELL], env=env, capture_output=True,
                          text=True, timeout=support.PATIENCE)
    assert done.returncode == 0, done
    sig, body, status = done.stdout.split("\n")
    return sig, json.loads(body), int(status)


def test_curl_and_openssl(s3):
    sig, answer, status = by_shell(s3, secret=support.SECRET)
    assert status == 200
    assert answer["get"].endswith("/cat.jpg")


def test_vector(start):
    slotd = start(support.s3_config(callers=[
        {"id": "prosody", "secret": "correct horse battery staple"}]))
    vector = {"TS": "1732300000", "NONCE": "b6c0a1d2e3f40516"}
    sig, answer, status = by_shell(
        slotd, secret="correct horse battery staple", **vector)
    assert sig == VECTOR_SIG
    # Only who signed correctly is told that the time is wrong.
    assert (status, answer["code"]) == (401, "clock-skew")
    sig, answer, status = by_shell(
        slotd, secret="wrong horse battery staple", **vector)
    assert (status, answer["code"]) == (401, "unauthorized")


def test_answer(s3):
    before = int(time.time())
    reply = s3.post(support.slot_body(
        jid="juliet@example.org/balcony", filename="très cool.jpg",
        content_type="image/jpeg"))
    after = int(time.time())
    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.headers["Cache-Control"] == "no-store"
    answer = reply.json
    assert set(answer) == {"get", "put", "headers", "expires"}
    assert answer["headers"] == {}
    path = "[A-Za-z0-9_-]{22}/tr%C3%A8s%20cool.jpg"
    assert re.fullmatch(re.escape(BUCKET) + "/" + path, answer["get"])
    put, question, query = answer["put"].partition("?")
    assert put == answer["get"]
    query = dict(urllib.parse.parse_qsl(query, strict_parsing=True))
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Expires"] == "600"
    assert query["X-Amz-SignedHeaders"] == "content-length;host"
    assert re.fullmatch("[0-9a-f]{64}", query["X-Amz-Signature"])
    assert len(query) == 6
    stamp = time.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    signed = calendar.timegm(stamp)
    assert before <= signed <= after
    date = time.strftime("%Y%m%d", stamp)
    assert query["X-Amz-Credential"] == (
        f"{support.ACCESS_KEY}/{date}/us-east-2/s3/aws4_request")
    expires = time.strptime(answer["expires"], "%Y-%m-%dT%H:%M:%SZ")
    assert calendar.timegm(expires) == signed + 600


@pytest.mark.parametrize("name, clean", names.TABLE)
def test_names(s3, name, clean):
    answer = s3.slot(filename=name)
    for url in (answer["get"], answer["put"]):
        assert URL_CHARACTERS.fullmatch(url), url
        shown = support.key_of(url, BUCKET).split("/", 1)[1]
        assert shown == clean
    # RFC 3986: all but unreserved characters encoded, in upper case.
    encoded = urllib.parse.quote(clean, safe="~")
    assert answer["get"].endswith("/" + encoded)


def test_table_and_rule_agree():
    for name, clean in names.TABLE:
        assert names.clean(name) == clean


@pytest.mark.parametrize("length", [21, 190, 5000])
def test_endless_ending(s3, length):
    """An ending of more than 20 bytes: cut, to 200 bytes all the same."""
    name = "a" * 190 + "." + "b" * length
    shown = s3.slot(filename=name)["get"].rsplit("/", 1)[1]
    assert len(shown) <= 200
    assert shown.startswith("a" * 179)


@pytest.mark.parametrize("jid", [
    "juliet@example.org", "juliet@example.org/balcony",
    "juliet@example.org/a b@c/d\u20ac", "whatsapp.example.org",
    "example.org/res", "JULIET@EXAMPLE.ORG", "juliet@example.org.",
    "juliet@bücher.example", "juliet@127.0.0.1", "juliet@[2001:db8::1]",
    "ju'li\\et@example.org", "j" * 1023 + "@example.org",
    "juliet@example.org/" + "r" * 1023, "juliet@localhost",
])
def test_jids(s3, jid):
    s3.slot(jid=jid)


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 + 1, 2**63 - 1])
def test_sizes(start, size):
    slotd = start(support.s3_config(policy={"max_size": 2**63 - 1}))
    slotd.slot(size=size)


def test_max_size_default(s3):
    s3.slot(size=2**30)
    reply = s3.post(support.slot_body(size=2**30 + 1))
    problem = support.assert_problem(reply, "file-too-large")
    assert problem["max_file_size"] == 2**30


def test_members(s3):
    s3.slot(unknown={"a": [1, None, {"b": 1}]}, purpose="message")
    s3.slot(content_type="text/plain; charset=utf-8")
    s3.slot(content_type="application/" + "x" * 243)


def test_ways_to_send_the_body(s3):
    body = support.slot_body()
    upper = [("Content-Type", "Application/JSON; charset=UTF-8")]
    assert s3.post(body, upper).status == 200
    line = support.authorization(body=body)
    headers = [("Authorization", line), ("Content-Type", "application/json")]
    chunked = headers + [("Transfer-Encoding", "chunked")]
    reply = s3.ask("POST", "/slot", support.chunked(body, 7), chunked)
    assert reply.status == 200
    padded = body + b" " * (16384 - len(body))
    assert s3.post(padded).status == 200


def test_every_slot_is_another(s3):
    seen = {support.key_of(s3.slot()["get"], BUCKET) for _ in range(50)}
    assert len(seen) == 50


def test_set_public(start):
    slotd = start(support.s3_config(storage={"set_public": True}))
    query = slotd.slot()["put"].partition("?")[2]
    query = dict(urllib.parse.parse_qsl(query))
    assert query["x-amz-acl"] == "public-read"
    assert query["X-Amz-SignedHeaders"] == "content-length;host"


@pytest.mark.parametrize("slash", ["", "/"])
def test_download_url(start, slash):
    slotd = start(support.s3_config(storage={
        "download_url": "https://cdn.example.org/files" + slash,
        "bucket_url": BUCKET + "/pre/fix" + slash, "put_ttl": 90}))
    answer = slotd.slot(filename="ü.png")
    key = support.key_of(answer["put"], BUCKET + "/pre/fix")
    base = "https://cdn.example.org/files"
    assert support.key_of(answer["get"], base) == key
    assert "X-Amz-Expires=90&" in answer["put"]


def test_policy(start):
    slotd = start(support.s3_config(policy={
        "max_size": "2 KiB", "allow_types": ["image/*", "text/plain"],
        "deny_extensions": ["exe", "php"]}))
    slotd.slot(content_type="image/png")
    slotd.slot(content_type="Text/PLAIN; charset=utf-8", size=2048)
    for members in (
            {}, {"content_type": "text/html"}, {"content_type": "imagex/png"},
            {"content_type": "image/png", "filename": "a.exe"},
            {"content_type": "image/png", "filename": "a.EXE"},
            {"content_type": "image/png", "filename": "a.PhP..."},
            {"content_type": "image/png", "filename": "a.exe\u200b"},
            {"content_type": "image/png", "filename": "a.exe "}):
        reply = slotd.post(support.slot_body(**members))
        support.assert_problem(reply, "forbidden")
    slotd.slot(content_type="image/png", filename="exe")
    slotd.slot(content_type="image/png", filename="a.exe.png")
    reply = slotd.post(support.slot_body(
        content_type="image/png", size=2049))
    problem = support.assert_problem(reply, "file-too-large")
    assert problem["max_file_size"] == 2048


def test_limits(start):
    slotd = start(support.s3_config(
        policy={"max_size": "3 MiB", "allow_types": ["image/*"]},
        storage={"put_ttl": 77}))
    target = "/limits?domain=example.org"
    line = support.authorization("GET", target)
    reply = slotd.ask("GET", target, headers={"Authorization": line})
    assert reply.status == 200
    assert reply.json == {
        "max_size": 3 * 2**20, "put_ttl": 77, "allow_types": ["image/*"],
        "purposes": {"message": {"max_size": 3 * 2**20, "keep": None}}}
    support.assert_problem(slotd.ask("GET", target), "unauthorized")


TWICE = "appears twice in the query, is too long or malformed"


@pytest.mark.parametrize("method, path, name", [
    ("GET", "/limits", "domain"), ("GET", "/quota", "jid"),
    ("DELETE", "/quota", "jid"), ("DELETE", "/files", "jid")])
@pytest.mark.parametrize("query, fault", [
    ("", "missing from the query"),
    ("?other=example.org", "missing from the query"),
    ("?{0}=example.org&{0}=example.org", TWICE),
    ("?{0}=%zz", TWICE)])
def test_what_is_wrong_with_a_query(s3, method, path, name, query, fault):
    target = path + query.format(name)
    reply = s3.ask(method, target, headers={
        "Authorization": support.authorization(method, target)})
    problem = support.assert_problem(reply, "bad-request")
    assert problem["detail"] == f"{name}: {fault}"


def test_too_long_a_domain(s3):
    """Longer than any domain of a JID (RFC 7622)."""
    target = "/limits?domain=" + "a" * 1024
    reply = s3.ask("GET", target, headers={
        "Authorization": support.authorization("GET", target)})
    problem = support.assert_problem(reply, "bad-request")
    assert problem["detail"] == f"domain: {TWICE}"


def test_plain_urls(fs):
    """For servers that spoil anything but the plainest characters."""
    for name in ("très cool.jpg", "a+b%41&c.jpg", "\U0001f600~!.jpg"):
        answer = fs.slot("plain", filename=name, size=3)
        for url in (answer["get"], answer["put"]):
            assert re.fullmatch(r"[A-Za-z0-9_.:/-]+", url), url
            assert url.endswith(".jpg")
        assert support.fetch("PUT", answer["put"], b"abc").status == 201
        assert support.fetch("GET", answer["get"]).body == b"abc"


PURPOSES = {"keep": "1 d", "purposes": [
    {"name": "profile", "keep": 0, "max_size": 1000},
    {"name": "ephemeral"}]}


def issued(slotd, **members):
    reply = slotd.post(support.slot_body(**members))
    assert reply.status == 200, reply
    stamp = reply.json["get"].split("/f/")[1].split("/")[0]
    return stamp, reply.json.get("file_expires")


def test_purposes(start, tmp_path):
    slotd = start(support.fs_config(
        tmp_path / "store", policy=PURPOSES,
        domains=[{"name": "example.net", "purposes": [
            {"name": "permanent"}]}]))
    before = int(time.time())
    for purpose in {}, {"purpose": "message"}:
        stamp, end = issued(slotd, **purpose)
        until = calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
        assert before + 86400 <= until <= time.time() + 86400
        assert end == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
    assert issued(slotd, purpose="profile", size=1000) == ("never", None)
    refused = slotd.post(support.slot_body(purpose="profile", size=1001))
    support.assert_problem(refused, "file-too-large")
    assert refused.json["max_file_size"] == 1000
    soon = time.gmtime(before + 600)
    # Ten minutes later, by another clock.
    ahead = time.strftime("%Y-%m-%dt%H:%M:%S+02:00",
                          time.gmtime(before + 600 + 7200))
    assert issued(slotd, purpose="ephemeral", expire_before=ahead) == (
        time.strftime("%Y%m%dT%H%M%SZ", soon),
        time.strftime("%Y-%m-%dT%H:%M:%SZ", soon))
    for wrong in ({}, {"expire_before": None}, {"expire_before": "soon"},
                  {"expire_before": "2001-01-01T00:00:00Z"}):
        support.assert_problem(slotd.post(support.slot_body(
            purpose="ephemeral", **wrong)), "bad-request")
    # Ignored with the others, whatever it is.
    assert issued(slotd, purpose="profile", size=1, expire_before=7)
    support.assert_problem(slotd.post(support.slot_body(
        purpose="avatar")), "bad-request")
    support.assert_problem(slotd.post(support.slot_body(
        purpose="permanent")), "forbidden")
    net = {"jid": "juliet@example.net"}
    assert issued(slotd, purpose="permanent", **net) == ("never", None)
    support.assert_problem(slotd.post(support.slot_body(
        purpose="profile", **net)), "forbidden")


@pytest.mark.parametrize("get", ["redirect", "presigned"])
def test_no_signature_outlives_the_file(start, tmp_path, get):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    key.chmod(0o600)
    slotd = start(support.s3_config(
        policy={"keep": 100}, storage={"get": get}, key_file=str(key),
        public_url="http://127.0.0.1:8363"))
    reply = slotd.post(support.slot_body())
    assert reply.status == 200, reply
    end = datetime.datetime.fromisoformat(reply.json["file_expires"])
    assert reply.json["expires"] == reply.json["file_expires"]
    assert "X-Amz-Expires=100&" in reply.json["put"]
    url = reply.json["get"]
    if get == "redirect":
        target = urllib.parse.urlsplit(url).path
        lead = slotd.ask("GET", target)
        assert lead.status == 302
        url = lead.headers["Location"]
        assert int(lead.headers["Cache-Control"].split("=")[1]) <= 100
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    signed = datetime.datetime.strptime(
        query["X-Amz-Date"][0] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert signed + datetime.timedelta(
        seconds=int(query["X-Amz-Expires"][0])) == end
