"""The module in a real ejabberd, with a slotd that plays its part."""

import re

import pytest

import ejabberd
import stub as stubs
from ejabberd import Ejabberd, slotd_options
from stanza import (
    NS0, NS_OLD, Client, Component, parse_error, parse_slot, show,
    slot_request, wait_size)
from support import SECRET, free_port

GATEWAY = "gateway.localhost"
LIMIT = 1073741824  # as the stub says it

slotd, alice = ejabberd.slotd, ejabberd.alice


@pytest.fixture(scope="module")
def server(slotd, tmp_path_factory):
    door, strangers = free_port(), free_port()
    listen = [{"port": port, "ip": "127.0.0.1", "module": "ejabberd_service",
               "hosts": {domain: {"password": "secret"}}}
              for port, domain in ((door, GATEWAY),
                                   (strangers, "strange.example"))]
    rules = {"local": {"allow": "local"}, "c2s": {"allow": "all"},
             "uploaders": [{"deny": {"user": "bob@localhost"}},
                           {"allow": "local"},
                           {"allow": {"server": GATEWAY}}]}
    # Longer than any machine takes for all that a user may ask at once.
    options = slotd_options(slotd.url, access="uploaders", timeout=600)
    with Ejabberd(tmp_path_factory.mktemp("ejabberd"),
                  {"mod_http_upload_slotd": options}, listen=listen,
                  top={"access_rules": rules}) as running:
        running.door, running.strangers = door, strangers
        yield running
        assert SECRET not in running.log()
        assert "CRASH" not in running.log().upper()


@pytest.fixture
def stub(slotd):
    slotd.requests.clear()
    slotd.script.clear()
    return slotd


def ask_later(client, server):
    return client.send_iq("get", server.upload, slot_request("cat.jpg", 1))


def ask(client, server, filename="cat.jpg", size=1234, *args, **kwargs):
    return client.iq("get", server.upload,
                     slot_request(filename, size, *args, **kwargs))


def refusal(client, server, condition, kind, **kwargs):
    error = parse_error(ask(client, server, **kwargs))
    assert (error.condition, error.type) == (condition, kind), error
    return error


# --- slots ----------------------------------------------------------------


@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_a_slot_in_either_namespace(stub, server, alice, ns):
    stub.then(stubs.slot("https://p.example.org/a?x=1&y=%2F%20",
                         "https://g.example.org/a"))
    answer = ask(alice, server, "cat.jpg", 1234, "image/jpeg", ns=ns)
    assert answer[0].tag == f"{{{ns}}}slot"
    assert parse_slot(answer) == (
        "https://p.example.org/a?x=1&y=%2F%20", "https://g.example.org/a", {})
    [request] = stub.requests
    assert (request.method, request.target) == ("POST", "/slot")
    assert request.header("Content-Type") == "application/json"
    assert request.is_signed_by("prosody", SECRET)
    assert request.json == {
        "jid": "alice@localhost", "filename": "cat.jpg", "size": 1234,
        "content_type": "image/jpeg"}


@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_a_type_that_was_not_named_is_not_sent(stub, server, alice, ns):
    parse_slot(ask(alice, server, ns=ns))
    assert stub.requests[0].json == {
        "jid": "alice@localhost", "filename": "cat.jpg", "size": 1234}


@pytest.mark.parametrize("name", [
    "très cool.jpg", "猫 🐈.png", "<&'\">.txt", "a/b\\c.gif", "e\u0301.txt"])
@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_names_arrive_as_they_are(stub, server, alice, name, ns):
    parse_slot(ask(alice, server, name, 1, ns=ns))
    assert stub.requests[0].json["filename"] == name


def test_only_three_headers_and_only_spelled_so(stub, server, alice):
    stub.then(stubs.slot(headers={
        "authorization": "Bearer a<b&c", "COOKIE": "a=b; c=d",
        "Expires": "Thu, 01 Dec 2030 16:00:00 GMT",
        "Content-Type": "image/jpeg", "X-Amz-Acl": "public-read"}))
    assert parse_slot(ask(alice, server)).headers == {
        "Authorization": "Bearer a<b&c", "Cookie": "a=b; c=d",
        "Expires": "Thu, 01 Dec 2030 16:00:00 GMT"}


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\u0000b", "a\ufffeb", 7])
def test_headers_with_newlines_and_the_like_are_dropped(
        stub, server, alice, value):
    stub.then(stubs.slot(headers={"Authorization": value, "Cookie": "é=1"}))
    assert parse_slot(ask(alice, server)).headers == {"Cookie": "é=1"}


@pytest.mark.parametrize("url", [
    "http://localhost:8363/f/cat.jpg", "http://127.0.0.1:8363/f/cat.jpg",
    "http://127.9.9.9/f/cat.jpg", "HTTP://[::1]:8363/f/cat.jpg"])
def test_plain_http_to_this_machine_is_well(stub, server, alice, url):
    stub.then(stubs.slot(url, url))
    assert parse_slot(ask(alice, server))[:2] == (url, url)


def test_http_is_said_once(stub, server, alice):
    """Clients that refuse it do so in silence."""
    url = "http://127.0.0.1:8363/u/cat.jpg"
    for _ in range(2):
        stub.then(stubs.slot(url, url))
        parse_slot(ask(alice, server))
    server.wait_log("warning.*gives http URLs, which most clients refuse")
    assert len(re.findall("gives http URLs", (
        server.folder / "logs/ejabberd.log").read_text())) == 1


# --- refusals -------------------------------------------------------------


@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_too_large(stub, server, alice, ns):
    stub.then(stubs.too_large(1000))
    answer = ask(alice, server, ns=ns)
    error = parse_error(answer)
    assert error[:2] == ("not-acceptable", "modify")
    assert error.text == "What the stub says: file-too-large."
    size = answer.find(f".//{{{ns}}}file-too-large/{{{ns}}}max-file-size")
    assert size.text == "1000", show(answer)


@pytest.mark.parametrize("ns", [NS0, NS_OLD])
def test_quota(stub, server, alice, ns):
    stub.then(stubs.quota("2030-01-02T03:04:05Z"))
    answer = ask(alice, server, ns=ns)
    assert parse_error(answer)[:2] == ("resource-constraint", "wait")
    retry = answer.find(f".//{{{ns}}}retry")
    assert retry.get("stamp") == "2030-01-02T03:04:05Z", show(answer)


@pytest.mark.parametrize("stamp", ["soon", "", 5, None, "2030-01-02T03:04:05"])
def test_a_retry_that_is_no_time_is_left_out(stub, server, alice, stamp):
    stub.then(stubs.quota(stamp))
    error = refusal(alice, server, "resource-constraint", "wait")
    assert error.retry is None


@pytest.mark.parametrize("status, code, condition, kind", [
    (400, "bad-request", "bad-request", "modify"),
    (403, "forbidden", "forbidden", "auth"),
    (507, "insufficient-storage", "resource-constraint", "wait"),
    (503, "unavailable", "service-unavailable", "wait"),
    (418, "other", "policy-violation", "cancel")])
def test_the_error_that_slotd_names(
        stub, server, alice, status, code, condition, kind):
    stub.then(stubs.problem(status, code, condition, kind))
    error = refusal(alice, server, condition, kind)
    assert error.text == f"What the stub says: {code}."
    assert error.max_file_size is error.retry is None
    assert len(stub.requests) == 1


@pytest.mark.parametrize("condition, kind, expected", [
    ("teapot", "wait", ("service-unavailable", "wait")),
    ("not-acceptable/><x", "wait", ("service-unavailable", "wait")),
    ("gone", "cancel", ("service-unavailable", "wait")),
    (7, "wait", ("service-unavailable", "wait")),
    ("forbidden", "'><x/>", ("forbidden", "auth")),
    ("forbidden", 7, ("forbidden", "auth"))])
def test_a_stanza_error_that_xmpp_does_not_know(
        stub, server, alice, condition, kind, expected):
    stub.then(stubs.problem(403, "forbidden", condition, kind))
    refusal(alice, server, *expected)


def test_what_xml_cannot_carry_is_left_out(stub, server, alice):
    stub.then(stubs.problem(
        403, "forbidden", "forbidden", "auth",
        detail="a\u0000b\u001bc\ufffed\ud83d\ude00<&>" + 1000 * "x"))
    error = refusal(alice, server, "forbidden", "auth")
    assert error.text == "abcd\U0001f600<&>" + 292 * "x"


def test_sizes_beyond_everything(stub, server, alice):
    for size in (2**63, 10**60):
        error = refusal(alice, server, "not-acceptable", "modify", size=size)
        assert error.max_file_size == LIMIT
    assert stub.requests == []
    parse_slot(ask(alice, server, "cat.jpg", 2**63 - 1))
    assert stub.requests[0].json["size"] == 2**63 - 1


def test_a_name_that_slotd_would_not_read(stub, server, alice):
    refusal(alice, server, "bad-request", "modify", filename=17000 * "x")
    assert stub.requests == []


@pytest.mark.parametrize("payload", [
    f"<request xmlns='{NS0}' filename='a'/>",
    f"<request xmlns='{NS0}' filename='a' size='-1'/>",
    f"<request xmlns='{NS0}' filename='a' size='1.0'/>",
    f"<request xmlns='{NS0}' size='1'/>"])
def test_malformed_requests(stub, server, alice, payload):
    error = parse_error(alice.iq("get", server.upload, payload))
    assert error[:2] == ("bad-request", "modify")
    assert stub.requests == []


def test_what_is_no_slot_request(stub, server, alice):
    for kind, payload in (("set", slot_request("cat.jpg", 1)),
                          ("get", "<query xmlns='jabber:iq:version'/>")):
        error = parse_error(alice.iq(kind, server.upload, payload))
        assert error.condition == "service-unavailable"
    alice.message(server.upload, "hello")
    parse_slot(ask(alice, server))
    assert len(stub.requests) == 1


# --- who may --------------------------------------------------------------


def test_who_may_not_is_told_and_logged_once(stub, server):
    with Client(server.port, "bob@localhost", "secret") as bob:
        for _ in range(3):
            refusal(bob, server, "forbidden", "auth")
    assert stub.requests == []
    with Client(server.port, "alice@localhost", "secret") as alice:
        parse_slot(ask(alice, server))
    line = server.wait_log("bob@localhost")
    assert "'access'" in server.wait_log("Refused an upload slot"), line
    assert len(re.findall("Refused an upload slot to bob@localhost",
                          (server.folder / "logs/ejabberd.log").read_text())
               ) == 1


def test_a_gateway_asks_for_its_users(stub, server):
    """As XEP-0114 has it: the JID is a domain alone."""
    with Component(server.door, GATEWAY, "secret") as gateway:
        parse_slot(ask(gateway, server))
    assert stub.requests[0].json["jid"] == GATEWAY


def test_strangers_are_told_of_by_their_domain(stub, server):
    """They may have any number of names."""
    with Component(server.strangers, "strange.example", "secret") as domain:
        for user in ("a@", "b@", ""):
            number = domain.send_iq(
                "get", server.upload, slot_request("cat.jpg", 1),
                user + "strange.example")
            error = parse_error(domain.read_iq(number))
            assert error[:2] == ("forbidden", "auth")
    server.wait_log("Refused an upload slot to strange.example")
    assert len(re.findall("Refused an upload slot to .*strange.example",
                          (server.folder / "logs/ejabberd.log").read_text())
               ) == 1
    assert stub.requests == []


def test_who_may_not_does_not_wait(stub, server, alice):
    """However busy slotd is, and however many wait."""
    with Client(server.port, "bob@localhost", "secret") as bob:
        events = [stub.hold() for _ in range(16)]
        numbers = [ask_later(alice, server) for _ in range(20)]
        stub.wait_requests(16)
        refusal(bob, server, "forbidden", "auth")
        assert len(stub.requests) == 16
        for event in events:
            event.set()
        for number in numbers:
            parse_slot(alice.read_iq(number))


def test_one_user_does_not_fill_the_queue(stub, server, alice):
    events = [stub.hold() for _ in range(16)]
    first = [ask_later(alice, server) for _ in range(16)]
    stub.wait_requests(16)
    others = [ask_later(alice, server) for _ in range(1501)]
    error = parse_error(alice.read_iq(others[-1]))
    assert error[:2] == ("resource-constraint", "wait")
    with Component(server.door, GATEWAY, "secret") as gateway:
        parse_slot(ask(gateway, server))
    for event in events:
        event.set()
    for number in first + others[:-1]:
        parse_slot(alice.read_iq(number))


# --- discovery ------------------------------------------------------------


def test_discovery(slotd, server, alice):
    [asked, *_] = slotd.wait_limits()
    assert asked.target == "/limits?domain=localhost"
    found = wait_size(alice, server.upload, LIMIT)
    assert found.identities == {("store", "file"): "S3 Upload"}
    assert {NS0, NS_OLD} <= found.features
    items = alice.iq("get", server.host,
                     "<query xmlns='http://jabber.org/protocol/disco#items'/>")
    assert server.upload in [item.get("jid") for item in items[0]]
