"""A throw-away object store: Ceph, one of each daemon, on loopback.

    with rgw.Rgw(folder) as store:
        user = store.add_user("slotd")
        store.client(user).create_bucket(Bucket="files")
        url = store.url("files", tls=True, style="host")

Everything is in one folder and in memory; nothing of it is left when the
block ends, however it ends. Needs Debian's ceph-mon, ceph-osd, ceph-common,
radosgw and python3-boto3, but no rights and no network.
"""

import base64
import os
import shutil
import struct
import time
import uuid

from authority import Authority
from configs import ACCESS_KEY, ACCESS_SECRET, free_port
from daemons import PATIENCE, PORTS, Store, new_user

DNS_NAME = "s3.test"
# RGW takes any region; what counts is that both sides sign the same.
REGION = "test-region-1"
PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw",
            "radosgw-admin", "openssl", "setpriv")

CONFIG = """\
[global]
fsid = {fsid}
mon host = {monitor}
keyring = {folder}/keyring
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
public addr = 127.0.0.1
cluster addr = 127.0.0.1
admin socket =
pid file =
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
log to stderr = false
mon cluster log file = {folder}/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon]
mon data = {folder}/mon
paxos propose interval = 0.05
paxos min wait = 0.01
mon data avail warn = 1
mon data avail crit = 0
[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
[client]
rgw data = {folder}
rgw dns name = {dns_name}
rgw rados pool pg num min = 1
rgw override bucket index max shards = 1
rgw enable usage log = false
rgw frontends = beast endpoint=127.0.0.1:{http} \
ssl_endpoint=127.0.0.1:{https} ssl_certificate={certificate} \
ssl_private_key={key}
"""

# Who may what.
ENTITIES = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
    "client.rgw.x": {"mon": "allow rw", "osd": "allow rwx"},
}


def cephx_key():
    """A new secret: type, seconds, nanoseconds, length, AES-128 key."""
    head = struct.pack("<HIIH", 1, int(time.time()), 0, 16)
    return base64.b64encode(head + os.urandom(16)).decode()


def keyring():
    lines = []
    for name, caps in ENTITIES.items():
        lines.append(f"[{name}]\n\tkey = {cephx_key()}\n")
        lines += [f'\tcaps {on} = "{what}"\n' for on, what in caps.items()]
    return "".join(lines)


def need_programs():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [p for p in PROGRAMS if not shutil.which(p, path=path)]
    assert not missing, (
        f"not installed: {', '.join(missing)}; tests/packages.sh check "
        "installs what the tests need")


class Rgw(Store):
    region = REGION

    def __init__(self, folder):
        super().__init__(folder)
        self.http = free_port(*PORTS)
        self.https = free_port(*PORTS)

    # --- its life ---------------------------------------------------------

    def start(self):
        need_programs()
        self.authority = Authority(self.folder)
        self.ca = self.authority.certificate
        certificate, key = self.authority.issue(
            "rgw", "DNS:" + DNS_NAME, "DNS:*." + DNS_NAME, "IP:127.0.0.1")
        v2, v1 = free_port(*PORTS), free_port(*PORTS)
        monitor = f"[v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]"
        fsid = str(uuid.uuid4())
        osd = str(uuid.uuid4())
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        (self.folder / "keyring").write_text(keyring())
        (self.folder / "ceph.conf").write_text(CONFIG.format(
            folder=self.folder, fsid=fsid, monitor=monitor,
            http=self.http, https=self.https, dns_name=DNS_NAME,
            certificate=certificate, key=key))

        # A monitor without this map does not know its own name.
        monmap = self.folder / "monmap"
        self.run("monmaptool", "--create", "--fsid", fsid,
                 "--addv", "a", monitor, monmap)
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", monmap,
                 "--keyring", self.folder / "keyring")
        self.daemon("ceph-mon", "-i", "a")
        self.run("ceph", "--connect-timeout", PATIENCE, "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.daemon("ceph-osd", "-i", "0")
        self.start_gateway()

    def start_gateway(self):
        """Again after stop_gateway(): same ports, same objects."""
        self.daemon("radosgw", "-n", "client.rgw.x")
        for port in (self.http, self.https):
            self.wait_port("radosgw", port)

    def stop_gateway(self):
        """From here on connections are refused; what is stored stays."""
        process = self.daemons.pop("radosgw")
        process.kill()
        process.wait(PATIENCE)

    def environment(self):
        return {**super().environment(), "CEPH_ARGS": ""}

    def run(self, program, *args):
        """One of Ceph's programs, to its end; gives its output."""
        return super().run(program, "-c", self.folder / "ceph.conf", *args)

    def daemon(self, program, *args):
        # Ceph of Debian 13 finds its plugins from / only: their path is
        # relative.
        super().daemon(program, program, "-f", "-c",
                       self.folder / "ceph.conf", *args)

    def requests(self, method, bucket):
        """What its log has of them."""
        with open(self.folder / "client.rgw.x.log") as log:
            return [line for line in log
                    if f'"{method} /{bucket}/' in line]

    # --- who and where ----------------------------------------------------

    def owner(self):
        """With the key that support's configurations have."""
        return self.add_user("slotd", ACCESS_KEY, ACCESS_SECRET)

    def add_user(self, name, key=None, secret=None):
        """A user with a key of its own, who may make buckets."""
        user = new_user(name, key, secret)
        self.run("radosgw-admin", "user", "create", "--uid", name,
                 "--display-name", name, "--access-key", user.key,
                 "--secret-key", user.secret)
        return user

    def add_subuser(self, owner, name, access):
        """Another key of a user's that may only "read" or "write".

        Writing includes taking away, but no look at what is there.
        """
        user = new_user(f"{owner.name}:{name}")
        self.run("radosgw-admin", "subuser", "create", "--uid", owner.name,
                 "--subuser", user.name, "--access", access,
                 "--key-type", "s3", "--access-key", user.key,
                 "--secret-key", user.secret)
        return user

    def port(self, tls=False):
        return self.https if tls else self.http

    def url(self, bucket="", *, tls=False, style="path", prefix=""):
        """Where a bucket is: what goes into bucket_url.

        The style "host" is for who is told the name's address (resolve()).
        """
        if style == "host":
            scheme = "https" if tls else "http"
            name = bucket + "." + DNS_NAME if bucket else DNS_NAME
            return f"{scheme}://{name}:{self.port(tls)}{prefix}"
        return super().url(bucket, tls=tls, prefix=prefix)

    def resolve(self, url):
        host, port = url.split("/")[2].rsplit(":", 1)
        return ["--cacert", str(self.ca),
                "--resolve", f"{host}:{port}:127.0.0.1"]
