"""A real store with a user and buckets, and a client that is curl.

Any conftest.py gets it all, with this folder and tests/e2e in sys.path, by
`import lab as laboratory` and `lab = laboratory.lab`.
"""

import json
import re
import subprocess
import urllib.parse

import pytest

import rgw
import support

EVERYBODY = "*"


def statement(bucket, actions, who=EVERYBODY, effect="Allow"):
    """One statement of a bucket's policy: who may do what there."""
    if who != EVERYBODY:
        who = {"AWS": [f"arn:aws:iam:::user/{who.name}"]}
    return {
        "Effect": effect, "Principal": who,
        "Action": ["s3:" + action for action in actions],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }


class Answer:
    """What curl said: the last status, its headers, the body."""

    def __init__(self, done, heads):
        self.exit = done.returncode
        self.body = done.stdout
        self.complaint = done.stderr.decode()
        lines = heads.replace("\r", "").strip().split("\n\n")[-1].split("\n")
        self.status = int(lines[0].split()[1]) if lines[0] else None
        self.headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])}

    def code(self):
        """The code in a store's error: SignatureDoesNotMatch and others."""
        match = re.search(rb"<Code>(\w+)</Code>", self.body)
        return match and match[1].decode()

    def __repr__(self):
        return (f"<{self.status} {self.headers} {self.body[:500]!r} "
                f"curl {self.exit} {self.complaint!r}>")


class Lab:
    def __init__(self, store, folder):
        self.store = store
        self.folder = folder
        self.owner = store.owner()
        self.owners = store.client(self.owner)
        # Whose key slotd has.
        self.user = self.owner
        self.files = 0

    # --- buckets ----------------------------------------------------------

    def bucket(self, name, *statements):
        """Makes a bucket of the owner's; gives its name."""
        self.owners.create_bucket(Bucket=name)
        if statements:
            self.set_policy(name, *statements)
        return name

    def public_bucket(self, name):
        """One whose objects everybody may read, and nobody list."""
        return self.bucket(name, statement(name, ["GetObject"]))

    def base(self, bucket, **place):
        """Below which URL everybody may read a public bucket."""
        return self.store.url(bucket, **place)

    def set_policy(self, bucket, *statements):
        self.owners.put_bucket_policy(Bucket=bucket, Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": statements}))

    def listing(self, bucket):
        """Every key in it, and its size."""
        pages = self.owners.get_paginator("list_objects_v2")
        return {
            item["Key"]: item["Size"]
            for page in pages.paginate(Bucket=bucket)
            for item in page.get("Contents", ())}

    def stored(self, bucket, key):
        """An object's bytes, by boto3."""
        return self.owners.get_object(Bucket=bucket, Key=key)["Body"].read()

    # --- slotd ------------------------------------------------------------

    def config(self, bucket, *, tls=False, style="path", prefix="",
               user=None, storage=None, **over):
        """slotd's configuration for a bucket of this store."""
        user = user or self.user
        return support.s3_config(storage={
            "bucket_url": self.store.url(
                bucket, tls=tls, style=style, prefix=prefix),
            "region": self.store.region,
            "access_key_id": user.key,
            "access_key_secret": user.secret,
            **(storage or {})}, **over)

    # --- clients ----------------------------------------------------------

    def file(self, data):
        """A file with these bytes."""
        self.files += 1
        path = self.folder / f"file-{self.files}"
        path.write_bytes(data)
        return path

    def curl(self, *args, url, stdin=None):
        """As a user would: the URL as it was given, no -g, no -k."""
        heads = self.folder / "heads"
        heads.write_bytes(b"")
        done = subprocess.run(
            ["curl", "-q", "-sS", "--noproxy", "*", "-m", "60",
             *self.store.resolve(url), "-D", heads, *map(str, args), url],
            input=stdin, capture_output=True, timeout=90)
        return Answer(done, heads.read_text(errors="replace"))

    def put(self, url, data, *args):
        """curl -T with these bytes; they are refused or stored whole."""
        return self.curl("-T", self.file(data), *args, url=url)

    def get(self, url, *args):
        return self.curl(*args, url=url)

    def s3cmd_command(self, user=None):
        """The independent client that operators have, without arguments."""
        user = user or self.owner
        host = f"127.0.0.1:{self.store.http}"
        config = self.folder / f"s3cfg-{user.name}"
        config.write_text(
            f"[default]\naccess_key = {user.key}\n"
            f"secret_key = {user.secret}\nhost_base = {host}\n"
            f"host_bucket = {host}\nbucket_location = {self.store.region}\n"
            "use_https = False\nencoding = UTF-8\nprogress_meter = False\n")
        return ["s3cmd", "-c", config]

    def s3cmd(self, *args, user=None):
        done = subprocess.run(
            [*self.s3cmd_command(user), *map(str, args)], capture_output=True,
            stdin=subprocess.DEVNULL, text=True, timeout=90)
        assert done.returncode == 0, done
        return done.stdout


def key_of(url, base):
    """The key that a GET or PUT URL names, below a bucket's URL."""
    assert url.startswith(base + "/"), (url, base)
    return urllib.parse.unquote(
        url[len(base) + 1:].split("?")[0], errors="strict")


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The store runs as long as pytest does."""
    with rgw.Rgw(tmp_path_factory.mktemp("rgw")) as store:
        yield Lab(store, tmp_path_factory.mktemp("lab"))
