"""relay = true: uploads through slotd into a real store."""

import os
import re
import secrets
import threading
import urllib.parse

import pytest

import counting
import rgw
import support
from upload import Upload

DATA = secrets.token_bytes(5000)
NAMES = ["cat.jpg", "très cool.jpg", "a + b & 100 %.txt", "%41%2F.txt",
         "Gru\u0308\u00dfe.pdf", "\U0001f600.png", "'q' \"d\" (x)~*!;.html",
         "\u20ac" * 65 + ".html", "no-ending"]
SIZES = [0, 1, 65535, 65536, 65537, 131071, 131073, 5 * 2**20 + 1]
PLACES = {
    "path": {}, "tls": {"tls": True}, "prefix": {"prefix": "/a/b%20c"},
    "tls-prefix": {"tls": True, "prefix": "/a"}}


def relays(lab, folder, bucket, *, bucket_url=None, **place):
    """slotd's configuration before this bucket."""
    key_file = support.write_key(folder)
    storage = {"relay": True, **place.pop("storage", {})}
    if bucket_url:
        storage["bucket_url"] = bucket_url
    config = lab.config(
        bucket, storage=storage, key_file=key_file, **place)
    config["public_url"] = "http://127.0.0.1:%d" % config["listen"]["port"]
    return config


@pytest.fixture
def begin(lab, start_once, tmp_path, monkeypatch):
    """Starts slotd with a relay to a bucket."""
    def begin(bucket, **place):
        monkeypatch.setenv("SSL_CERT_FILE", str(lab.store.ca))
        return start_once(relays(lab, tmp_path, bucket, **place))
    return begin


@pytest.fixture(scope="module")
def slotd(lab, public, start_once, tmp_path_factory):
    return start_once(relays(
        lab, tmp_path_factory.mktemp("keys"), public))


def key_of(answer):
    path = urllib.parse.urlsplit(answer["put"]).path
    return urllib.parse.unquote(path.split("/", 3)[3], errors="strict")


def put(answer, data=DATA, headers=()):
    return support.fetch("PUT", answer["put"], data, headers)


def upload(slotd, data=DATA, **members):
    """Through slotd, by a client that knows 201 and nothing else."""
    answer = slotd.slot(size=len(data), **members)
    reply = put(answer, data)
    assert reply.status == 201, reply
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_names(lab, slotd, public, name):
    answer = upload(slotd, filename=name)
    assert answer["headers"] == {}
    assert answer["put"].startswith(slotd.config["public_url"] + "/u/")
    assert key_of(answer).endswith("/" + name)
    assert lab.stored(public, key_of(answer)) == DATA
    assert lab.get(answer["get"]).body == DATA


@pytest.mark.parametrize("size", SIZES)
def test_sizes(lab, slotd, public, size):
    data = secrets.token_bytes(size)
    answer = upload(slotd, data)
    assert lab.stored(public, key_of(answer)) == data


@pytest.mark.parametrize("tls", [False, True])
def test_64_mib_by_curl(lab, public, begin, tls):
    slotd = begin(public, tls=tls)
    data = secrets.token_bytes(2**20) * 64
    answer = slotd.slot(size=len(data))
    reply = lab.put(answer["put"], data)
    assert (reply.status, reply.body) == (201, b""), reply
    assert lab.stored(public, key_of(answer)) == data


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_places(lab, public, begin, place):
    answer = upload(begin(public, **place))
    reply = lab.get(answer["get"])
    assert (reply.status, reply.body) == (200, DATA), reply


def test_virtual_host(lab, public, begin, monkeypatch):
    """A name that only the proxy of the environment can find."""
    with counting.Proxy() as proxy:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1")
        monkeypatch.setenv("https_proxy", proxy.url)
        answer = upload(begin(public, tls=True, style="host"))
        host = f"{public}.{rgw.DNS_NAME}:{lab.store.https}"
        assert proxy.names == [host]
        assert answer["get"].startswith(f"https://{host}/")
        assert lab.stored(public, key_of(answer)) == DATA


def test_a_certificate_that_nobody_knows(lab, public, start_once, tmp_path,
                                         monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    slotd = start_once(relays(lab, tmp_path, public, tls=True))
    answer = slotd.slot(size=len(DATA))
    support.assert_problem(put(answer), "unavailable")
    assert "certificate" in slotd.wait_line("route=/u/")


@pytest.mark.parametrize("named, sent, kept", [
    ("image/png", "text/html", "image/png"), (None, "audio/ogg", "audio/ogg"),
    (None, None, "application/octet-stream")])
@pytest.mark.parametrize("signed", [False, True])
def test_types(lab, public, begin, named, sent, kept, signed):
    slotd = begin(public, storage={"sign_content_type": signed})
    members = {"content_type": named} if named else {}
    answer = slotd.slot(size=len(DATA), **members)
    headers = {"Content-Type": sent} if sent else {}
    assert put(answer, DATA, headers).status == 201
    head = lab.owners.head_object(Bucket=public, Key=key_of(answer))
    assert head["ContentType"] == kept


def test_a_second_time(lab, slotd, public):
    answer = upload(slotd)
    support.assert_problem(put(answer, b"x" * len(DATA)), "already-exists")
    assert lab.stored(public, key_of(answer)) == DATA


def test_two_at_once(lab, slotd, public):
    """One of them has it, whole."""
    files = [secrets.token_bytes(300000) for _ in range(2)]
    for _ in range(5):
        answer = slotd.slot(size=300000)
        found = {}
        threads = [threading.Thread(target=lambda n=n: found.update(
            {n: put(answer, files[n]).status})) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(support.PATIENCE)
        assert sorted(found.values()) == [201, 409], found
        winner = next(n for n in found if found[n] == 201)
        assert lab.stored(public, key_of(answer)) == files[winner]


def test_refused(lab, slotd, public):
    answer = slotd.slot(size=len(DATA))
    token = answer["put"].split("/u/")[1].split("/")[0]
    before = lab.listing(public)
    support.assert_problem(put(answer, DATA + b"x"), "length-mismatch")
    support.assert_problem(put(answer, DATA[1:]), "length-mismatch")
    support.assert_problem(support.fetch(
        "PUT", answer["put"], support.chunked(DATA),
        {"Transfer-Encoding": "chunked"}), "length-required")
    forged = ("B" if token[0] == "A" else "A") + token[1:]
    for wrong in (answer["put"].replace(token, forged), answer["put"] + "x"):
        support.assert_problem(put({"put": wrong}), "slot-invalid")
    assert lab.listing(public) == before
    assert put(answer).status == 201


def test_late(public, begin):
    slotd = begin(public, storage={"put_ttl": 1})
    answer = slotd.slot(size=len(DATA))
    support.wait_for("the end of the slot", lambda: put(
        answer, b"x").json["code"] == "slot-expired")
    support.assert_problem(put(answer), "slot-expired")


def test_aborted(lab, slotd, public):
    """The store keeps nothing of what did not arrive whole."""
    answer = slotd.slot(size=10 * len(DATA))
    first = Upload.begun(answer["put"], DATA * 10, len(DATA))
    first.close()
    slotd.wait_line("status=0 .*the client closed")
    support.wait_for(
        "a second try", lambda: put(answer, DATA * 10).status == 201)
    assert lab.stored(public, key_of(answer)) == DATA * 10
    gone = slotd.slot(size=2**20)
    half = os.urandom(2**19)
    cut = Upload.begun(gone["put"], half + half, len(half))
    cut.close()
    # What is done after it is there; it is not.
    for _ in range(3):
        upload(slotd)
    assert key_of(gone) not in lab.listing(public)


# --- reading --------------------------------------------------------------


def test_redirect(lab, private, begin):
    slotd = begin(private, storage={"get": "redirect"})
    answer = upload(slotd, filename="très cool.html")
    assert answer["get"].startswith(slotd.config["public_url"] + "/f/")
    for args in (["-I"], []):
        reply = lab.curl("-L", *args, url=answer["get"])
        assert reply.status == 200, reply
    assert reply.body == DATA


def test_presigned(lab, private, begin):
    slotd = begin(private, storage={"get": "presigned"})
    answer = upload(slotd)
    assert lab.get(answer["get"]).body == DATA


def test_plain_urls(lab, private, begin):
    slotd = begin(private, storage={"get": "redirect"}, callers=[
        {"id": "plain", "secret": support.SECRET + "-plain",
         "plain_urls": True}])
    answer = slotd.slot("plain", size=len(DATA), filename="a ü+%.jpg")
    for url in (answer["put"], answer["get"]):
        assert re.fullmatch("[A-Za-z0-9_.:/-]+", url), url
    assert put(answer).status == 201
    assert lab.get(answer["get"], "-L").body == DATA


# --- keys, connections ----------------------------------------------------


def test_set_public(lab, private, begin):
    """Signed as ever; RGW takes it, and ignores it."""
    answer = upload(begin(private, storage={"set_public": True}))
    assert lab.stored(private, key_of(answer)) == DATA


def test_a_key_that_may_only_put(lab, begin):
    user = lab.store.add_user("relay-writer")
    bucket = lab.bucket("relay-writes", {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam:::user/{user.name}"]},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::relay-writes/*"]})
    answer = upload(begin(bucket, user=user))
    # On RGW the object is its writer's: the bucket's owner may only list it.
    assert lab.listing(bucket) == {key_of(answer): len(DATA)}


def test_a_key_that_may_not(lab, public, begin):
    user = lab.store.add_user("relay-stranger")
    slotd = begin(public, user=user)
    answer = slotd.slot(size=len(DATA))
    reply = put(answer)
    assert (reply.status, reply.json["code"]) == (500, "internal"), reply
    assert "403 AccessDenied" in slotd.wait_line("route=/u/")
    assert key_of(answer) not in lab.listing(public)


def test_several_stores(lab, public, private, begin):
    base = {"type": "s3", "region": rgw.REGION, "relay": True,
            "access_key_id": lab.owner.key,
            "access_key_secret": lab.owner.secret}
    slotd = begin(
        public, storages=[{**base, "name": "other",
                           "bucket_url": lab.store.url(private)}],
        domains=[{"name": "other.example", "storage": "other"}])
    for domain, bucket in (("example.org", public),
                           ("other.example", private)):
        answer = upload(slotd, jid="juliet@" + domain)
        assert lab.stored(bucket, key_of(answer)) == DATA


@pytest.mark.parametrize("tls", [False, True])
def test_connections_are_used_again(lab, public, begin, tls):
    with counting.Proxy(lab.store.port(tls)) as proxy:
        scheme = "https" if tls else "http"
        slotd = begin(public, bucket_url=(
            f"{scheme}://127.0.0.1:{proxy.port}/{public}"))
        for size, count in ((5000, 1), (200000, 1), (1, 1), (70000, 1),
                            # What must not be sent twice has one of its own.
                            (0, 2), (5000, 2), (0, 3)):
            upload(slotd, secrets.token_bytes(size))
            assert proxy.connections == count, size


def test_the_store_comes_back(lab, public, begin):
    slotd = begin(public)
    answer = upload(slotd)
    lab.store.stop_gateway()
    try:
        answer = slotd.slot(size=len(DATA))
        support.assert_problem(put(answer), "unavailable")
    finally:
        lab.store.start_gateway()
    assert put(answer).status == 201
    assert lab.stored(public, key_of(answer)) == DATA
