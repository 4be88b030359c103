"""What is on stage: one slotd with all that it has, and what it talks to."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import resource
import subprocess
import threading
import urllib.parse

import configs
import dialects
import moved
import servers
import stub_store
import support
import worker
import xmpp_server
from allocations import Allocations
from scrape import scrape

KEY = "not-a-real-key-not-a-real-key-0001"
MIB = 1 << 20
DISK = 512 * MIB
ANY = resource.RLIM_INFINITY
# A domain for each store, and one whose users may upload little.
FS, BUCKET, RELAY, MEAGRE = (
    name + ".example.org" for name in ("files", "bucket", "relay", "meagre"))
EPHEMERAL = "ephemeral"


def built(folder, name):
    """A library for LD_PRELOAD, of a file of tests/e2e."""
    source = support.ROOT / "tests/e2e" / name
    library = folder / (source.stem + ".so")
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-std=c17",
                    "-o", library, source, "-ldl"],
                   check=True, timeout=support.PATIENCE)
    return str(library)


class Service(support.Slotd):
    """slotd under test. Of its log only what is no request's line is kept;
    it is not read while `reading` is not set."""

    def __init__(self, folder, config, servers=(), command=()):
        self.reading = threading.Event()
        self.servers = servers  # ports of others, to which it may connect
        self.command = command  # that runs it
        self.environment = dict(os.environ)
        self.allocations = None
        if not support.SANITIZED:
            self.allocations = Allocations(folder / "allocations")
            self.clock = moved.Clock(folder / "clock")
            self.environment.update(
                LD_PRELOAD=":".join(built(folder, name) for name in (
                    "nth_malloc.c", "moved_clock.c")),
                NTH_MALLOC=str(folder / "allocations"),
                MOVED_CLOCK=str(folder / "clock"))
        super().__init__(folder, config)
        self.address = "127.0.0.1", config["listen"]["port"]

    def spawn(self, command, **options):
        return super().spawn(
            [*self.command, *command], env=self.environment, **options)

    def start(self):
        self.reading.set()
        super().start()

    def _read(self):
        process = self.process
        while self.reading.wait():
            line = process.stderr.readline().decode(errors="replace")
            if " route=" in line:
                continue
            with self.changed:
                if line:
                    self.lines.append(line.rstrip("\n"))
                self.ended = not line
                self.changed.notify_all()
            if not line:
                return

    def kill(self):
        self.reading.set()
        super().kill()
        self.process = None

    def restart(self, statuses=(0,)):
        self.reading.set()
        self.stop(statuses)
        self.start()

    def limit(self, kind, soft):
        """RLIMIT_…, for what runs; None: as far as it may."""
        hard = resource.prlimit(self.process.pid, kind)[1]
        resource.prlimit(self.process.pid, kind, (
            hard if soft is None else soft, hard))

    def status_of(self, field):
        """KiB in /proc/PID/status."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(rf"(?m)^{field}:\s*(\d+)", file.read())[1])

    def open_files(self):
        """{what it is: how many}, without connections to other servers."""
        folder, found = f"/proc/{self.process.pid}/fd", {}
        outgoing = sockets_to(self.servers)
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                link = os.readlink(f"{folder}/{name}")
                if link not in outgoing:
                    # Without the numbers of processes and sockets.
                    kind = re.sub(r"\d+", "", link.partition(":[")[0])
                    found[kind] = found.get(kind, 0) + 1
        return found

    def count_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def metric(self, name, *labels):
        """None while it cannot answer."""
        try:
            return scrape(self).value(name, *labels)
        except (OSError, http.client.HTTPException, AssertionError):
            return None

    def is_healthy(self):
        try:
            return self.healthy()
        except (OSError, http.client.HTTPException):
            return False


def sockets_to(ports):
    """The links in /proc/PID/fd of TCP sockets that are connected there."""
    found = set()
    for path in "/proc/net/tcp", "/proc/net/tcp6":
        with contextlib.suppress(FileNotFoundError), open(path) as lines:
            for words in list(map(str.split, lines))[1:]:
                if int(words[2].rpartition(":")[2], 16) in ports:
                    found.add(f"socket:[{words[9]}]")
    return found


class Store(worker.Worker):
    """An S3 store; what it has answered 200 to is noted in a file before: a
    digest for each key."""

    def __init__(self, folder):
        super().__init__()
        self.port = configs.free_port()
        self.notes = folder / "stored"
        self.store = None

    def turn(self, mood):
        """take: it works; slow: it answers 503; reset; gone."""
        self.mood = mood
        if self.store and mood == "gone":
            self.store.__exit__()
            self.store = None
        elif not self.store and mood != "gone":
            self.store = stub_store.Store(
                self.script, port=self.port).__enter__()

    def script(self, peer):
        # Or it would keep all that ever came.
        peer.store.peers.clear()
        if self.mood == "slow":
            peer.answer(503, "SlowDown")
            peer.linger()
        elif self.mood == "reset":
            peer.reset()
        else:
            peer.proceed()
            peer.read()
            if peer.received == peer.length:
                self.note(peer)
                peer.answer(200)

    def note(self, peer):
        path = urllib.parse.unquote(peer.target.partition("?")[0])
        key = path.removeprefix("/bucket/")
        digest = hashlib.sha256(peer.body).hexdigest()
        with open(self.notes, "a") as file:
            file.write(json.dumps([key, digest]) + "\n")

    def stored(self):
        """In any process."""
        with open(self.notes) as lines:
            return dict(map(json.loads, lines))


def bucket(name, port, **more):
    return {"name": name, "type": "s3", "region": "us-east-2",
            "bucket_url": f"http://127.0.0.1:{port}/bucket",
            "access_key_id": support.ACCESS_KEY,
            "access_key_secret": support.ACCESS_SECRET,
            "get": "redirect", **more}


def configuration(stage, listen):
    """All dialects, three stores, quotas in Redis, a component."""
    key = stage.folder / "slotd.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    return configs.fs_config(
        stage.disk / "store", listen=listen, key_file=str(key),
        public_url=f"http://127.0.0.1:{listen['port']}",
        callers=[*dialects.callers(allow_domains=[FS]),
                 {"id": "ejabberd", "dialect": "ejabberd",
                  "secret": dialects.secret_of("ejabberd")},
                 {"id": "narrow", "secret": dialects.secret_of("narrow"),
                  "allow_domains": ["elsewhere.example.org"]}],
        components=[{"jid": xmpp_server.JID, "port": stage.component_port,
                     "secret": xmpp_server.SECRET}],
        storages=[bucket("bucket", stage.store.port),
                  bucket("relay", stage.store.port, relay=True)],
        domains=[{"name": BUCKET, "storage": "bucket"},
                 {"name": RELAY, "storage": "relay"},
                 {"name": MEAGRE, "bytes_per_day": 20000}],
        policy={"max_size": 16 * MIB, "bytes_per_day": "100 GiB",
                "purposes": [{"name": EPHEMERAL, "keep": 20}]},
        quota={"type": "redis", "address": "127.0.0.1",
               "port": stage.redis.port,
               # On a busy machine a Redis that is well may take its time.
               "timeout": 5000},
        limits={"drain_timeout": 5, "header_timeout": 4, "body_timeout": 8},
        trusted_proxies=["127.0.0.1"])


class Stage:
    """`with` it; everything on it has ended afterwards. The workers begin
    first, for they are forks."""

    def __init__(self, folder, apart, workers):
        self.folder = folder
        self.apart = apart      # in a network and a mount table of its own
        self.wide = apart and os.path.exists("/proc/net/if_inet6")
        self.store = Store(folder)
        self.component_port = configs.free_port()
        self.port = configs.free_port()
        self.workers = [self.store, *workers(self)]
        self.closing = contextlib.ExitStack()

    def __enter__(self):
        with self.closing:
            for one in self.workers:
                one.begin()
                self.closing.callback(one.close)
            self._open()
            self.closing = self.closing.pop_all()
        return self

    def _open(self):
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.mounted = self.apart and self.mount(f"size={DISK}")
        if self.mounted:
            self.closing.callback(subprocess.run, ["umount", "-l", self.disk])
        self.store.call("turn", "take")
        self.redis = servers.Redis(self.folder)
        self.closing.callback(self.redis.close)
        # Beyond 127.0.0.1 only where there is nothing else.
        self.slotd = Service(self.folder, configuration(self, {
            "address": "::" if self.wide else "127.0.0.1", "port": self.port}), {
            self.store.port, self.redis.port, self.component_port})
        self.closing.callback(self.slotd.stop, (0, 1))

    def __exit__(self, *_):
        self.closing.close()

    def mount(self, options):
        return subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.disk)],
            capture_output=True, timeout=support.PATIENCE).returncode == 0

    def used(self):
        disk = os.statvfs(self.disk)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize
