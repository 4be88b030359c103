"""No key, file name, secret, signature or URL of a slot is ever logged.

Every endpoint is asked, well and in every way that it refuses, with values
that tell on themselves; then the whole log is searched for them.
"""

import re
import time
import urllib.parse

import dialects
import pytest
import stub_store
import support
from upload import Upload

TELL = "telltale"
NAME = f"{TELL} näme-1.{TELL}ext"
JID = f"{TELL}-juliet@example.org/{TELL}-balcony"
BASIC_SECRET = f"{TELL}-basic-secret"


# What a line may well have of a URL: domain, base and {user}.
KNOWN = {"example.org", *dialects.ALL}


def user_of(slotd):
    done = support.run("user", "-c", slotd.path, JID)
    found = re.search(r"[\w-]{22}", done.stdout.decode())
    return found and found[0]


class Told:
    """What must not be in the log, beside all that has TELL in it."""

    def __init__(self):
        self.words = {support.SECRET, support.ACCESS_SECRET, BASIC_SECRET,
                      support.ACCESS_KEY}

    def url(self, url):
        """All that a URL of a slot is made of."""
        parts = urllib.parse.urlsplit(url)
        words = parts.path.split("/") + re.split("[?&=;]", parts.query)
        for word in words:
            for form in (word, urllib.parse.unquote(word)):
                if len(form) > 9:
                    self.words.add(form)
        return url

    def line(self, **auth):
        line = support.authorization(**auth)
        self.words |= {line.split("sig=")[1],
                       re.search("nonce=([^,]+)", line)[1]}
        return line

    def check(self, slotd):
        slotd.stop()
        self.words -= KNOWN | {user_of(slotd)}
        text = "\n".join(slotd.lines)
        for form in (text, urllib.parse.unquote(text)):
            assert TELL not in form.lower(), re.findall(
                f".*{TELL}.*", form, re.I)
            for word in self.words:
                assert word not in form, word


def body(**over):
    members = {"filename": NAME, "jid": JID, "size": 5,
               "content_type": f"image/{TELL}", TELL: TELL, **over}
    return support.slot_body(**members)


def post(slotd, told, data, status, headers=(), target="/slot", **auth):
    line = told.line(body=data, target=target, **auth)
    reply = slotd.ask("POST", target, data, [
        ("Authorization", line), ("Content-Type", "application/json"),
        ("Cookie", TELL), ("User-Agent", TELL), ("Referer", TELL), *headers])
    assert reply.status == status, reply
    return reply


def ask_for_slots(slotd, told):
    """POST /slot; gives a slot."""
    now = int(time.time())
    answer = post(slotd, told, body(), 200).json
    for url in (answer["put"], answer["get"]):
        told.url(url)
    again = {"nonce": TELL + "-nonce"}
    post(slotd, told, body(), 200, **again)
    post(slotd, told, body(), 401, **again)
    post(slotd, told, body(), 401, ts=now - 9000)
    post(slotd, told, body(), 401, secret=TELL + "-secret-of-nobody")
    post(slotd, told, body(), 401, caller=TELL)
    for line in (TELL, f"Basic {TELL}", f"Slot-HMAC-SHA256 {TELL}",
                 f"Slot-HMAC-SHA256 id={TELL}, sig={TELL}"):
        assert slotd.ask("POST", "/slot", body(), {
            "Authorization": line}).status == 401
    for data, status in (
            (body(size=2**40), 413), (body(filename=f"{TELL}.exe"), 403),
            (body(jid=f"{TELL}@other.example"), 403),
            (body(jid=f"{TELL} {TELL}@example.org"), 400),
            (body(jid=f"@{TELL}@{TELL}"), 400), (body(jid=TELL + " "), 400),
            (body(content_type=TELL), 200), (body(size=TELL), 400),
            (body(purpose=TELL), 400), (body(filename="\ud800" + TELL), 400),
            (b'{"' + TELL.encode() + b'": 1, "' + TELL.encode() + b'": 1}',
             400), (TELL.encode(), 400), (body(jid=...), 400)):
        post(slotd, told, data, status)
    assert slotd.ask("PUT", "/slot", b"", {"X-A": TELL}).status == 405
    assert slotd.ask("POST", "/slot", TELL.encode() * 4096).status == 413
    return answer


def ask_limits(slotd, told):
    target = "/limits?domain=example.org&" + TELL
    line = told.line(method="GET", target=target)
    assert slotd.ask("GET", target, headers={
        "Authorization": line}).status == 200
    target = f"/limits?domain={TELL}%00"
    line = told.line(method="GET", target=target)
    assert slotd.ask("GET", target, headers={
        "Authorization": line}).status == 400


def ask_by_basic(slotd):
    import test_slot_ejabberd as ejabberd
    query = {"jid": JID, "name": NAME, "size": "5", "content_type": "a/" + TELL}
    for over, secret, status in (
            ({}, BASIC_SECRET, 200), ({}, TELL, 401),
            ({"size": TELL}, BASIC_SECRET, 400),
            ({"size": "99999999999"}, BASIC_SECRET, 413),
            ({"name": TELL + ".exe"}, BASIC_SECRET, 403),
            ({"jid": TELL + "@a@b"}, BASIC_SECRET, 400)):
        target = "/slot?" + urllib.parse.urlencode({**query, **over})
        headers = ejabberd.basic("ejabberd", secret)
        assert slotd.ask("GET", target, headers=headers).status == status
    assert slotd.ask("GET", target).status == 401


def ask_the_rest(slotd):
    """What leads nowhere, and what is malformed."""
    for method, target, status in (
            ("GET", f"/{TELL}", 404), ("PUT", f"/{TELL}/{TELL}.jpg", 404),
            ("GET", f"/f{TELL}?X-Amz-Signature={TELL}", 404),
            ("GET", f"/healthz?{TELL}", 200), ("DELETE", f"/readyz?{TELL}", 405),
            ("GET", f"/metrics?{TELL}", 200), ("GET", "/openapi.yaml", 200)):
        assert slotd.ask(method, target).status == status, target
    for head in (f"GET /{TELL} HTTP/1.1\r\nHost: {TELL}\r\nHost: b",
                 f"PUT /u/{TELL}/{TELL} HTTP/1.1\r\nHost: a\r\n"
                 f"Transfer-Encoding: {TELL}",
                 f"GET http://{TELL}:{TELL}@a/{TELL} HTTP/1.1\r\nHost: a",
                 f"GET /u/%zz{TELL} HTTP/1.1\r\nHost: a\r\n {TELL}: b",
                 f"GET /{TELL}{'x' * 40000} HTTP/1.1\r\nHost: a",
                 f"GET /{TELL} HTTP/9.9\r\nHost: a", TELL):
        support.raw(slotd.address, head.encode() +
                    b"\r\nConnection: close\r\n\r\n")


def upload(slotd, put, get, told, reads=True):
    """PUT and GET of one slot of 5 bytes, and what is refused there."""
    token, key = put.split("/u/")[1].split("/", 1)
    base = put.split("/u/")[0]
    typed = {"Content-Type": f"text/{TELL}", "X-A": TELL}
    for url, data, headers, status in (
            (put, b"abcdef", {}, 413), (put, b"abcde", {
                "Content-Range": f"bytes 0-4/{TELL}"}, 400),
            (put, b"abcde", {"Transfer-Encoding": "chunked"}, 411),
            (f"{base}/u/{token}x/{key}", b"abcde", {}, 403),
            (f"{base}/u/{token}/{TELL}{key}", b"abcde", {}, 403),
            (f"{base}/u/{TELL}", b"abcde", {}, 403),
            (f"{base}/u/{token}/%zz{TELL}", b"abcde", {}, 400),
            (put, b"abcde", typed, 201), (put, b"abcde", typed, 409)):
        if headers.get("Transfer-Encoding"):
            data = support.chunked(data)
        reply = support.fetch("PUT", url, data, headers)
        assert reply.status == status, (url, reply)
    assert support.fetch("OPTIONS", put).status == 204
    if not reads:
        return
    for url, headers, status in (
            (get, typed, 200), (get + TELL, {}, 404), (get + "?" + TELL, {}, 200),
            (get, {"Range": "bytes=9-"}, 416), (get, {"If-Range": TELL}, 200)):
        assert support.fetch("GET", url, headers=headers).status == status
    assert support.fetch("HEAD", get).status == 200


def share(slotd, told):
    """Below the bases of callers, whose XMPP servers make the URLs."""
    for dialect in dialects.ALL:
        path = f"{TELL}-id/{TELL} näme.{TELL}"
        more = {"sub": JID} if dialect == "jwt" else {}
        good = dialects.Pass(dialect, path, 5, f"text/{TELL}", **more)
        wrong = dialects.Pass(dialect, path, 5, f"text/{TELL}",
                              secret=TELL * 3)
        for ticket in (good, wrong):
            told.url(ticket.put)
            told.words.add(ticket.headers.get("Authorization", ticket.put)[7:])
        refused = 401 if dialect == "jwt" else 403
        headers = {**good.headers, "X-Request-Id": TELL + "!"}
        for ticket, data, status in (
                (wrong, b"abcde", refused), (good, b"abcde", 201),
                (good, b"abcde", 409)):
            reply = slotd.ask("PUT", ticket.put, data, ticket.headers)
            assert reply.status == status, (dialect, reply)
        slotd.ask("PUT", good.put, b"abcdef", headers)
        slotd.ask("PUT", good.get, b"abcde", {"Content-Type": "a/b"})
        slotd.ask("PUT", good.put + "%zz", b"abcde", headers)
        assert slotd.ask("GET", good.get).status == 200
        assert slotd.ask("GET", good.get + TELL).status == 404
        assert slotd.ask("DELETE", good.get).status == 405
    late = dialects.Pass("jwt", path, 5, exp=1)
    assert slotd.ask("PUT", late.put, b"abcde", late.headers).status == 410


def callers(**more):
    prosody = {"id": "prosody", "secret": support.SECRET,
               "allow_domains": ["example.org"]}
    return [prosody, {"id": "ejabberd", "secret": BASIC_SECRET,
                      "dialect": "ejabberd"},
            *(dialects.caller(dialect) for dialect in dialects.ALL)]


POLICY = {"max_size": 1000, "deny_extensions": ["exe"]}


@pytest.mark.parametrize("template", [
    None, "{filename}/{random}", "{user}/{domain}/{random}.{ext}"])
@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_embedded_store(start, tmp_path, form, template):
    told = Told()
    config = support.fs_config(
        tmp_path / "store", log={"format": form}, callers=callers(),
        policy=POLICY, storage={"key": template})
    slotd = start(config)
    slot = ask_for_slots(slotd, told)
    ask_limits(slotd, told)
    ask_by_basic(slotd)
    ask_the_rest(slotd)
    upload(slotd, slot["put"], slot["get"], told)
    share(slotd, told)
    slot = post(slotd, told, body(size=900), 200).json
    Upload.begun(told.url(slot["put"]), b"x" * 900, 10).sock.close()
    slotd.wait_line("closed the connection, or stalled")
    for line in (tmp_path / "store" / ".key").read_text().split():
        told.words.add(line)
    told.check(slotd)


def test_s3(start):
    """Slots that are presigned URLs, with a session's token."""
    told = Told()
    token = "AQoDYXdzE-not-a-token"
    told.words.add(token)
    slotd = start(support.s3_config(
        callers=callers()[:2], policy=POLICY,
        storage={"session_token": token}))
    ask_for_slots(slotd, told)
    ask_limits(slotd, told)
    ask_by_basic(slotd)
    told.check(slotd)


def test_relay_and_redirect(start, tmp_path):
    """A store that answers wrongly, with telling words."""
    told = Told()

    def script(peer):
        told.url(peer.target)
        told.words.add(peer.headers.get("authorization", peer.target))
        peer.proceed()
        peer.read(peer.length)
        peer.answer(*answers.pop(0))

    # Only the code of an error is told, a word of the store's.
    answers = [(200, ""), (503, "SlowDown"), (403, "AccessDenied"),
               (500, f"<{TELL}>"), (418, f"I am {TELL}")]
    with stub_store.Store(script) as store:
        config = stub_store.config(store, tmp_path)
        config["storage"]["get"] = "redirect"
        slotd = start(config)
        while answers:
            slot = post(slotd, told, body(), 200).json
            for url in (slot["put"], slot["get"]):
                told.url(url)
            support.fetch("PUT", slot["put"], b"abcde")
        reply = support.fetch("GET", slot["get"])
        assert reply.status == 302
        told.url(reply.headers["Location"])
        assert support.fetch("GET", slot["get"] + TELL).status == 404
        told.check(slotd)


def test_it_can_tell(start):
    """Of what is searched for, all would be found."""
    told = Told()
    slotd = start(support.s3_config(log={"jids": True}))
    post(slotd, told, body(), 200)
    with pytest.raises(AssertionError, match=TELL):
        told.check(slotd)
