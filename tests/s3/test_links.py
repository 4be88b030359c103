"""get = "redirect" before a private bucket of a real store."""

import email.utils
import glob
import json
import os
import time
import urllib.parse

import pytest

import browser
import lab as laboratory
import rgw
import support

KEYS = [support.KEY_LINE, "not-a-real-key-not-a-real-key-0002"]
DATA = b"\x00\xffbytes of a test\r\n" * 7
NAMES = ["cat.jpg", "très cool.jpg", "a + b & 100 %.txt", "%41%2F.txt",
         "Gru\u0308\u00dfe.pdf", "\U0001f600.png", "'q' \"d\" (x)~*!;.html",
         "\u20ac" * 65 + ".html", "no-ending"]
PNG = "image/png"


def redirects(lab, folder, bucket, **place):
    """slotd's configuration before this bucket."""
    storage = {"get": "redirect", **place.pop("storage", {})}
    config = lab.config(bucket, storage=storage,
                        key_file=support.write_key(folder, KEYS[0]), **place)
    config["public_url"] = "http://127.0.0.1:%d" % config["listen"]["port"]
    return config


@pytest.fixture(scope="module")
def slotd(lab, private, start_once, tmp_path_factory):
    return start_once(redirects(
        lab, tmp_path_factory.mktemp("keys"), private))


def upload(lab, slotd, data=DATA, *args, **members):
    """Puts a file as a client would; gives the link to share."""
    slot = slotd.slot(size=len(data), **members)
    assert slot["get"].startswith(slotd.config["public_url"] + "/f/")
    reply = lab.put(slot["put"], data, *args)
    assert reply.status == 200, reply
    return slot["get"]


def key_of(slotd, url):
    """The object key behind TOKEN."""
    path = url[len(slotd.config["public_url"] + "/f/"):]
    return urllib.parse.unquote(path.split("/", 1)[1], errors="strict")


def location(url, method="GET"):
    reply = support.fetch(method, url)
    assert reply.status == 302, reply
    return reply.headers["Location"]


# --- a private bucket, read by everybody who has the link -----------------


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_names(lab, slotd, private, number):
    url = upload(lab, slotd, filename=NAMES[number])
    key = key_of(slotd, url)
    assert key.endswith("/" + NAMES[number])
    assert lab.stored(private, key) == DATA
    plain = lab.store.url(private) + "/" + urllib.parse.quote(key)
    assert lab.get(plain).status == 403
    # HEAD comes first, as with clients that look before they download.
    reply = lab.curl("-I", "-L", url=url)
    assert reply.status == 200, reply
    assert reply.headers["content-length"] == str(len(DATA))
    reply = lab.get(url, "-L")
    assert (reply.status, reply.body) == (200, DATA), reply


@pytest.mark.parametrize("size", [0, 4 << 20])
def test_sizes(lab, slotd, size):
    data = os.urandom(size)
    reply = lab.get(upload(lab, slotd, data), "-L")
    assert reply.status == 200 and reply.body == data


@pytest.mark.parametrize("place", [
    {"tls": True}, {"prefix": "/a/b"}, {"tls": True, "style": "host"}])
def test_places(lab, private, start_once, tmp_path, place):
    slotd = start_once(redirects(lab, tmp_path, private, **place))
    url = upload(lab, slotd, filename="très cool + 100 %.html")
    target = location(url)
    for method, args in (("HEAD", ["-I"]), ("GET", [])):
        # Straight at it: curl has to be told where that host is.
        reply = lab.curl(*args, url=location(url, method))
        assert reply.status == 200, (target, reply)
        if method == "GET":
            assert reply.body == DATA


def test_range(lab, slotd):
    url = upload(lab, slotd)
    reply = lab.get(url, "-L", "-r", "5-9")
    assert (reply.status, reply.body) == (206, DATA[5:10]), reply


def test_each_method_has_its_url(lab, slotd):
    url = upload(lab, slotd)
    assert lab.curl("-I", url=location(url, "HEAD")).status == 200
    assert lab.curl("-I", url=location(url, "GET")).status == 403
    assert lab.get(location(url, "HEAD")).status == 403
    for method in ("PUT", "DELETE"):
        assert lab.curl("-X", method, url=location(url)).status == 403
    assert lab.get(url, "-L").body == DATA


def test_not_uploaded(lab, slotd):
    reply = lab.get(slotd.slot()["get"], "-L")
    assert (reply.status, reply.code()) == (404, "NoSuchKey"), reply


@pytest.mark.parametrize("name, kind, shown", [
    ("a.png", PNG, True), ("a.txt", "text/plain; charset=utf-8", True),
    ("a.svg", "image/svg+xml", False), ("a.html", "text/html", False),
    ("a.unknown", "application/octet-stream", False)])
@pytest.mark.parametrize("sent", ["text/html", "image/svg+xml", PNG])
def test_types_are_safe(lab, slotd, name, kind, shown, sent):
    """Whatever the client has said that it is."""
    url = upload(lab, slotd, DATA, "-H", "Content-Type: " + sent,
                 filename=name, content_type=sent)
    for args in (["-I"], []):
        reply = lab.curl("-L", *args, url=url)
        assert reply.status == 200, reply
        assert reply.headers["content-type"] == kind
        assert reply.headers.get("content-disposition") == (
            None if shown else
            f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}")


def test_nothing_in_it_can_be_changed(lab, slotd):
    target = location(upload(lab, slotd, filename="a.html"))
    assert lab.get(target).status == 200
    for old, new in (("text%2Fhtml", "image%2Fpng"),
                     ("attachment", "inline"), (".html?", ".htm?"),
                     ("X-Amz-Expires=3600", "X-Amz-Expires=3601")):
        assert old in target
        reply = lab.get(target.replace(old, new))
        assert (reply.status, reply.code()) == (
            403, "SignatureDoesNotMatch"), reply


# --- links do not die -----------------------------------------------------


def test_forged(lab, slotd, private):
    """What is in the bucket but has no link is not given out."""
    lab.owners.put_object(Bucket=private, Key="secret.txt", Body=b"secret")
    url = upload(lab, slotd)
    token = url[len(slotd.config["public_url"] + "/f/"):].split("/")[0]
    forged = ("B" if token[0] == "A" else "A") + token[1:]
    public = slotd.config["public_url"]
    for bad in (f"{public}/f/{token}/secret.txt", f"{public}/f/secret.txt",
                url.replace(token, forged), url.replace(token, token[:-1]),
                url + "x", url[:-1]):
        reply = lab.get(bad, "-L")
        assert reply.status == 404, (bad, reply)
        assert json.loads(reply.body)["code"] == "not-found"
    assert lab.get(url, "-L").body == DATA


def test_rotated(lab, private, start_once, tmp_path):
    slotd = start_once(redirects(lab, tmp_path, private))
    old = upload(lab, slotd)
    slotd.stop()
    support.write_key(tmp_path, KEYS[1], KEYS[0])
    slotd.start()
    new = upload(lab, slotd)
    for url in (old, new):
        assert lab.curl("-I", "-L", url=url).status == 200
        assert lab.get(url, "-L").body == DATA


def test_a_year_later(start_once, tmp_path, monkeypatch):
    """slotd and the store, both with a clock a year ahead."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert libraries, "libfaketime is not installed"
    # A store of its own, whose clock can be set.
    with rgw.Rgw(tmp_path) as store:
        folder = tmp_path / "lab"
        folder.mkdir()
        lab = laboratory.Lab(store, folder)
        slotd = start_once(redirects(lab, tmp_path, lab.bucket("files")))
        url = upload(lab, slotd)
        target = location(url)
        assert lab.get(target).body == DATA
        slotd.stop()
        store.stop_gateway()
        with monkeypatch.context() as patch:
            patch.setenv("LD_PRELOAD", libraries[0])
            patch.setenv("FAKETIME", "+365d")
            # Or timeouts would end at once.
            patch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            store.start_gateway()
            slotd.start()
        assert lab.curl("-I", "-L", url=url).status == 200
        reply = lab.get(url, "-L")
        assert (reply.status, reply.body) == (200, DATA), reply
        then = email.utils.parsedate_to_datetime(reply.headers["date"])
        assert then.timestamp() > time.time() + 364 * 86400
        # What was presigned a year ago is dead, as it has to be.
        reply = lab.get(target)
        assert (reply.status, reply.code()) == (403, "AccessDenied"), reply
        slotd.stop()


# --- a page of another origin in a browser --------------------------------


SCRIPT = """
const seen = [];
for (const method of methods) {
	const reply = await fetch(url, {method});
	seen.push([reply.status, reply.redirected, new URL(reply.url).origin,
		reply.headers.get("Content-Type"), await reply.text()]);
}
return seen;
"""


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("browser")) as window:
        yield window


def test_browser(lab, start_once, tmp_path, window):
    bucket = lab.bucket("redirect-cors")
    lab.owners.put_bucket_cors(Bucket=bucket, CORSConfiguration={
        "CORSRules": [{"AllowedMethods": ["GET", "HEAD"],
                       "AllowedOrigins": ["*"]}]})
    slotd = start_once(redirects(lab, tmp_path, bucket))
    text = "très cool\n"
    url = upload(lab, slotd, text.encode(), filename="a b+ü.txt")
    origin = lab.store.url()
    kind = "text/plain; charset=utf-8"
    assert window.run(SCRIPT, url=url, methods=["HEAD", "GET", "GET"]) == [
        [200, True, origin, kind, ""],
        [200, True, origin, kind, text], [200, True, origin, kind, text]]


def test_browser_without_a_rule(lab, slotd, window):
    """The bucket has to allow it: slotd's own headers are not enough."""
    url = upload(lab, slotd, b"abc", filename="a.txt")
    fault = window.run(SCRIPT, url=url, methods=["GET"])
    assert fault == "TypeError: Failed to fetch"
