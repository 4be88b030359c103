"""Prosody with our module, and a slotd that fails: each client gets an
answer, and the log says what to mend."""

import json

import pytest

import prosody
import stub
import support
from stanza import Client, parse_error, parse_slot, slot_request

serve, pair, alice = prosody.serve, prosody.pair, prosody.alice
GOOD = {"put": stub.PUT, "get": stub.GET, "headers": {}}


def ask(server, client, filename="cat.jpg"):
    return client.iq("get", server.upload, slot_request(filename, 1234))


def is_unavailable(answer):
    error = parse_error(answer)
    assert error[:2] == ("service-unavailable", "wait")
    assert error.text.startswith("The upload service ")
    return error


def complaints(server):
    """Without how often each was repeated, which is said a minute later, while
    any other test runs."""
    return server.lines(r"slotd at (?!.* times more\)$)")


def fails(pair, alice, *answers, says):
    """All of these answers are needed, and make one line of the log."""
    lines = len(complaints(pair))
    before = len(pair.stub.requests)
    pair.stub.then(*answers)
    error = is_unavailable(ask(pair, alice))
    assert len(pair.stub.requests) == before + len(answers)
    assert not pair.stub.script
    found = complaints(pair)[lines:]
    if not found:
        # It was said less than a minute ago.
        found = [x for x in complaints(pair) if says in x][-1:]
    assert len(found) == 1, found
    assert "\terror\t" in found[0] and says in found[0]
    assert pair.stub.url in found[0]
    return error, found[0]


# --- answers that are none ------------------------------------------------


@pytest.mark.parametrize("body", [
    b"", b"null", b"{", b"[]", b"17", b'"text"', b"{}", b"\xff\xfe", b"[" * 60000,
    b"<html>It works!</html>", b'{"put": "https://a/b"}',
    b'{"get": "https://a/b", "put": 1}', b'{"get": null, "put": null}',
    b'{"get": ["https://a/b"], "put": "https://a/b"}', b'[' * 200 + b']' * 200,
    b'{"a":' * 9000 + b'1' + b'}' * 9000,
    b'{"put": "https://a/b", "get": "https://a/b"} {}'])
def test_rubbish(pair, alice, body):
    fails(pair, alice, stub.answer(200, body), says="unusable answer")


@pytest.mark.parametrize("url", [
    "https://a.example.org/x\ny", "https://a.example.org/x y",
    "https://a.example.org/x\r\nHost: b", "https://a.example.org/\u00e9",
    "https://a.example.org/\0", "https://a.example.org/\x7f",
    "https://b\u00fccher.example/x", "ftp://a.example.org/x", "//a/x", "/x",
    "", "javascript:alert(1)", "https:/a/x", "https://", "https:///x",
    "https://a\\b/x", "https://a/<x>", "https://a/\"x", "https://u:p@a/x",
    "https://a/x#y", "https://a:b/x", " https://a/x", "HTTPS//a/x"])
@pytest.mark.parametrize("name", ["put", "get"])
def test_urls(pair, alice, name, url):
    _, line = fails(pair, alice, stub.answer(200, {**GOOD, name: url}),
                    says="unusable answer")
    assert "example.org" not in line


@pytest.mark.parametrize("url", [
    "http://upload.example.org/x", "http://127.0.0.1.example.org/x",
    "http://127.0.0.1@example.org/x", "http://10.0.0.1/x",
    "http://localhost.example.org/x"])
@pytest.mark.parametrize("name", ["put", "get"])
def test_http_where_https_is_required(pair, alice, name, url):
    says = "unusable answer" if "@" in url else "public_url"
    fails(pair, alice, stub.answer(200, {**GOOD, name: url}), says=says)


@pytest.mark.parametrize("host", [
    "127.0.0.1", "localhost", "[::1]", "127.0.1.1"])
def test_http_in_a_laboratory(pair, alice, host):
    url = f"http://{host}:8363/u/cat.jpg"
    pair.stub.then(stub.slot(url, url))
    assert parse_slot(ask(pair, alice)) == (url, url, {})


def test_http_is_said_once(pair, alice):
    """Clients that refuse it do so in silence."""
    url = "http://127.0.0.1:8363/u/cat.jpg"
    for _ in range(2):
        pair.stub.then(stub.slot(url, url))
        parse_slot(ask(pair, alice))
    said = pair.lines("warn.*gives http URLs, which most clients refuse")
    assert len(said) == 1 and "public_url" in said[0]


@pytest.mark.parametrize("size", [2**20, 2**24])
def test_a_huge_answer(pair, alice, size):
    """It would be a slot, but is more than is read."""
    body = json.dumps({**GOOD, "filler": "x" * size}).encode()
    fails(pair, alice, stub.answer(200, body), says="usable answer")
    fails(pair, alice, b"HTTP/1.1 200 OK\r\n\r\n" + body, says="usable answer")


def test_what_is_no_http(pair, alice):
    fails(pair, alice, b"SSH-2.0-OpenSSH_9.2\r\n\r\n", says="no usable answer")


def test_an_answer_that_ends_early(pair, alice):
    """The head was there: that is an answer, and no other try follows."""
    fails(pair, alice, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
          says="no usable answer")


# --- errors that name no stanza error -------------------------------------


@pytest.mark.parametrize("status, code, says", [
    (401, "unauthorized", "http_upload_slotd_caller"),
    (401, "clock-skew", "clock"), (401, "replayed", "replayed"),
    (404, "not-found", "http_upload_slotd_url"),
    (405, "method-not-allowed", "405 method-not-allowed"),
    (413, "body-too-large", "413 body-too-large"),
    (415, "unsupported-media-type", "415 unsupported-media-type"),
    (429, "rate-limited", "429 rate-limited"),
    (500, "internal", "500 internal"), (503, "unavailable", "503"),
])
def test_problems(pair, alice, status, code, says):
    error, _ = fails(pair, alice, stub.problem(status, code), says=says)
    assert code not in error.text and "stub" not in error.text


@pytest.mark.parametrize("status", [
    201, 204, 301, 302, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504])
def test_statuses_with_html(pair, alice, status):
    html = b"" if status == 204 else b"<h1>From a proxy inside</h1>"
    error, _ = fails(pair, alice, stub.answer(
        status, html, [("Location", "https://example.org/")], "text/html"),
        says=f"answered {status}")
    assert "inside" not in error.text


@pytest.mark.parametrize("xmpp", [
    {"condition": "no-such-condition", "type": "wait"},
    {"condition": "a b='c'/><x", "type": "wait"},
    {"condition": "bad-request conflict", "type": "wait"},
    {"condition": "", "type": "wait"}, {"condition": "bad-request"},
    {"condition": "bad-request", "type": "a'b"}, {"type": "wait"},
    {"condition": "bad-request", "type": "nonsense"},
    {"condition": ["bad-request"], "type": "wait"},
    {"condition": 17, "type": 18}, {"condition": None, "type": None},
    {}, [], None, "bad-request", 17])
def test_stanza_errors_that_are_none(pair, alice, xmpp):
    fails(pair, alice, stub.problem(400, "bad-request", xmpp=xmpp),
          says="answered 400 bad-request")


@pytest.mark.parametrize("code", [17, None, [], {}, "a b", "x\nfake line"])
def test_codes_that_are_none(pair, alice, code):
    _, line = fails(pair, alice, stub.problem(400, code), says="answered 400")
    assert "fake" not in line


# --- a second try ---------------------------------------------------------


def test_closed_and_asked_again(pair, alice):
    before = len(pair.stub.requests)
    lines = len(complaints(pair))
    pair.stub.then(stub.CLOSE)
    parse_slot(ask(pair, alice))
    first, second = pair.stub.requests[before:]
    assert first.body == second.body
    assert first.nonce != second.nonce
    assert len(complaints(pair)) == lines
    assert not pair.stub.refused


def test_closed_twice(pair, alice):
    fails(pair, alice, stub.CLOSE, stub.CLOSE, says="without an answer")
    parse_slot(ask(pair, alice))


def test_an_error_after_a_second_try(pair, alice):
    pair.stub.then(stub.CLOSE, stub.too_large(10))
    assert parse_error(ask(pair, alice)).max_file_size == 10


def test_down(serve):
    with stub.Stub(listening=False) as slotd:
        server = serve(prosody.options(slotd.url))
        with Client(server.port, "alice@localhost", "secret") as alice:
            is_unavailable(ask(server, alice))
            line = server.wait_log("slotd at .*refused")
            assert slotd.url in line
            slotd.listen()
            parse_slot(ask(server, alice))


def test_back_in_time(serve):
    """Refused, then up: the second try gets the slot."""
    with stub.Stub(listening=False) as slotd:
        server = serve(prosody.options(slotd.url), modules=["lab_hasty"])
        with Client(server.port, "alice@localhost", "secret") as alice:
            number = alice.send_iq(
                "get", server.upload, slot_request("cat.jpg", 1))
            server.wait_log("lab: a timer of 0.2 s waits")
            slotd.listen()
            (server.folder / "go").touch()
            parse_slot(alice.read_iq(number))


# --- slow -----------------------------------------------------------------


def test_slow(serve):
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=2))
        with Client(server.port, "alice@localhost", "secret") as alice:
            event = slotd.hold()
            number = alice.send_iq(
                "get", server.upload, slot_request("slow.jpg", 1))
            slotd.wait_requests(1)
            # One slow answer delays nobody else.
            parse_slot(ask(server, alice))
            assert "in time" in is_unavailable(alice.read_iq(number)).text
            assert alice.took(number) > 1.9
            line = server.wait_log("slotd at ")
            assert "http_upload_slotd_timeout" in line and "2 s" in line
            # The client fails on a second answer to the same request.
            event.set()
            parse_slot(ask(server, alice))
            assert len(server.lines("slotd at ")) == 1


def test_slow_twice(serve):
    """The second try does not start the time anew, and is the last."""
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=2))
        with Client(server.port, "alice@localhost", "secret") as alice:
            slotd.then(stub.CLOSE)
            slotd.hold()
            assert "in time" in is_unavailable(ask(server, alice)).text
            assert len(slotd.wait_requests(2)) == 2


def test_all_are_slow(serve):
    """Those that wait for their turn get an answer in time as well."""
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=2))
        with Client(server.port, "alice@localhost", "secret") as alice:
            for _ in range(100):
                slotd.hold()
            numbers = [
                alice.send_iq("get", server.upload, slot_request("x", 1))
                for _ in range(100)]
            for number in numbers:
                assert "in time" in is_unavailable(alice.read_iq(number)).text
            slotd.script.clear()
            # The stub may still be busy with those that were given up.
            support.wait_for("a slot", lambda: ask(
                server, alice).get("type") == "result")


# --- floods ---------------------------------------------------------------


def test_zeros_without_end(pair, alice):
    """What is no number is seen at once, however long: not zero by zero."""
    for size in ("0" * 100000 + "x", "0" * 100000 + " 1", " " * 100000,
                 "x" * 100000):
        answer = alice.iq("get", pair.upload, (
            "<request xmlns='urn:xmpp:http:upload'><filename>a</filename>"
            f"<size>{size}</size></request>"))
        assert parse_error(answer)[:2] == ("bad-request", "modify")
    answer = alice.iq("get", pair.upload, (
        "<request xmlns='urn:xmpp:http:upload'><filename>a</filename>"
        f"<size>{'0' * 100000}7</size></request>"))
    parse_slot(answer)
    assert json.loads(pair.stub.requests[-1].body)["size"] == 7


def test_the_same_complaint_once_a_minute(serve):
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url), modules=["lab_hasty"])
        with Client(server.port, "alice@localhost", "secret") as alice:
            slotd.then(*[stub.answer(200, b"{}")] * 40)
            numbers = [alice.send_iq("get", server.upload, slot_request(
                "cat.jpg", 1)) for _ in range(40)]
            for number in numbers:
                is_unavailable(alice.read_iq(number))
            # A minute has 60 ms there: how many lines is a matter of time.
            server.wait_log(r"slotd at .*unusable.* \(and \d+ times more\)")


def test_one_user_does_not_hold_all_places(serve):
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=20))
        with Client(server.port, "alice@localhost", "secret") as alice, \
                Client(server.port, "bob@localhost", "secret") as bob:
            events = [slotd.hold() for _ in range(8)]
            numbers = [alice.send_iq("get", server.upload, slot_request(
                "cat.jpg", 1)) for _ in range(40)]
            slotd.wait_requests(8)
            # All that she may have are under way; he is served.
            parse_slot(ask(server, bob))
            assert len([x for x in slotd.requests
                        if x.method == "POST"]) == 9
            for event in events:
                event.set()
            for number in numbers:
                alice.read_iq(number)


def test_headers_that_are_no_xml(pair, alice):
    for text in ("\uffff", "a\ufffe"):
        pair.stub.then(stub.answer(200, {**GOOD, "headers": {
            "Cookie": text, "Authorization": "good"}}))
        slot = parse_slot(ask(pair, alice))
        assert dict(slot.headers) == {"Authorization": "good"}


def test_a_host_of_digits_without_end(pair, alice):
    """A pattern that tries each digit twice takes minutes for all of these,
    with everybody waiting."""
    urls = ["https://" + "1" * 60000 + "!"] * 8 + [
        "https://" + "1" * 60000 + ":", "https://[" + ":1" * 30000 + "!"]
    pair.stub.then(*[stub.answer(200, {**GOOD, "put": url}) for url in urls])
    numbers = [alice.send_iq("get", pair.upload, slot_request("a", 1))
               for _ in urls]
    for number in numbers:
        answer = alice.read_iq(number)
        assert answer.get("type") == "result" or is_unavailable(answer)


def test_one_user_does_not_fill_the_queue(serve):
    with stub.Stub() as slotd:
        server = serve(prosody.options(slotd.url, timeout=60))
        with Client(server.port, "alice@localhost", "secret") as alice, \
                Client(server.port, "bob@localhost", "secret") as bob:
            events = [slotd.hold() for _ in range(8)]
            numbers = [alice.send_iq("get", server.upload, slot_request(
                "cat.jpg", 1)) for _ in range(5100)]
            error = parse_error(alice.read_iq(numbers[-1], 60))
            assert error[:2] == ("resource-constraint", "wait")
            slotd.wait_requests(8)
            parse_slot(ask(server, bob))
            for event in events:
                event.set()


def test_a_password_in_the_url_is_not_logged(serve):
    server = serve(prosody.options("http://u:fake-password@127.0.0.1/"))
    server.wait_log("http_upload_slotd_url is missing or wrong")
    assert "fake-password" not in server.log() + server.output()
