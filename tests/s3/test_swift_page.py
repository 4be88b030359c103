"""What deploy/storage/swift.md says of Swift's settings and rights is what
the store of these tests has."""

import configparser
import re

import pytest

import support
import swift_store

PAGE = (support.ROOT / "deploy/storage/swift.md").read_text()


def settings(text):
    found = configparser.ConfigParser()
    found.read_string(text)
    return found


def test_proxy_server_conf(swift):
    """The page's lines, with a password and a secret of one's own."""
    page = settings(re.search(r"^```ini\n(.*?)^```$", PAGE, re.M | re.S)[1])
    ours = settings((swift.store.folder / "proxy.conf").read_text())
    assert set(page.sections()) == {"filter:s3api", "filter:tempauth"}
    for section in page.sections():
        for name, value in page[section].items():
            user = swift_store.USERS.get(name.removeprefix("user_test_"))
            if user:
                value = re.sub("^(PASSWORD|SECRET)", user.secret, value)
            assert ours[section][name] == value, name
    pipeline = ours["pipeline:main"]["pipeline"].split()
    assert pipeline.index("s3api") < pipeline.index("tempauth")


def test_rights(swift):
    """The page's two commands are the grants of the tests' buckets."""
    private, public = [
        (read.strip("'"), write) for read, write in re.findall(
            r"^swift post my-bucket --read-acl (\S+) --write-acl (\S+)$",
            PAGE, re.M)]
    assert swift.store.acl(swift.bucket("page-private")) == private
    assert swift.store.acl(swift.public_bucket("page-public")) == public


def test_public_reading(swift):
    """slotd's key lists nothing there, and the janitor's does."""
    bucket = swift.public_bucket("page-janitor")
    signer, janitor = map(swift.store.client, (swift.user, swift.janitor))
    signer.put_object(Bucket=bucket, Key="x", Body=b"x")
    with pytest.raises(signer.exceptions.ClientError) as caught:
        signer.list_objects_v2(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert janitor.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    janitor.delete_object(Bucket=bucket, Key="x")
    assert swift.listing(bucket) == {}
