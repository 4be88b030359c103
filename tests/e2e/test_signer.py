"""Presigned URLs against botocore, an independent signer.

At least 2,000 random slots over every form of configuration: whatever slotd
signs, botocore has to compute the same signature for the same inputs and
the same clock.
"""

import contextlib
import datetime
import random
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

import names
import support

SEED = 20130524
SLOTS = 92  # for each configuration; together more than 2,000

ACCESS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE",
          "access_key_secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

# (bucket_url, its normal form, region, more of storage)
CONFIGS = [
    ("https://my-bucket.s3.us-east-2.amazonaws.com", ..., "us-east-2", {}),
    ("https://my-bucket.s3.us-east-2.amazonaws.com/", ..., "us-east-2", {}),
    ("https://my.dotted.bucket.s3.eu-west-1.amazonaws.com", ...,
     "eu-west-1", {"set_public": True}),
    ("https://my-bucket.s3.amazonaws.com/pre/fix", ..., "us-east-1", {}),
    ("https://my-bucket.s3.amazonaws.com/pre/fix/", ..., "us-east-1",
     {"put_ttl": 1}),
    ("https://s3.example.org:9000/bucket", ..., "garage",
     {"put_ttl": 604800}),
    ("https://s3.example.org:9000/bucket/", ..., "garage",
     {"set_public": True, "put_ttl": 60}),
    ("http://127.0.0.1:9000/bucket", ..., "us-east-1", {}),
    ("http://localhost/bucket", ..., "us-east-1", {}),
    ("http://localhost:80/bucket", "http://localhost/bucket", "local", {}),
    ("https://s3.example.org:443/bucket", "https://s3.example.org/bucket",
     "r1", {}),
    ("https://s3.example.org:80/bucket", ..., "r1", {}),
    ("http://s3.example.org:443/bucket", ..., "r1", {}),
    ("http://[::1]:9000/bucket", ..., "us-east-1", {}),
    ("http://[2001:db8::1]/b", ..., "us-east-1", {"set_public": True}),
    ("https://ACCOUNT.R2.CloudflareStorage.com/Bucket",
     "https://account.r2.cloudflarestorage.com/Bucket", "auto", {}),
    ("https://s3.eu-central-003.backblazeb2.com/bucket", ...,
     "eu-central-003", {"key": "{random}"}),
    ("https://fra1.digitaloceanspaces.com/b", ..., "fra1",
     {"key": "a~b/{domain}/{date}/{random}.{ext}"}),
    ("https://s3.example.org/b%20c/%E2%82%AC", ..., "x_y.z-1", {}),
    ("https://s3.example.org/b%5cc/%41%7e/caf%c3%a9",
     "https://s3.example.org/b%5Cc/A~/caf%C3%A9", "us-east-1", {}),
    ("https://s3.example.org/~user/b-c_d.e", ..., "us-east-1", {}),
    ("https://storage.googleapis.com/bucket", ..., "europe-west1",
     {"key": "{random}-{filename}", "set_public": True}),
    ("https://s3.example.org", ..., "us-east-1",
     {"access_key_secret": "s" * 128}),
    ("https://s3.example.org:65535/b", ..., "us-east-1",
     {"access_key_id": "GK31c2f218a2e44f485b94239e"}),
    ("https://s3.example.org/b", ..., "us-east-1",
     {"sign_content_type": True}),
    ("https://my-bucket.s3.us-east-2.amazonaws.com", ..., "us-east-2",
     {"session_token": "FwoGZXIvYXdzEFake+/for/tests==" * 40}),
    ("https://my-bucket.s3.us-east-2.amazonaws.com/p", ..., "us-east-2",
     {"session_token": "FakeToken/+=", "sign_content_type": True,
      "set_public": True, "get": "presigned"}),
    ("http://127.0.0.1:9000/bucket", ..., "garage",
     {"get": "presigned", "get_ttl": 90}),
    ("https://s3.example.org/b%20c", ..., "us-east-1",
     {"get": "presigned", "get_ttl": 1, "put_ttl": 604800,
      "download_url": "https://CDN.example.org:8443/files%2b/"}),
]
# Where a slot's file is got again, where that is not the bucket.
DOWNLOAD = {"https://CDN.example.org:8443/files%2b/":
            "https://cdn.example.org:8443/files%2B"}
TYPES = [..., "image/jpeg", "text/plain; charset=utf-8", "a/b;  c=d",
         "text/plain ; format=flowed", 'x/y; z="a  b"', "application/ld+json"]

SPECIAL = " +%&'()~!*;:@$,=?#[]{}|^`<>\"-_."
RANGES = [(0x21, 0x7E), (0xA1, 0x2FF), (0x300, 0x36F), (0x370, 0x5FF),
          (0x620, 0x6FF), (0x900, 0x97F), (0x3041, 0x30FF),
          (0x4E00, 0x9FFF), (0xE000, 0xE010), (0x1F300, 0x1F6FF),
          (0x20000, 0x20010), (0x10FFF0, 0x10FFFF)]


def random_name(dice):
    kind = dice.randrange(8)
    if kind == 0:
        return "".join(dice.choices(SPECIAL + "ab/\\", k=dice.randint(0, 30)))
    if kind == 1:
        return dice.choice(names.TABLE)[0]
    size = dice.choice([1, 3, 8, 20, 60, 300])
    text = "".join(chr(dice.randint(*dice.choice(RANGES)))
                   for _ in range(dice.randint(1, size)))
    return text + dice.choice(["", ".jpg", ".tar.gz", " .TXT", ". "])


def random_size(dice):
    return dice.choice([0, 1, 2**31, 2**32, dice.randrange(2**20),
                        dice.randrange(2**40), 2**50])


class FrozenClock:
    """Stands for the datetime module inside botocore.auth."""

    def __init__(self, stamp):
        moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")

        class Frozen(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return moment

            @classmethod
            def now(cls, tz=None):
                return moment.replace(tzinfo=tz)
        self.datetime = Frozen
        self.timezone = datetime.timezone
        self.moment = moment


@contextlib.contextmanager
def frozen(monkeypatch, stamp):
    """botocore signs as of that second, its clients by the CRT, too, where
    that is installed."""
    clock = FrozenClock(stamp)
    with monkeypatch.context() as patch:
        patch.setattr(botocore.auth, "datetime", clock, raising=False)
        if botocore.compat.HAS_CRT:
            patch.setattr(botocore.crt.auth, "datetime", clock)
        if hasattr(botocore.auth, "get_current_datetime"):
            patch.setattr(botocore.auth, "get_current_datetime",
                          lambda *_, **__: clock.moment)
        yield


def presign(monkeypatch, stamp, url, size, storage, kind=...):
    """What botocore makes of the same inputs at the same second: of a PUT,
    or with size None of a GET."""
    method, headers, ttl = "GET", {}, storage.get("get_ttl", 604800)
    if size is not None:
        method, ttl = "PUT", storage.get("put_ttl", 600)
        headers["Content-Length"] = str(size)
        if storage.get("set_public"):
            url += "?x-amz-acl=public-read"
        if storage.get("sign_content_type"):
            headers["Content-Type"] = (
                "application/octet-stream" if kind is ... else kind)
    with frozen(monkeypatch, stamp):
        signer = botocore.auth.S3SigV4QueryAuth(
            botocore.credentials.Credentials(
                storage["access_key_id"], storage["access_key_secret"],
                storage.get("session_token")),
            "s3", storage["region"], expires=ttl)
        request = botocore.awsrequest.AWSRequest(method, url, headers=headers)
        signer.add_auth(request)
        return request.url


def parts(url):
    base, _, query = url.partition("?")
    pairs = urllib.parse.parse_qsl(query, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return base, dict(pairs)


def expected_key(storage, key, name):
    """The key must be what the template says, but for its random part."""
    template = storage.get("key", "{random}/{filename}")
    cleaned = names.clean(name)
    head, tail = template.split("{random}")
    if "{filename}" in tail:
        assert key.endswith(tail.replace("{filename}", cleaned)), (key, name)
    if head == "" and "{filename}" in tail:
        assert len(key) == 22 + len(tail.replace("{filename}", cleaned))


def one_slot(connection, dice):
    name, size = random_name(dice), random_size(dice)
    kind = dice.choice(TYPES)
    body = support.slot_body(filename=name, size=size, content_type=kind)
    reply = connection.ask("POST", "/slot", body, {
        "Authorization": support.authorization(body=body),
        "Content-Type": "application/json"})
    assert reply.status == 200, (name, size, reply)
    return name, size, kind, reply.json


def headers_of(storage, kind):
    if not storage.get("sign_content_type"):
        return {}
    if kind is ...:
        return {"Content-Type": "application/octet-stream"}
    return {"Content-Type": " ".join(kind.split())}


def test_enough():
    assert len(CONFIGS) >= 20 and len(CONFIGS) * SLOTS >= 2000


@pytest.mark.parametrize("number", range(len(CONFIGS)))
def test_against_botocore(start, monkeypatch, number):
    bucket, normal, region, more = CONFIGS[number]
    normal = bucket.rstrip("/") if normal is ... else normal
    storage = {"type": "s3", "bucket_url": bucket, "region": region,
               **ACCESS, **more}
    slotd = start(support.s3_config(
        storage=storage, policy={"max_size": 2**50}))
    print("seed", SEED + number)
    dice = random.Random(SEED + number)
    connection = support.Connection(slotd.address)
    for _ in range(SLOTS):
        name, size, kind, slot = one_slot(connection, dice)
        put = slot["put"]
        base, query = parts(put)
        key = support.key_of(put, normal)
        expected_key(storage, key, name)
        plain = normal + "/" + urllib.parse.quote(key, safe="/~")
        stamp = query["X-Amz-Date"]
        theirs = presign(monkeypatch, stamp, plain, size, storage, kind)
        assert (base, query) == parts(theirs), (name, size, kind)
        assert slot["headers"] == headers_of(storage, kind)
        get = DOWNLOAD.get(storage.get("download_url"), normal)
        get += "/" + urllib.parse.quote(key, safe="/~")
        if storage.get("get") == "presigned":
            theirs = presign(monkeypatch, stamp, get, None, storage)
            assert parts(slot["get"]) == parts(theirs), name
        else:
            assert slot["get"] == get
    connection.close()


def client_url(monkeypatch, stamp, storage, key, size):
    """The URL of boto3's client, which is told a bucket and a key alone."""
    with frozen(monkeypatch, stamp):
        client = boto3.client(
            "s3", endpoint_url="https://s3.example.org",
            region_name=storage["region"],
            aws_access_key_id=storage["access_key_id"],
            aws_secret_access_key=storage["access_key_secret"],
            config=botocore.config.Config(
                signature_version="s3v4", s3={"addressing_style": "path"}))
        return client.generate_presigned_url(
            "put_object", ExpiresIn=600, Params={
                "Bucket": "bucket", "Key": key, "ContentLength": size})


@pytest.mark.parametrize("prefix, decoded", [
    ("caf%c3%a9", "café"), ("caf%C3%a9/%41%5a%7E", "café/AZ~"),
    ("a%2bb%20c%5C/%2ed%2D%5F", "a+b c\\/.d-_"), ("%25%34%31", "%41")])
def test_prefixes_as_clients_sign_them(start, monkeypatch, prefix, decoded):
    """However the prefix is encoded, it is the one that a client names."""
    storage = {"type": "s3", "region": "us-east-1", **ACCESS,
               "bucket_url": f"https://s3.example.org/bucket/{prefix}"}
    slotd = start(support.s3_config(storage=storage))
    base, query = parts(slotd.slot(size=1000, filename="à la carte")["put"])
    key = urllib.parse.unquote(base).removeprefix(
        f"https://s3.example.org/bucket/{decoded}/")
    theirs = client_url(monkeypatch, query["X-Amz-Date"], storage,
                        f"{decoded}/{key}", 1000)
    assert (base, query) == parts(theirs)


def test_the_comparison_can_fail(start, monkeypatch):
    """Another size, second, key, host or secret is another signature."""
    storage = {"type": "s3", "bucket_url": "https://s3.example.org/b",
               "region": "us-east-1", "session_token": "FakeToken",
               "sign_content_type": True, **ACCESS}
    slotd = start(support.s3_config(storage=storage))
    put = slotd.slot(size=1000, content_type="a/b")["put"]
    base, query = parts(put)
    stamp = query["X-Amz-Date"]
    later = stamp[:-2] + ("1" if stamp[-2] == "0" else "0") + "Z"

    def sign(**over):
        args = {"stamp": stamp, "url": base, "size": 1000, "kind": "a/b",
                **over}
        args["storage"] = {**storage, **over.get("storage", {})}
        return parts(presign(monkeypatch, **args))[1]["X-Amz-Signature"]

    ours = query["X-Amz-Signature"]
    assert sign() == ours
    for over in ({"size": 1001}, {"stamp": later}, {"url": base + "x"},
                 {"url": base.replace("example", "examplf")},
                 {"kind": "a/c"}, {"kind": "A/b"}, {"size": None},
                 {"storage": {"access_key_secret": "other"}},
                 {"storage": {"session_token": "FakeTokem"}},
                 {"storage": {"region": "us-east-2"}},
                 {"storage": {"set_public": True}},
                 {"storage": {"put_ttl": 601}}):
        assert sign(**over) != ours, over
