"""Upload and download with OpenStack Swift, and what it refuses: the tests
of Ceph again, and what is different."""

import pytest

import support
import swift_lab
import test_journey as journey
import test_refused as refused
from lab import key_of
from test_refused import DATA, SIZE

lab = swift_lab.lab
public = swift_lab.public
private = swift_lab.private
slot = refused.slot

test_names = journey.test_names
test_range = journey.test_range
test_expect_continue = journey.test_expect_continue
test_a_slot_twice = journey.test_a_slot_twice
test_type_of_the_client = journey.test_type_of_the_client
test_slot_without_a_server = journey.test_slot_without_a_server

test_other_length = refused.test_other_length
test_other_length_before_the_body = refused.test_other_length_before_the_body
test_chunked = refused.test_chunked
test_body_that_ends_early = refused.test_body_that_ends_early
test_the_query_is_all_known = refused.test_the_query_is_all_known
test_tampered = refused.test_tampered
test_taken_away = refused.test_taken_away
test_other_key = refused.test_other_key
test_other_bucket = refused.test_other_bucket
test_expired = refused.test_expired


@pytest.mark.parametrize("prefix", ["", "/some/deep%20prefix"])
def test_places(lab, public, issue, prefix):
    """Everybody reads at Swift's own URL, which is download_url."""
    slot = issue(public, SIZE, filename="my cat+dog.jpg", prefix=prefix)
    base = lab.store.url(public, prefix=prefix)
    assert slot["put"].startswith(base + "/")
    key = key_of(slot["put"].partition("?")[0], lab.store.url(public))
    assert slot["get"] == (
        lab.store.native(public) + slot["put"].partition("?")[0][
            len(lab.store.url(public)):])
    assert lab.put(slot["put"], DATA).status == 200
    assert lab.get(slot["get"]).body == DATA
    assert lab.stored(public, key) == DATA


@pytest.mark.parametrize("size", [0, 1, 4096, 64 * 1024 * 1024])
def test_sizes(lab, private, issue, size, tmp_path):
    """By presigned GETs: Swift's own interface has ETags without quotes."""
    def presigned(*args):
        return issue(*args, storage={"get": "presigned"})
    journey.test_sizes(lab, private, presigned, size, tmp_path)


def test_s3cmd_reads(lab, private, issue, tmp_path):
    journey.test_s3cmd_reads(
        lab, private, issue, "a + b & 100 %\u00fc\U0001f600.txt", tmp_path)


def test_botocore_reads(lab, private, issue):
    """Its presigned GET, for the object that a slot has stored."""
    slot = issue(private, SIZE)
    assert lab.put(slot["put"], DATA).status == 200
    key = key_of(slot["get"], lab.store.url(private))
    url = lab.store.client(lab.user).generate_presigned_url(
        "get_object", {"Bucket": private, "Key": key})
    assert lab.get(url).body == DATA
    # Only those who can sign.
    assert lab.get(url.partition("?")[0]).status == 400
    assert lab.get(lab.store.native(private) + "/" + key).status == 401


def test_the_key_may_not_more(lab):
    """It reads and writes, which includes listing and deleting; it makes and
    removes no bucket, and changes no rights."""
    bucket = lab.bucket("only-this")
    client = lab.store.client(lab.user)
    client.put_object(Bucket=bucket, Key="mine", Body=b"x")
    assert client.list_objects_v2(Bucket=bucket)["Contents"]
    client.delete_object(Bucket=bucket, Key="mine")
    for call in (lambda: client.create_bucket(Bucket="another"),
                 lambda: client.delete_bucket(Bucket=bucket),
                 lambda: client.put_bucket_acl(
                     Bucket=bucket, ACL="public-read")):
        with pytest.raises(client.exceptions.ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "AccessDenied"


# --- refused, in other words ------------------------------------------------


@pytest.mark.parametrize("added", [
    "x-amz-acl=public-read", "X-Amz-Security-Token=x",
    "partNumber=1&uploadId=x", "versionId=x",
    "response-content-type=text%2Fhtml", "X-Amz-Expires=604800",
    "X-Amz-SignedHeaders=host"])
def test_added(lab, slot, added):
    refused.test_added(lab, slot, added)


@pytest.mark.parametrize("added, status", [("uploads=", 405), ("acl=", 501)])
def test_added_and_not_there(lab, slot, added, status):
    assert lab.put(slot["put"] + "&" + added, DATA).status == status


def test_no_query(lab, slot):
    """Not of S3 for Swift, and not of its own either."""
    assert lab.put(slot["put"].partition("?")[0], DATA).status == 400


@pytest.mark.parametrize("header", [
    "x-amz-acl: public-read", "x-amz-copy-source: /private-files/x",
    "x-amz-meta-a: b"])
def test_headers_that_are_not_signed(lab, slot, header):
    """Ceph obeys them; Swift does not."""
    reply = lab.put(slot["put"], DATA, "-H", header)
    assert reply.status == 403, reply


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_other_method(lab, private, issue, method):
    refused.test_other_method(lab, private, issue, method)


def test_post(lab, slot):
    reply = lab.curl("--data-binary", "@-", url=slot["put"], stdin=DATA)
    assert reply.status == 501, reply


def twice_framed(url):
    """Content-Length as it was signed, and a chunked body of three times
    that."""
    address, target = support.split_url(url)
    return support.statuses(support.raw(address, (
        f"PUT {target} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\n"
        f"Content-Length: {SIZE}\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n").encode() + support.chunked(DATA * 3)))[0]


def test_length_and_chunked(lab, private, issue):
    """Swift takes it, so that a client can store more than its slot says:
    deploy/storage/swift.md tells how to prevent that. Should this fail one
    day, then Swift has mended it, and the page can say so."""
    slot = issue(private, SIZE)
    key = key_of(slot["get"], lab.store.url(private))
    assert twice_framed(slot["put"]) == 200
    assert lab.listing(private)[key] == 3 * SIZE
    lab.owners.delete_object(Bucket=private, Key=key)


def test_length_and_chunked_behind_nginx(lab, private, issue):
    """As the page says: a proxy does not let it through."""
    port = lab.store.start_nginx()
    slot = issue(private, SIZE, storage={
        "bucket_url": f"http://127.0.0.1:{port}/{private}"})
    before = lab.listing(private)
    assert twice_framed(slot["put"]) == 400
    assert lab.listing(private) == before
    assert lab.put(slot["put"], DATA).status == 200
