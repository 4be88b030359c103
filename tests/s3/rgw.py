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
import collections
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import time
import uuid

import boto3
import botocore.config

from authority import Authority
from configs import free_port

DNS_NAME = "s3.test"
# RGW takes any region; what counts is that both sides sign the same.
REGION = "test-region-1"
# Bounds of single steps, in seconds; all together take three.
PATIENCE = 60
PORTS = (12000, 20000)
PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw",
            "radosgw-admin", "openssl", "setpriv")

User = collections.namedtuple("User", "name key secret")

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


def new_user(name, key=None, secret=None):
    return User(name, key or "FAKE" + uuid.uuid4().hex[:16].upper(),
                secret or "fake/+" + uuid.uuid4().hex)


def need_programs():
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [p for p in PROGRAMS if not shutil.which(p, path=path)]
    assert not missing, (
        f"not installed: {', '.join(missing)}; tests/packages.sh check "
        "installs what the tests need")


class Rgw:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.http = free_port(*PORTS)
        self.https = free_port(*PORTS)
        self.daemons = {}
        self.clients = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

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

    def stop(self):
        # Nothing in it is worth a clean end.
        for process in self.daemons.values():
            process.kill()
        for process in self.daemons.values():
            process.wait(PATIENCE)
        self.daemons.clear()

    def environment(self):
        path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        return {**os.environ, "PATH": path, "CEPH_ARGS": ""}

    def run(self, program, *args):
        """One of Ceph's programs, to its end; gives its output."""
        done = subprocess.run(
            [program, "-c", self.folder / "ceph.conf", *map(str, args)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, cwd="/", env=self.environment())
        assert done.returncode == 0, (program, done.stderr[-2000:])
        return done.stdout

    def daemon(self, program, *args):
        # Should this process be killed, then the daemon is as well. Ceph of
        # Debian 13 finds its plugins from / only: their path is relative.
        with open(self.folder / (program + ".out"), "wb") as out:
            self.daemons[program] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, "-f",
                 "-c", self.folder / "ceph.conf", *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd="/", env=self.environment())

    def wait_port(self, program, port):
        end = time.monotonic() + PATIENCE
        while True:
            for name, process in self.daemons.items():
                assert process.poll() is None, self.story(name)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end, self.story(program)
            time.sleep(0.02)

    def story(self, program):
        """The last that a daemon said."""
        text = program + " did not start or did not last:\n"
        for path in sorted(self.folder.glob("*.log")) + [
                self.folder / (program + ".out")]:
            tail = path.read_text(errors="replace")[-1500:]
            text += f"--- {path.name}\n{tail}\n"
        return text

    def requests(self, method, bucket):
        """What its log has of them."""
        with open(self.folder / "client.rgw.x.log") as log:
            return [line for line in log
                    if f'"{method} /{bucket}/' in line]

    # --- who and where ----------------------------------------------------

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
        scheme = "https" if tls else "http"
        port = self.port(tls)
        if style == "host":
            name = bucket + "." + DNS_NAME if bucket else DNS_NAME
            return f"{scheme}://{name}:{port}{prefix}"
        bucket = "/" + bucket if bucket else ""
        return f"{scheme}://127.0.0.1:{port}{bucket}{prefix}"

    def resolve(self, url):
        """What curl has to know to reach a URL of url()."""
        host, port = url.split("/")[2].rsplit(":", 1)
        return ["--cacert", str(self.ca),
                "--resolve", f"{host}:{port}:127.0.0.1"]

    def client(self, user, tls=False):
        """boto3's view; one for each user, as they are slow to make."""
        if (user, tls) not in self.clients:
            # A session of its own reads no one's configuration.
            session = boto3.session.Session(
                aws_access_key_id=user.key,
                aws_secret_access_key=user.secret, region_name=REGION)
            self.clients[user, tls] = session.client(
                "s3", endpoint_url=self.url(tls=tls),
                verify=str(self.ca) if tls else None,
                config=botocore.config.Config(
                    signature_version="s3v4", connect_timeout=PATIENCE,
                    read_timeout=PATIENCE, proxies={},
                    s3={"addressing_style": "path"}))
        return self.clients[user, tls]
