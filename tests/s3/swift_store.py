"""A throw-away OpenStack Swift: one of each server, on loopback.

    with swift_store.Swift(folder) as store:
        store.client(store.owner).create_bucket(Bucket="files")
        store.grant("files", read="test:slotd", write="test:slotd")

One folder is its only disk, `s3api` its S3 interface, tempauth knows its
users. Needs Debian's python3-swift, memcached and python3-boto3, and a disk
with extended attributes; no rights and no network.
"""

import http.client
import os
import pathlib
import shutil
import sys

from configs import free_port
from daemons import PORTS, Store, User

ACCOUNT = "test"
# An administrator; two with the rights of a container's ACL; one with none.
USERS = {name: User(name, f"{ACCOUNT}:{name}", "fake-secret-of-" + name)
         for name in ("admin", "slotd", "slotd-sweep", "nobody")}
REGION = "us-east-1"
# Keys in a page of a list; normally a thousand, as elsewhere.
PAGE = 20

SWIFT_CONF = """\
[swift-hash]
swift_hash_path_suffix = only-for-tests
[storage-policy:0]
name = default
default = yes
"""

# Free space is not looked at: the disk may be nearly full. After half a second
# or one the servers would go on without an answer of each other.
SERVER = """\
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
log_level = WARNING
conn_timeout = 60
node_timeout = 60
container_update_timeout = 60
"""

BACKEND = SERVER + """\
[app:{name}-server]
use = egg:swift#{name}
[pipeline:main]
pipeline = {name}-server
"""

PROXY = SERVER + """\
cors_allow_origin = *
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth \
copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
cors_preflight_allow_origin = *
max_bucket_listing = {page}
[filter:tempauth]
use = egg:swift#tempauth
user_test_admin = {users[admin].secret} .admin
user_test_slotd = {users[slotd].secret}
user_test_slotd-sweep = {users[slotd-sweep].secret}
user_test_nobody = {users[nobody].secret}
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
"""
FILTERS = ("catch_errors", "gatekeeper", "listing_formats", "bulk", "copy",
           "slo", "dlo", "versioned_writes")

NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
	access_log off;
	client_body_temp_path {folder}/nginx;
	proxy_temp_path {folder}/nginx;
	fastcgi_temp_path {folder}/nginx;
	uwsgi_temp_path {folder}/nginx;
	scgi_temp_path {folder}/nginx;
	server {{
		listen 127.0.0.1:{port};
		location / {{
			proxy_pass http://127.0.0.1:{http};
			proxy_set_header Host $http_host;
		}}
	}}
}}
"""

# As Debian's swift-object-server and its like do, but with another folder
# than /etc/swift.
RUN = """
import sys
from swift.common import utils
utils.set_swift_dir(sys.argv[1])
from swift.common.wsgi import run_wsgi
name = sys.argv[2]
sys.exit(run_wsgi(f"{sys.argv[1]}/{name}.conf", name + "-server",
                  verbose=True))
"""

RINGS = """
import sys
from swift.common import utils
utils.set_swift_dir(sys.argv[1])
from swift.common.ring import RingBuilder
for pair in sys.argv[2:]:
    name, port = pair.split("=")
    ring = RingBuilder(1, 1, 0)
    ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1",
                  "port": int(port), "device": "disk", "weight": 1})
    ring.rebalance()
    ring.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
"""


def keeps_attributes(folder):
    """Whether files there can have extended attributes of Swift's size."""
    path = pathlib.Path(folder) / "attributes"
    path.touch()
    try:
        os.setxattr(path, "user.swift.metadata", b"x" * 2048)
        return True
    except OSError:
        return False
    finally:
        path.unlink()


class Swift(Store):
    region = REGION
    users = USERS

    def __init__(self, folder):
        super().__init__(folder)
        self.http = free_port(*PORTS)

    def start(self):
        assert shutil.which("memcached"), (
            "not installed: memcached; tests/packages.sh check installs what "
            "the tests need")
        self.memcached = free_port(*PORTS)
        self.daemon("memcached", "memcached", "-l", "127.0.0.1", "-p",
                    self.memcached, "-U", 0, "-u", "root")
        self.wait_port("memcached", self.memcached)
        (self.folder / "devices/disk").mkdir(parents=True)
        (self.folder / "swift.conf").write_text(SWIFT_CONF)
        ports = {name: free_port(*PORTS)
                 for name in ("account", "container", "object")}
        for name, port in ports.items():
            self.configure(name, BACKEND, port)
        self.configure("proxy", PROXY + "".join(
            f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in FILTERS),
            self.http)
        self.run(sys.executable, "-c", RINGS, self.folder,
                 *(f"{name}={port}" for name, port in ports.items()))
        ports["proxy"] = self.http
        for name in ports:
            self.daemon(name, sys.executable, "-c", RUN, self.folder, name)
        for name, port in ports.items():
            self.wait_port(name, port)

    def configure(self, name, text, port):
        (self.folder / (name + ".conf")).write_text(text.format(
            name=name, port=port, folder=self.folder, users=USERS,
            memcached=self.memcached, page=PAGE))

    def owner(self):
        return USERS["admin"]

    def start_nginx(self):
        """Puts it in front of Swift; gives its port."""
        port = free_port(*PORTS)
        (self.folder / "nginx.conf").write_text(NGINX.format(
            port=port, http=self.http, folder=self.folder))
        self.daemon("nginx", "nginx", "-c", self.folder / "nginx.conf",
                    "-e", "stderr")
        self.wait_port("nginx", port)
        return port

    # --- Swift's own interface --------------------------------------------

    def native(self, bucket):
        """Swift's own URL of a bucket."""
        return f"http://127.0.0.1:{self.http}/v1/AUTH_{ACCOUNT}/{bucket}"

    def ask(self, method, path, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, 60)
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        assert reply.status < 300, (reply.status, body)
        return reply.headers

    def container(self, method, bucket, **headers):
        """By the administrator, as the program swift does."""
        admin = USERS["admin"]
        login = self.ask("GET", "/auth/v1.0", {
            "X-Auth-User": admin.key, "X-Auth-Key": admin.secret})
        return self.ask(method, f"/v1/AUTH_{ACCOUNT}/{bucket}", {
            "X-Auth-Token": login["X-Auth-Token"], **headers})

    def grant(self, bucket, *, read="", write=""):
        """swift post BUCKET --read-acl READ --write-acl WRITE"""
        self.container("POST", bucket, **{
            "X-Container-Read": read, "X-Container-Write": write})

    def acl(self, bucket):
        found = self.container("HEAD", bucket)
        return found["X-Container-Read"], found["X-Container-Write"]
