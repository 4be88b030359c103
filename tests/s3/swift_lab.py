"""OpenStack Swift as a lab, for the files of test_swift_*.py."""

import pathlib
import tempfile

import pytest

import swift_store
from lab import Lab


class SwiftLab(Lab):
    """slotd's key is the page's: a user whom a container's ACL lets read and
    write. There are no policies. Where everybody reads, a janitor lists."""

    def __init__(self, store, folder):
        super().__init__(store, folder)
        self.user = store.users["slotd"]
        self.janitor = store.users["slotd-sweep"]
        self.public = set()

    def bucket(self, name, *, everybody=False):
        super().bucket(name)
        user, janitor = self.user.key, self.janitor.key
        if everybody:
            self.store.grant(name, read=".r:*," + janitor,
                             write=user + "," + janitor)
        else:
            self.store.grant(name, read=user, write=user)
        return name

    def public_bucket(self, name):
        self.public.add(name)
        return self.bucket(name, everybody=True)

    def base(self, bucket, *, prefix=""):
        """Unsigned requests get Swift's own interface, and need its URLs."""
        if bucket in self.public:
            return self.store.native(bucket) + prefix
        return super().base(bucket, prefix=prefix)

    def config(self, bucket, *, prefix="", storage=None, **over):
        if bucket in self.public:
            storage = {"download_url": self.base(bucket, prefix=prefix),
                       **(storage or {})}
        return super().config(
            bucket, prefix=prefix, storage=storage, **over)


@pytest.fixture(scope="session")
def swift_folder(tmp_path_factory):
    """A folder for it on a disk that keeps what Swift writes."""
    folder = tmp_path_factory.mktemp("swift")
    if swift_store.keeps_attributes(folder):
        yield folder
        return
    for parent in ("/var/tmp", "/dev/shm", "/tmp"):
        with tempfile.TemporaryDirectory(dir=parent) as folder:
            if swift_store.keeps_attributes(folder):
                yield pathlib.Path(folder)
                return
    pytest.skip("no folder here has extended attributes, which Swift needs")


@pytest.fixture(scope="session")
def swift(swift_folder, tmp_path_factory):
    """It runs as long as pytest does."""
    with swift_store.Swift(swift_folder) as store:
        yield SwiftLab(store, tmp_path_factory.mktemp("swift-lab"))


# In place of Ceph and its buckets, in a file that names them.


@pytest.fixture(scope="module")
def lab(swift):
    return swift


@pytest.fixture(scope="session")
def swift_public(swift):
    return swift.public_bucket("public-files")


@pytest.fixture(scope="session")
def swift_private(swift):
    return swift.bucket("private-files")


@pytest.fixture(scope="module")
def public(swift_public):
    return swift_public


@pytest.fixture(scope="module")
def private(swift_private):
    return swift_private
