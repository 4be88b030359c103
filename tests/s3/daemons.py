"""What the throw-away stores of these tests have in common: a folder, and
daemons in it that end with the tests, however these end."""

import collections
import os
import pathlib
import socket
import subprocess
import time
import uuid

import boto3
import botocore.config

# Bounds of single steps, in seconds; all together take three.
PATIENCE = 180
PORTS = (12000, 20000)

User = collections.namedtuple("User", "name key secret")


def new_user(name, key=None, secret=None):
    return User(name, key or "FAKE" + uuid.uuid4().hex[:16].upper(),
                secret or "fake/+" + uuid.uuid4().hex)


class Store:
    """A store of S3 on loopback.

    Each has start(), `http`, its port, `region`, and owner(), the user who
    makes buckets; and `ca`, the certificate of its authority, if it can TLS.
    """

    ca = None

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
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

    def stop(self):
        # Nothing in it is worth a clean end.
        for process in self.daemons.values():
            process.kill()
        for process in self.daemons.values():
            process.wait(PATIENCE)
        self.daemons.clear()

    def environment(self):
        path = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        return {**os.environ, "PATH": path}

    def run(self, *command):
        """A program, to its end; gives its output."""
        done = subprocess.run(
            [*map(str, command)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, cwd="/",
            env=self.environment())
        assert done.returncode == 0, (command[0], done.stderr[-2000:])
        return done.stdout

    def daemon(self, name, *command):
        """Starts a program. Should this process be killed, then the program
        is as well."""
        with open(self.folder / (name + ".out"), "wb") as out:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd="/", env=self.environment())

    def wait_port(self, name, port):
        end = time.monotonic() + PATIENCE
        while True:
            for each, process in self.daemons.items():
                assert process.poll() is None, self.story(each)
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert time.monotonic() < end, self.story(name)
            time.sleep(0.02)

    def story(self, name):
        """The last that a daemon said."""
        text = name + " did not start or did not last:\n"
        for path in sorted(self.folder.glob("*.log")) + [
                self.folder / (name + ".out")]:
            tail = path.read_text(errors="replace")[-1500:]
            text += f"--- {path.name}\n{tail}\n"
        return text

    # --- who and where ----------------------------------------------------

    def port(self, tls=False):
        assert not tls
        return self.http

    def url(self, bucket="", *, tls=False, style="path", prefix=""):
        """Where a bucket is: what goes into bucket_url."""
        assert style == "path"
        scheme = "https" if tls else "http"
        bucket = "/" + bucket if bucket else ""
        return f"{scheme}://127.0.0.1:{self.port(tls)}{bucket}{prefix}"

    def resolve(self, url):
        """What curl has to know to reach a URL of url()."""
        return []

    def client(self, user, tls=False):
        """boto3's view; one for each user, as they are slow to make."""
        if (user, tls) not in self.clients:
            # A session of its own reads no one's configuration.
            session = boto3.session.Session(
                aws_access_key_id=user.key,
                aws_secret_access_key=user.secret, region_name=self.region)
            self.clients[user, tls] = session.client(
                "s3", endpoint_url=self.url(tls=tls),
                verify=str(self.ca) if tls else None,
                config=botocore.config.Config(
                    signature_version="s3v4", connect_timeout=PATIENCE,
                    read_timeout=PATIENCE, proxies={},
                    s3={"addressing_style": "path"}))
        return self.clients[user, tls]
