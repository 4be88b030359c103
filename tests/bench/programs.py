"""Programs to be measured: each ends with this one, whatever happens."""

import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

import configs
import support

BUILD = pathlib.Path(support.SLOTD).parent
# Whom the kernel kills with us.
BOUND = ["setpriv", "--pdeathsig", "KILL"]
# Of `listen`: a thread for each core.
AS_USUAL = {"threads": None}
SECONDS = 1         # of load
READY = 90000       # requests that are signed before: more than it can send


def cpu(pid):
    """Seconds of user and system time that a process has used."""
    return time.clock_gettime(~pid << 3 | 2)    # clock_getcpuclockid(3)


def resident(pid):
    """MiB."""
    with open(f"/proc/{pid}/status") as lines:
        text = lines.read()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M)[1]) / 1024


class Program:
    """`with` it; `port` answers inside."""

    def __init__(self, port, command):
        self.port = port
        self.command = command

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*BOUND, *map(str, self.command)], stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=self.output)
        try:
            support.wait_for(self.command[0], self.is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            self.output.seek(0)
            raise RuntimeError(self.output.read().decode())
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(support.PATIENCE)
        self.output.close()


def slotd(folder, config):
    """One that logs from `warn` on, with one thread, as the others have; or
    AS_USUAL."""
    config = configs.merge({
        "listen": {"threads": 1}, "log": {"level": "warn"},
        "limits": {"connections": 4096}}, config)
    path = pathlib.Path(tempfile.mkdtemp(dir=folder))
    return Program(config["listen"]["port"], [
        support.SLOTD, "serve", "-c", support.write_config(path, config)])


def bare(reply):
    """libmicrohttpd alone, which answers with this reply."""
    port = support.free_port()
    headers = [f"{name}: {value}" for name, value in reply.headers.items()
               if name.lower() not in (
                   "date", "content-length", "connection")]
    return Program(port, [BUILD / "tests/bench/bare", port,
                          reply.body.decode(), *headers])


NGINX = """\
daemon off;
master_process off;
{user}
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {more}
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


def nginx(folder, server, more=""):
    """One worker, and that is the process."""
    path = pathlib.Path(tempfile.mkdtemp(dir=folder))
    port = support.free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    (path / "nginx.conf").write_text(NGINX.format(
        folder=path, port=port, server=server, more=more, user=user))
    found = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    assert found, "nginx is missing: tests/packages.sh bench installs it"
    return Program(port, [found, "-p", path, "-e", "stderr",
                          "-c", path / "nginx.conf"])


def redis(folder):
    """A Redis that writes nothing to a disk."""
    path = tempfile.mkdtemp(dir=folder)
    port = support.free_port()
    return Program(port, [
        "redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", path,
        "--save", "", "--appendonly", "no"])


def wrk(port, connections=64, threads=1, seconds=SECONDS, ready=READY,
        after="fresh", callers=0, end=0):
    """Signed slot requests, see slot.lua; what wrk counted."""
    done = subprocess.run(
        [*BOUND, "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s",
         "-s", support.ROOT / "tests/bench/slot.lua", f"http://127.0.0.1:{port}/slot",
         "--", secrets.token_hex(4), support.SECRET, str(ready), after,
         str(callers), str(end)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=seconds + 60)
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    if not end:
        return json.loads(last)
    assert not last.startswith("{"), f"too slow for {end} requests: {last}"
    return None


def load(program, strict=True, **options):
    """The same, none refused; with `cpu`, seconds for each request."""
    before = cpu(program.pid)
    result = wrk(program.port, **options)
    result["cpu"] = (cpu(program.pid) - before) / result["sent"]
    result["rate"] = result["answered"] / result["seconds"]
    if strict:
        assert not result["refused"] and not result["failed"], result
    return result
