"""slotd doctor in front of a real store, in each state that it may be in."""

import json
import re
import time

import pytest

from configs import free_port
from doctor_report import ALL, KEY, doctor, environment
from lab import statement

CORS = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedHeaders": ["*"],
                       "AllowedMethods": ["GET", "HEAD", "PUT"]}]}
HOUR = 3600


@pytest.fixture
def examine(lab, tmp_path):
    def examine(bucket, *args, env=None, **place):
        return doctor(tmp_path, lab.config(bucket, **place), *args, env=env)
    return examine


@pytest.fixture(scope="module")
def well(lab):
    """A bucket as it should be, for uploads and downloads of the web too."""
    bucket = lab.public_bucket("doctor-well")
    lab.owners.put_bucket_cors(Bucket=bucket, CORSConfiguration=CORS)
    return bucket


@pytest.fixture(scope="module")
def plain(lab):
    """A bucket as it is when it is new."""
    return lab.bucket("doctor-plain")


# --- all well ---------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/deep/pre%20fix"])
def test_all_well(lab, examine, well, prefix):
    report = examine(well, tls=True, prefix=prefix,
                     env=environment(SSL_CERT_FILE=str(lab.store.ca)))
    # The owner's key may do more than slotd needs.
    assert report.of("warning") == {"key"}
    assert report.of("ok") == set(ALL) - {"key"}
    report.says("put", "ok", "200")
    report.says("size", "ok", "another length is refused: 403")
    report.says("signature", "ok", "403 SignatureDoesNotMatch")
    report.says("clients", "ok", "Siskin", "201")
    report.says("lifecycle", "ok", "no rules")
    report.says("key", "warning", '"s3:PutObject"')
    assert report.text.endswith("17 ok, 1 warning, 0 failures\n")
    assert lab.listing(well) == {}


def test_plain_http(examine, well):
    report = examine(well)
    report.says("clients", "warning", "Gajim, Dino, go-sendxmpp")


def test_relay(lab, tmp_path, well):
    """The store is tried as ever; clients see slotd's 201 and CORS."""
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)
    report = doctor(
        tmp_path, lab.config(
            well, tls=True, storage={"relay": True}, key_file=str(key),
            public_url="https://up.invalid"),
        env=environment(SSL_CERT_FILE=str(lab.store.ca)))
    assert report.of("failure") == {"public_url"}
    report.says("put", "ok", "200")
    report.says("signature", "ok", "403 SignatureDoesNotMatch")
    report.says("clients", "ok", "no known client has a problem")
    assert "Siskin" not in report.text


def test_redirect(lab, tmp_path, plain):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)
    config = lab.config(plain, storage={"get": "redirect"},
                        public_url="https://up.invalid",
                        key_file=str(key))
    report = doctor(tmp_path, config)
    report.says("get", "ok", "redirect")
    report.says("head", "ok")
    report.says("public_url", "failure", "https://up.invalid/f/slotd-doctor",
                "Start the service first")
    report.says("redirect", "skipped")
    assert report.of("failure") == {"public_url"}


def test_presigned(examine, plain):
    report = examine(plain, storage={"get": "presigned"})
    report.says("get", "warning", "links expire", 'get = "redirect"')
    assert not report.of("failure")


def test_every_addition_to_a_put(examine, plain):
    report = examine(plain, storage={"sign_content_type": True})
    report.says("put", "ok")


# --- the key ----------------------------------------------------------------


def not_written(lab, report, bucket):
    assert report.exit == 1
    for name in ("size", "signature", "get", "head"):
        report.says(name, "skipped")
    if bucket:
        assert KEY not in lab.listing(bucket)


def test_wrong_secret(lab, examine, well):
    report = examine(well, storage={"access_key_secret": "fake-and-wrong-1"})
    report.says("put", "failure", "403 SignatureDoesNotMatch",
                "1. access_key_secret is wrong")
    not_written(lab, report, well)


def test_wrong_key_id(lab, examine, well):
    report = examine(well, storage={"access_key_id": "FAKEANDWRONG00000001"})
    report.says("put", "failure", "403 InvalidAccessKeyId",
                "access_key_id is mistyped")
    not_written(lab, report, well)


def test_may_only_put(lab, examine):
    user = lab.store.add_user("doctor-putter")
    bucket = lab.bucket(
        "doctor-putonly", statement("doctor-putonly", ["PutObject"], user),
        statement("doctor-putonly", ["GetObject"]))
    report = examine(bucket, user=user)
    assert not report.of("failure")
    report.says("put", "ok")
    report.says("key", "ok", "may not list")
    report.says("lifecycle", "ok", "may not read the rules")
    report.says("tidy", "ok", KEY + " stays: 403 AccessDenied",
                "aws s3 rm --recursive s3://doctor-putonly/slotd-doctor/")
    assert set(lab.listing(bucket)) == {KEY}


def test_may_not_put(lab, examine, well):
    user = lab.store.add_user("doctor-nobody")
    report = examine(well, user=user)
    report.says("put", "failure", "403 AccessDenied", '"s3:PutObject"',
                "arn:aws:s3:::doctor-well/*")
    not_written(lab, report, well)


# --- the bucket -------------------------------------------------------------


def test_no_such_bucket(lab, examine):
    report = examine("doctor-missing")
    report.says("put", "failure", "404 NoSuchBucket",
                'There is no bucket "doctor-missing"',
                "create-bucket --bucket doctor-missing")
    report.says("cors-put", "skipped")
    not_written(lab, report, None)


def test_path_style_without_bucket(lab, examine):
    before = lab.owners.list_buckets()["Buckets"]
    report = examine("")
    report.says("put", "failure", "404 NoSuchBucket",
                "bucket_url names no bucket",
                f'bucket_url = "http://127.0.0.1:{lab.store.http}/BUCKET";')
    assert lab.owners.list_buckets()["Buckets"] == before


def test_private(lab, examine, plain):
    report = examine(plain)
    report.says("get", "failure", "403 AccessDenied", 'get = "redirect"')
    assert "ignores x-amz-acl" not in report.text
    assert lab.listing(plain) == {}


def test_set_public_ignored(lab, examine):
    bucket = lab.bucket("doctor-acl")
    how = {"storage": {"set_public": True}}
    report = examine(bucket, **how)
    report.says(
        "get", "failure", "the store answered 200 to set_public but the "
        "object is not publicly readable", "Ceph RGW ignores x-amz-acl")
    change = report.checks["get"]["change"]
    ways = [change.index(way) for way in (
        '1. Set get = "redirect"', "2. Set this bucket policy",
        "3. set_public")]
    assert ways == sorted(ways)

    # What it says is ready to paste, and mends it.
    policy = re.search(r'\{"Version".*?\]\}', change, re.S)[0]
    lab.owners.put_bucket_policy(Bucket=bucket, Policy=policy)
    report = examine(bucket, **how)
    report.says("get", "ok")
    report.says("head", "ok")
    report.says("list", "ok")


def test_listable(lab, examine):
    bucket = lab.bucket("doctor-list", statement(
        "doctor-list", ["GetObject", "ListBucket"]))
    report = examine(bucket, prefix="/some/prefix")
    report.says("list", "failure", "anybody can list the bucket",
                "s3:ListBucket")
    assert report.of("failure") == {"list"}


def test_strangers_may_put(lab, examine):
    bucket = lab.bucket("doctor-open", statement(
        "doctor-open", ["GetObject", "PutObject", "DeleteObject"]))
    report = examine(bucket)
    report.says("stranger-put", "failure", "anybody can write")
    report.says("stranger-delete", "failure", "anybody can delete")
    assert report.of("failure") == {"stranger-put", "stranger-delete"}
    assert lab.listing(bucket) == {}


def test_cors(lab, examine):
    bucket = lab.public_bucket("doctor-cors")
    report = examine(bucket)
    report.says("cors-put", "warning", "may not upload", "Converse.js")
    report.says("cors-get", "warning", "Origin: null")

    rule = re.search(r'\{"CORSRules".*?\]\}',
                     report.checks["cors-put"]["change"], re.S)[0]
    lab.owners.put_bucket_cors(
        Bucket=bucket, CORSConfiguration=json.loads(rule))
    report = examine(bucket)
    report.says("cors-put", "ok")
    report.says("cors-get", "ok")


def test_lifecycle(lab, examine):
    bucket = lab.public_bucket("doctor-cycle")
    lab.owners.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [{
            "ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
            "Expiration": {"Days": 30}}]})
    examine(bucket).says("lifecycle", "ok", "has rules")


def test_download_url_elsewhere(lab, examine, well, plain):
    report = examine(
        well, storage={"download_url": lab.store.url(plain)})
    report.says("get", "failure")
    report.says("download_url", "failure", "Correct download_url")
    report = examine(
        well, storage={"download_url": lab.store.url(well, prefix="/x")},
        prefix="/x")
    report.says("download_url", "ok")


# --- the way there ----------------------------------------------------------


def test_store_down(examine, well):
    report = examine(well, storage={
        "bucket_url": f"http://127.0.0.1:{free_port()}/{well}"})
    report.says("connection", "failure", "no answer", "Is the store running")
    assert report.of("failure") == {"connection"}
    report.says("put", "skipped")
    report.says("clients", "skipped")


def test_name_does_not_resolve(examine):
    report = examine("x", storage={"bucket_url": "https://s3.invalid/x"})
    report.says("name", "failure", "s3.invalid does not resolve")
    report.says("connection", "failure")
    report.says("put", "skipped")


def test_certificate_unknown(examine, well):
    report = examine(well, tls=True)
    report.says("connection", "failure", "certificate", "SSL_CERT_FILE")
    assert report.of("failure") == {"connection"}


def test_tls_to_a_plain_port(lab, examine, well):
    url = lab.store.url(well).replace("http:", "https:")
    report = examine(well, storage={"bucket_url": url})
    report.says("connection", "failure", "Does that port really speak https?")


@pytest.mark.parametrize("shift, words", [
    (HOUR, ["ahead of the store's", "in the future"]),
    (-HOUR, ["behind the store's", "expire before"]),
])
def test_clock(lab, examine, well, shift, words):
    report = examine(well, "--now", int(time.time()) + shift)
    report.says("clock", "failure", "min)", "timedatectl", *words)
    # All else is still tried, by the store's time.
    assert report.of("failure") == {"clock"}
    assert lab.listing(well) == {}
