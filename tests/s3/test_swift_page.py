"""What deploy/storage/swift.md says of Swift's settings and rights is what
the store of these tests has."""

import configparser
import re

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
            value = value.replace(
                "PASSWORD", swift_store.USERS["admin"].secret).replace(
                "SECRET", swift_store.USERS["slotd"].secret)
            assert ours[section][name] == value, name
    pipeline = ours["pipeline:main"]["pipeline"].split()
    assert pipeline.index("s3api") < pipeline.index("tempauth")


def test_rights(swift):
    """The page's two commands are the grants of the tests' buckets."""
    private, public = re.findall(
        r"^swift post my-bucket --read-acl (\S+) --write-acl (\S+)$",
        PAGE, re.M)
    slotd = swift.user.key
    assert private == (slotd, slotd)
    assert public == (f"'.r:*,{slotd}'", slotd)
    for bucket, acl in (("page-private", slotd), ("page-public",
                                                  ".r:*," + slotd)):
        (swift.public_bucket if "public" in bucket else swift.bucket)(bucket)
        assert swift.store.acl(bucket) == (acl, slotd)
