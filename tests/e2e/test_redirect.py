"""Links that never die: /f/TOKEN/KEY leads to a presigned URL.

No store is there: what Location says is held against botocore, an
independent signer, and tokens against Python's hmac.
"""

import base64
import calendar
import hashlib
import hmac
import re
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

import configs
import names
import support
import test_openapi
from test_signer import FrozenClock, parts

KEYS = [support.KEY_LINE, "not-a-real-key-not-a-real-key-0002"]
BUCKET = "https://bucket.s3.example.org"
ARCHIVE = "https://s3.example.net:9000/archive/a%20b"
KEY = "AAECAwQFBgcICQoLDA0ODw/cat.jpg"
FORM = re.compile(r"/f/([A-Za-z0-9_-]{22})/(.+)")


def token(store, key, line=KEYS[0]):
    """By the contract's words: a MAC over the decoded key."""
    root = hmac.new(line.encode(), b"slotd-v1 get", hashlib.sha256).digest()
    text = b"".join(len(f.encode()).to_bytes(8, "big") + f.encode()
                    for f in (store, key))
    mac = hmac.new(root, text, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def link(store, key, **more):
    return f"/f/{token(store, key, **more)}/{urllib.parse.quote(key)}"


def redirect_config(folder, **over):
    config = support.s3_config(key_file=support.write_key(folder, KEYS[0]))
    config["public_url"] = "http://127.0.0.1:%d" % config["listen"]["port"]
    config["storage"]["get"] = "redirect"
    return configs.merge(config, over)


def archive(**over):
    """A second store, in another bucket."""
    return {**support.s3_config()["storage"], "name": "archive",
            "bucket_url": ARCHIVE, "region": "r2", "get": "redirect", **over}


@pytest.fixture(scope="module")
def two(start_once, tmp_path_factory):
    """The stores "default" and "archive", and "open" without redirects."""
    stores = [archive(), archive(name="open", get="public")]
    return start_once(redirect_config(
        tmp_path_factory.mktemp("keys"), storages=stores,
        domains=[{"name": "example.net", "storage": "archive"}]))


def presign(monkeypatch, method, base, query, storage, ttl):
    """What botocore makes of the same inputs at the same second."""
    clock = FrozenClock(query["X-Amz-Date"])
    more = {k: v for k, v in query.items() if not k.startswith("X-Amz-")}
    with monkeypatch.context() as patch:
        patch.setattr(botocore.auth, "datetime", clock, raising=False)
        if hasattr(botocore.auth, "get_current_datetime"):
            patch.setattr(botocore.auth, "get_current_datetime",
                          lambda *_, **__: clock.moment)
        signer = botocore.auth.S3SigV4QueryAuth(
            botocore.credentials.Credentials(
                storage["access_key_id"], storage["access_key_secret"],
                storage.get("session_token")),
            "s3", storage["region"], expires=ttl)
        request = botocore.awsrequest.AWSRequest(
            method, base + "?" + urllib.parse.urlencode(
                more, quote_via=urllib.parse.quote))
        signer.add_auth(request)
        return parts(request.url)


def follow(slotd, target, method="GET", ttl=3600):
    """The redirect of a link that is genuine, but for its signature."""
    before = time.time()
    reply = slotd.ask(method, target)
    assert reply.status == 302, reply
    assert reply.body == b"" and reply.headers["Content-Length"] == "0"
    assert reply.headers["Cache-Control"] == f"private, max-age={ttl // 4}"
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    location = reply.headers["Location"]
    assert location.isascii() and " " not in location
    test_openapi.check_reply(reply, "/f/{key}", method.lower())
    signed = calendar.timegm(time.strptime(
        parts(location)[1]["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    step = max(ttl // 2, 1)
    assert signed % step == 0
    assert before - step < signed <= time.time()
    return location


def within_a_step(ask, step=1800):
    """What it gives within one half of get_ttl: there all get one URL."""
    while True:
        number = int(time.time()) // step
        found = ask()
        if int(time.time()) // step == number:
            return found


def assert_unknown(reply, head=False):
    if head:
        assert (reply.status, reply.body) == (404, b""), reply
    else:
        support.assert_problem(reply, "not-found")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Location"] is None


# --- what Location is -----------------------------------------------------


@pytest.mark.parametrize("jid, store, base, ttl", [
    ("juliet@example.org", "default", BUCKET, 3600),
    ("juliet@example.net", "archive", ARCHIVE, 3600)])
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_signed_for_the_method(two, monkeypatch, jid, store, base, ttl,
                               method):
    slot = two.slot(jid=jid, filename="très cool.html")
    public = two.config["public_url"]
    assert slot["get"].startswith(public + "/f/")
    target = slot["get"][len(public):]
    key = urllib.parse.unquote(FORM.fullmatch(target)[2])
    assert FORM.fullmatch(target)[1] == token(store, key)
    where, query = parts(follow(two, target, method))
    assert where == base + "/" + urllib.parse.quote(key, safe="/~")
    assert query["X-Amz-Expires"] == str(ttl)
    assert query["X-Amz-SignedHeaders"] == "host"
    storage = archive() if store == "archive" else two.config["storage"]
    mine = presign(monkeypatch, method, where, query, storage, ttl)
    assert mine == (where, query)
    # The other method has another signature: the comparison can fail.
    other = "GET" if method == "HEAD" else "HEAD"
    assert presign(
        monkeypatch, other, where, query, storage, ttl) != (where, query)


def test_token_of_credentials_and_download_url(start, tmp_path, monkeypatch):
    config = redirect_config(tmp_path, storage={
        "session_token": "FAKE/session+token==", "get_ttl": 604800,
        "download_url": "http://[::1]:9000/cdn"})
    slotd = start(config)
    location = follow(slotd, link("default", KEY), ttl=604800)
    where, query = parts(location)
    assert where == "http://[::1]:9000/cdn/" + KEY
    assert query["X-Amz-Security-Token"] == "FAKE/session+token=="
    assert presign(monkeypatch, "GET", where, query, config["storage"],
                   604800) == (where, query)


NAMES = names.TABLE + [("\u20ac" * 65 + ".html", "\u20ac" * 65 + ".html")]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_names(two, monkeypatch, number):
    """Every kind of character, in the path and in Content-Disposition."""
    name, kept = NAMES[number]
    slot = two.slot(filename=name)
    target = slot["get"][len(two.config["public_url"]):]
    for method in ("HEAD", "GET"):
        where, query = parts(follow(two, target, method))
        assert urllib.parse.unquote(where).endswith("/" + kept)
        assert presign(monkeypatch, method, where, query,
                       two.config["storage"], 3600) == (where, query)
        value = query.get("response-content-disposition")
        if value:
            match = re.fullmatch(
                r'attachment; filename="([ !#$&-\[\]-~]*)"; '
                r"filename\*=UTF-8''((?:[\w.~-]|%[0-9A-F]{2})*)", value,
                re.ASCII)
            assert match, value
            assert urllib.parse.unquote(match[2]) == kept


def test_the_longest(start, tmp_path):
    """A key of 1014 bytes, a long name, credentials of a role."""
    slotd = start(redirect_config(tmp_path, storage={
        "key": "a" * 790 + "/{random}/{filename}",
        "session_token": "FAKE" * 500}))
    target = slotd.slot(filename="\u20ac" * 65 + ".html")["get"][
        len(slotd.config["public_url"]):]
    text = urllib.parse.unquote(target[len("/f/"):])
    every = "".join("%%%02X" % b for b in text.encode())
    location, same = within_a_step(lambda: [
        follow(slotd, one) for one in (target, "/f/" + every)])
    assert len(location) > 4000
    assert same == location


@pytest.mark.parametrize("ending, kind, shown", [
    ("png", "image/png", True), ("JPG", "image/jpeg", True),
    ("jpeg", "image/jpeg", True), ("gif", "image/gif", True),
    ("webp", "image/webp", True), ("avif", "image/avif", True),
    ("heic", "image/heic", True), ("mp4", "video/mp4", True),
    ("webm", "video/webm", True), ("mp3", "audio/mpeg", True),
    ("txt", "text/plain; charset=utf-8", True),
    ("log", "text/plain; charset=utf-8", True),
    ("svg", "image/svg+xml", False), ("SVG", "image/svg+xml", False),
    ("html", "text/html", False), ("htm", "text/html", False),
    ("xhtml", "application/xhtml+xml", False),
    ("xml", "application/xml", False), ("js", "text/javascript", False),
    ("css", "text/css", False), ("pdf", "application/pdf", False),
    ("svgz", "application/octet-stream", False),
    ("png.html", "text/html", False), ("html.png", "image/png", True),
    ("exe", "application/octet-stream", False)])
def test_types_are_safe(two, ending, kind, shown):
    # What the slot names counts for nothing: the name's ending does.
    slot = two.slot(filename="a." + ending, content_type="image/png")
    for method in ("GET", "HEAD"):
        reply = support.fetch(method, slot["get"])
        _, query = parts(reply.headers["Location"])
        assert query["response-content-type"] == kind
        # Already here: clients look at the first answer.
        assert reply.headers.get_all("Content-Type") == [kind]
        name = "a." + ending
        want = None if shown else (
            f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}")
        assert query.get("response-content-disposition") == want


# --- who gets one ---------------------------------------------------------


def test_forged(two):
    good = token("default", KEY)
    flipped = ("B" if good[0] == "A" else "A") + good[1:]
    last = good[:-1] + ("A" if good[-1] != "A" else "Q")
    encoded = urllib.parse.quote(KEY)
    follow(two, f"/f/{good}/{encoded}")
    wrong = [
        flipped, last, good[:-1], good[1:], good + "A", good + "==",
        good.swapcase(), "", "A" * 22, "A" * 3000, good + "%00", "%zz",
        "é".encode().hex("%", 1),
        token("default", KEY, line=KEYS[1]), token("default", KEY + "x"),
        token("nobody", KEY), token("", KEY)]
    targets = [f"/f/{text}/{encoded}" for text in wrong]
    targets += [f"/f/{good}/{key}" for key in (
        "", encoded + "x", encoded[:-1], encoded.lower(), encoded + "/",
        "/" + encoded, "./" + encoded, encoded + "%00", encoded + "%",
        "x/../" + encoded, "x" * 5000)]
    targets += ["/f/", "/f/" + good, f"/f/{encoded}", f"/f/{good}{encoded}",
                link("nobody", KEY)]
    for target in targets:
        assert_unknown(two.ask("GET", target))
        assert_unknown(two.ask("HEAD", target), head=True)


def test_store_decides(two):
    """One key, two tokens: each leads to its own bucket."""
    assert follow(two, link("default", KEY)).startswith(BUCKET + "/" + KEY)
    assert follow(two, link("archive", KEY)).startswith(ARCHIVE + "/" + KEY)


def test_encoded_again(two):
    """Some clients and servers encode more of a URL, or less."""
    key = KEY.replace("cat", "c a~t")
    plain = link("default", key)
    every = "".join("%%%02x" % b for b in (
        token("default", key) + "/" + key).encode())
    urls = within_a_step(lambda: {follow(two, target) for target in (
        plain, "/f/" + every, plain + "?query=ignored")})
    assert len(urls) == 1


def test_rotated(start, tmp_path):
    """A new first line: old links go on, until theirs is taken out."""
    config = redirect_config(tmp_path)
    slotd = start(config)
    old = slotd.slot()["get"]
    assert support.fetch("GET", old).status == 302
    slotd.stop()
    support.write_key(tmp_path, KEYS[1], KEYS[0])
    slotd.start()
    new = slotd.slot()["get"]
    public = config["public_url"]
    key = urllib.parse.unquote(FORM.fullmatch(new[len(public):])[2])
    assert new == public + link("default", key, line=KEYS[1])
    for url in (old, new):
        assert support.fetch("GET", url).status == 302
        assert support.fetch("HEAD", url).status == 302
    slotd.stop()
    support.write_key(tmp_path, KEYS[1])
    slotd.start()
    assert_unknown(support.fetch("GET", old))
    assert support.fetch("GET", new).status == 302


# --- when -----------------------------------------------------------------


def test_one_url_for_everybody(two):
    """Within half of get_ttl; a new one from its first second on."""
    urls = within_a_step(
        lambda: {follow(two, link("default", KEY)) for _ in range(5)})
    assert len(urls) == 1


@pytest.mark.parametrize("ttl", [1, 2, 4])
def test_the_next_url(start, tmp_path, ttl):
    slotd = start(redirect_config(tmp_path, storage={"get_ttl": ttl}))

    def ask():
        return follow(slotd, link("default", KEY), ttl=ttl)
    first = ask()
    support.wait_for("another URL", lambda: ask() != first)


# --- beside the rest ------------------------------------------------------


def test_beside_the_embedded_store(start, tmp_path):
    store = tmp_path / "store"
    slotd = start(support.fs_config(
        store, key_file=support.write_key(tmp_path), storages=[archive()],
        domains=[{"name": "example.net", "storage": "archive"}],
        callers=[{"id": "prosody", "secret": support.SECRET}]))
    slot = slotd.slot(size=3, filename="a.txt")
    assert support.fetch("PUT", slot["put"], b"abc").status == 201
    assert support.fetch("GET", slot["get"]).body == b"abc"
    assert follow(slotd, link("archive", KEY)).startswith(ARCHIVE)
    other = slotd.slot(jid="juliet@example.net")["get"]
    assert support.fetch("HEAD", other).status == 302
    # The embedded store's links have no token; with one they are no path.
    path = support.split_url(slot["get"])[1]
    key = urllib.parse.unquote(path[3:])
    assert_unknown(slotd.ask("GET", link("default", key)))
    assert_unknown(slotd.ask("GET", link("archive", KEY)[:-1]))
    assert slotd.ask("OPTIONS", path).status == 204


def test_routes(two):
    for target in (link("default", KEY), "/f/x"):
        reply = two.ask("OPTIONS", target)
        assert reply.status == 204
        test_openapi.check_reply(reply, "/f/{key}", "options")
    reply = two.ask("POST", link("default", KEY), b"")
    support.assert_problem(reply, "method-not-allowed")
    for method in ("PUT", "OPTIONS"):
        support.assert_problem(two.ask(method, "/u/t/k", b""), "not-found")


def test_on_the_public_listener(start, tmp_path):
    public = support.free_port()
    slotd = start(redirect_config(
        tmp_path, public={"address": "127.0.0.1", "port": public}))
    support.assert_problem(
        slotd.ask("GET", link("default", KEY)), "not-found")
    name = "\u20ac" * 65 + ".html"
    for key in (KEY, KEY[:23] + name):
        reply = support.request(
            ("127.0.0.1", public), "GET", link("default", key))
        assert reply.status == 302, reply


def test_without_redirects(start, tmp_path):
    slotd = start(support.s3_config(key_file=support.write_key(tmp_path)))
    for method in ("GET", "OPTIONS"):
        reply = slotd.ask(method, link("default", KEY))
        support.assert_problem(reply, "not-found")


@pytest.mark.parametrize("now, signed", [
    ({"get": "public"}, False),
    ({"get": "public", "set_public": True}, True),
    ({"get": "presigned"}, True)])
def test_links_outlive_the_setting(start, tmp_path, now, signed):
    """What was shared as a redirect still leads to its file."""
    slotd = start(redirect_config(tmp_path, storage=now))
    reply = slotd.ask("GET", link("default", KEY))
    assert reply.status == 302, reply
    base, _, query = reply.headers["Location"].partition("?")
    assert base == f"{BUCKET}/{KEY}"
    assert ("X-Amz-Signature=" in query) == signed
    assert_unknown(slotd.ask("GET", link("default", KEY, line=KEYS[1])))


def test_the_log_has_no_signature(two):
    seen = len(two.lines)
    location = follow(two, link("default", KEY))
    line = two.wait_line("status=302", seen)
    assert "slot=AAECAwQF" in line
    assert parts(location)[1]["X-Amz-Signature"] not in "\n".join(two.lines)
