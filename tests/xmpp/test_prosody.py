"""Prosody with our module: slots, sizes, names, headers and errors."""

import calendar
import time

import pytest

import prosody
import stub
from stanza import (
    NS0, NS_OLD, disco_info, parse_error, parse_slot, slot_request)

pair, alice = prosody.pair, prosody.alice
BOTH = pytest.mark.parametrize("ns", [NS0, NS_OLD])


def ask(pair, client, *args, **more):
    return client.iq("get", pair.upload, slot_request(*args, **more))


def refused(pair, client, filename="cat.jpg", size=1234, **more):
    """The error of a request, which the stub is not to see."""
    before = len(pair.stub.requests)
    error = parse_error(ask(pair, client, filename, size, **more))
    assert len(pair.stub.requests) == before
    return error


def test_disco(pair, alice):
    info = disco_info(alice, pair.upload)
    assert info.identities == {("store", "file"): "HTTP File Upload"}
    assert {NS0, NS_OLD} <= info.features
    assert info.forms == {
        NS0: {"max-file-size": "1073741824"},
        NS_OLD: {"max-file-size": "1073741824"},
    }


def test_it_is_found(pair, alice):
    answer = alice.iq("get", pair.host, "<query xmlns='http://jabber.org"
                      "/protocol/disco#items'/>")
    assert pair.upload in [item.get("jid") for item in answer[0]]


@BOTH
def test_slot(pair, alice, ns):
    before = len(pair.stub.requests)
    slot = parse_slot(
        ask(pair, alice, "cat.jpg", 1234, "image/jpeg", ns=ns))
    assert slot == (stub.PUT, stub.GET, {})
    request, = pair.stub.requests[before:]
    assert (request.method, request.target) == ("POST", "/slot")
    assert request.header("Content-Type") == "application/json"
    assert request.json == {
        "jid": "alice@localhost/test", "filename": "cat.jpg", "size": 1234,
        "content_type": "image/jpeg"}
    assert request.is_signed_by("prosody", prosody.configs.SECRET)


@BOTH
@pytest.mark.parametrize("kind", [None, ""])
def test_no_type(pair, alice, ns, kind):
    payload = slot_request("cat.jpg", 1234, "x", ns=ns)
    if kind is None:
        payload = slot_request("cat.jpg", 1234, ns=ns)
    payload = payload.replace("content-type='x'", "content-type=''").replace(
        'content-type="x"', 'content-type=""').replace(
        ">x</content-type>", "></content-type>")
    parse_slot(alice.iq("get", pair.upload, payload))
    assert pair.stub.requests[-1].json == {
        "jid": "alice@localhost/test", "filename": "cat.jpg", "size": 1234}


@BOTH
@pytest.mark.parametrize("name", [
    "très cool.jpg", "Füße & co.jpg", "日本語.txt", "🐈‍⬛.png", "a'b\"c<d>e&.txt",
    "\\back\\slash", "tab\there", "line\nend", "..", "/etc/passwd", "%41.txt",
    "\u202egnp.exe", "cafe\u0301", "x" * 4000, "]]>", "{\"size\":1}"])
def test_names(pair, alice, ns, name):
    payload = slot_request(name, 1234, ns=ns)
    if ns == NS0:
        payload = payload.replace("\n", "&#10;").replace("\t", "&#9;")
    parse_slot(alice.iq("get", pair.upload, payload))
    assert pair.stub.requests[-1].json["filename"] == name


@BOTH
@pytest.mark.parametrize("size, sent", [
    ("0", "0"), ("1", "1"), ("00017", "17"), ("1000000", "1000000"),
    ("1000000000000000", "1000000000000000"),
    ("9007199254740991", "9007199254740991")])
def test_sizes(pair, alice, ns, size, sent):
    parse_slot(ask(pair, alice, "cat.jpg", size, ns=ns))
    body = pair.stub.requests[-1].body.decode()
    assert f'"size":{sent}' in body.replace(" ", "").replace("}", ",").split(
        ",")


@BOTH
@pytest.mark.parametrize("size", [
    "-1", "1.0", "1.5", "1e3", "0x10", "abc", "", " ", "+5", "nan", "inf",
    "12 34"])
def test_no_sizes(pair, alice, ns, size):
    error = refused(pair, alice, size=size, ns=ns)
    assert error[:2] == ("bad-request", "modify")
    assert "size" in error.text


@BOTH
@pytest.mark.parametrize("size", [
    "9007199254740992", "18446744073709551616", "9" * 400])
def test_absurd_sizes(pair, alice, ns, size):
    error = refused(pair, alice, size=size, ns=ns)
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size == 1073741824


@pytest.mark.parametrize("payload", [
    f"<request xmlns='{NS0}' size='1234'/>",
    f"<request xmlns='{NS0}' filename='cat.jpg'/>",
    f"<request xmlns='{NS_OLD}'><size>1234</size></request>",
    f"<request xmlns='{NS_OLD}'><filename>cat.jpg</filename></request>",
    f"<request xmlns='{NS_OLD}' filename='cat.jpg' size='1234'/>",
])
def test_incomplete(pair, alice, payload):
    before = len(pair.stub.requests)
    error = parse_error(alice.iq("get", pair.upload, payload))
    assert error[:2] == ("bad-request", "modify")
    assert len(pair.stub.requests) == before


def test_a_name_beyond_16_kib(pair, alice):
    error = refused(pair, alice, "x" * 17000)
    assert error[:2] == ("bad-request", "modify")
    assert "too long" in error.text


# --- headers --------------------------------------------------------------


def test_headers(pair, alice):
    pair.stub.then(stub.slot(headers={
        "authorization": "Bearer abc.def", "COOKIE": "a=b; c=d",
        "Expires": "Thu, 01 Jan 2030 00:00:00 GMT",
        "Content-Type": "image/jpeg", "X-Amz-Acl": "public-read",
        "Host": "example.org"}))
    assert parse_slot(ask(pair, alice, "cat.jpg", 1)).headers == {
        "Authorization": "Bearer abc.def", "Cookie": "a=b; c=d",
        "Expires": "Thu, 01 Jan 2030 00:00:00 GMT"}


@pytest.mark.parametrize("headers", [
    {"Authorization": "one\ntwo"}, {"Cookie": "one\r\nX: y"},
    {"Cookie": "nul\0"}, {"Expires": 17}, {"Expires": None},
    {"Expires": {"a": "b"}}, [], ["Authorization"], "Authorization", 7])
def test_headers_that_are_dropped(pair, alice, headers):
    pair.stub.then(stub.answer(200, {
        "get": stub.GET, "put": stub.PUT, "headers": headers}))
    assert parse_slot(ask(pair, alice, "cat.jpg", 1)) == (
        stub.PUT, stub.GET, {})


def test_headers_missing(pair, alice):
    pair.stub.then(stub.answer(200, {"get": stub.GET, "put": stub.PUT}))
    assert parse_slot(ask(pair, alice, "cat.jpg", 1)).headers == {}


def test_urls_that_need_escapes_in_xml(pair, alice):
    put = "https://a.example.org:8443/b/%27c'd(e)!*?x=1&y=%22&z=[1];u=@:$+,~"
    get = "https://[2001:db8::1]/b?c&d"
    pair.stub.then(stub.slot(put, get))
    assert parse_slot(ask(pair, alice, "cat.jpg", 1)) == (put, get, {})


# --- errors that slotd names ----------------------------------------------


@BOTH
def test_too_large(pair, alice, ns):
    pair.stub.then(stub.too_large(104857600))
    error = parse_error(ask(pair, alice, "cat.jpg", 2**40, ns=ns))
    assert error == ("not-acceptable", "modify",
                     "What the stub says: file-too-large.", 104857600, None)


def test_too_large_stands_in_the_namespace_of_the_request(pair, alice):
    for ns in NS0, NS_OLD:
        pair.stub.then(stub.too_large(10))
        answer = ask(pair, alice, "cat.jpg", 11, ns=ns)
        found = answer.find(f".//{{{ns}}}file-too-large/{{{ns}}}max-file-size")
        assert found.text == "10"


@pytest.mark.parametrize("size", [
    "10", -1, 1.5, 2**53, None, [], {}, True])
def test_too_large_without_a_size(pair, alice, size):
    pair.stub.then(stub.too_large(size))
    error = parse_error(ask(pair, alice, "cat.jpg", 2**40))
    assert error[:2] == ("not-acceptable", "modify")
    assert error.max_file_size is None


def test_quota(pair, alice):
    pair.stub.then(stub.quota("2030-01-02T03:04:05Z"))
    error = parse_error(ask(pair, alice, "cat.jpg", 1))
    assert error == ("resource-constraint", "wait",
                     "What the stub says: quota-exceeded.", None,
                     "2030-01-02T03:04:05Z")


def test_quota_with_retry_after_alone(pair, alice):
    pair.stub.then(stub.problem(
        429, "rate-limited", "resource-constraint", "wait",
        [("Retry-After", "3600")]))
    error = parse_error(ask(pair, alice, "cat.jpg", 1))
    assert error[:2] == ("resource-constraint", "wait")
    when = calendar.timegm(time.strptime(error.retry, "%Y-%m-%dT%H:%M:%SZ"))
    assert 3500 < when - time.time() < 3700


@pytest.mark.parametrize("stamp", [
    "tomorrow", "", 17, None, "2030-01-02T03:04:05Z' x='", {}])
def test_quota_with_a_stamp_that_is_none(pair, alice, stamp):
    pair.stub.then(stub.problem(
        429, "quota-exceeded", "resource-constraint", "wait",
        retry_at=stamp))
    error = parse_error(ask(pair, alice, "cat.jpg", 1))
    assert error[:2] == ("resource-constraint", "wait")
    assert error.retry is None


@pytest.mark.parametrize("status, code, condition, kind", [
    (400, "bad-request", "bad-request", "modify"),
    (403, "forbidden", "forbidden", "auth"),
    (500, "internal", "service-unavailable", "wait"),
    (503, "unavailable", "service-unavailable", "wait"),
    (507, "insufficient-storage", "resource-constraint", "wait"),
    (418, "to-come", "policy-violation", "cancel"),
])
def test_errors(pair, alice, status, code, condition, kind):
    before = len(pair.stub.requests)
    pair.stub.then(stub.problem(status, code, condition, kind))
    assert parse_error(ask(pair, alice, "cat.jpg", 1)) == (
        condition, kind, f"What the stub says: {code}.", None, None)
    assert len(pair.stub.requests) == before + 1


@pytest.mark.parametrize("detail, text", [
    ("<b>&amp;\"'", "<b>&amp;\"'"), ("a\nb\0c\x1fd", "a b c d"),
    ("é 🐈 \ufffe\uffff.", "é 🐈 ."), (17, None), (None, None),
    ({"a": 1}, None)])
def test_details(pair, alice, detail, text):
    body = {"code": "bad-request", "detail": detail, "xmpp": {
        "condition": "bad-request", "type": "modify"}}
    pair.stub.then(stub.answer(400, body))
    error = parse_error(ask(pair, alice, "cat.jpg", 1))
    assert error[:2] == ("bad-request", "modify")
    assert error.text == text
