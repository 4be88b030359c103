"""The web servers of deploy/, started for real with the files of deploy/.

Only what an operator has to change is changed: name, certificate, ports.
"""

import os
import pathlib
import shutil
import socket
import subprocess

import support

DEPLOY = support.ROOT / "deploy"


def replaced(text, changes):
    """Each of these has to be there, or the sample is not what is tested."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


class Front:
    """A web server with TLS on localhost:port, slotd's public behind it."""

    based = None  # what to change for callers with a base

    def __init__(self, folder, authority, behind, based=False):
        self.folder = pathlib.Path(folder)
        self.is_based = based
        self.port = support.free_port()
        self.behind = behind
        self.authority = authority.certificate
        self.certificate, self.key = authority.issue(
            f"{self.name}-{self.port}", "DNS:localhost")
        self.url = f"https://localhost:{self.port}"

    def sample(self, path, changes):
        text = (DEPLOY / path).read_text()
        if self.is_based:
            old, new = self.based
            assert text.count(new) == 1  # in the comment that says so
            text = replaced(text, {old: new})
        return replaced(text, changes)

    def start(self):
        command = self.prepare()
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        program = shutil.which(command[0], path=path)
        assert program, (
            f"{command[0]} is missing: tests/packages.sh check installs it")
        env = dict(os.environ, HOME=str(self.folder),
                   XDG_DATA_HOME=str(self.folder),
                   XDG_CONFIG_HOME=str(self.folder))
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, *command[1:]],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)
        try:
            support.wait_for(command[0], self._is_ready)
        except BaseException:
            self.stop()
            raise
        return self

    def _is_ready(self):
        assert self.process.poll() is None, (self.folder / "out").read_text()
        try:
            socket.create_connection(("localhost", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.kill()
        self.process.wait(support.PATIENCE)


class Nginx(Front):
    name = "nginx"

    based = "~ ^/(u|f)/", "~ ^/(u|f|share)/"

    def prepare(self):
        site = self.sample("nginx/slotd.conf", {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "	listen [::]:443 ssl;\n": "",
            "server_name upload.example.org;": "server_name localhost;",
            "/etc/letsencrypt/live/upload.example.org/fullchain.pem":
                self.certificate,
            "/etc/letsencrypt/live/upload.example.org/privkey.pem": self.key,
            "http://127.0.0.1:8364;": f"http://127.0.0.1:{self.behind};",
            "/var/log/nginx/slotd.log": "off",
        })
        return self.command(site)

    def command(self, site):
        temporary = "".join(
            f"    {name}_temp_path {self.folder}/{name};\n" for name in (
                "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            "daemon off;\nmaster_process off;\nworker_processes 1;\n"
            f"pid {self.folder}/pid;\nerror_log stderr error;\n"
            "events { worker_connections 64; }\n"
            f"http {{\n{temporary}{site}}}\n")
        return ["nginx", "-p", self.folder, "-e", "stderr",
                "-c", self.folder / "nginx.conf"]


class NginxForCallers(Nginx):
    """callers.conf; also below a path, as its comment says."""

    below = False

    def prepare(self):
        site = replaced((DEPLOY / "nginx/callers.conf").read_text(), {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "	listen [::]:443 ssl;\n": "",
            "server_name slotd.internal.example.org;":
                "server_name localhost;",
            "/etc/letsencrypt/live/slotd.internal.example.org/fullchain.pem":
                self.certificate,
            "/etc/letsencrypt/live/slotd.internal.example.org/privkey.pem":
                self.key,
            "allow 192.0.2.0/24;": "allow 127.0.0.1;",
            "pass http://127.0.0.1:8363;":
                f"pass http://127.0.0.1:{self.behind};",
        })
        if self.below:
            site = replaced(site, {
                "location / {": "location /up/ {",
                "= /metrics {": "= /up/metrics {",
                f":{self.behind};": f":{self.behind}/;"})
        return self.command(site)


class Caddy(Front):
    name = "caddy"
    based = "path /u/* /f/*\n", "path /u/* /f/* /share/*\n"

    def prepare(self):
        sample = self.sample("caddy/Caddyfile", {
            "\nupload.example.org {\n":
                f"\n{self.url} {{\n\tbind 127.0.0.1\n"
                f"\ttls {self.certificate} {self.key}\n",
            "reverse_proxy 127.0.0.1:8364":
                f"reverse_proxy 127.0.0.1:{self.behind}",
        })
        path = self.folder / "Caddyfile"
        path.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + sample)
        return ["caddy", "run", "--config", path, "--adapter", "caddyfile"]


class Haproxy(Front):
    name = "haproxy"
    based = "path_beg /u/ /f/\n", "path_beg /u/ /f/ /share/\n"

    def prepare(self):
        both = self.folder / "front-both.pem"
        both.write_bytes(
            self.certificate.read_bytes() + self.key.read_bytes())
        sample = self.sample("haproxy/haproxy.cfg", {
            "bind :::443 v4v6 ssl": f"bind 127.0.0.1:{self.port} ssl",
            "/etc/haproxy/certs/upload.example.org.pem": both,
            "server slotd 127.0.0.1:8364":
                f"server slotd 127.0.0.1:{self.behind}",
        })
        path = self.folder / "haproxy.cfg"
        path.write_text(sample)
        return ["haproxy", "-db", "-f", path]


FRONTS = [Nginx, Caddy, Haproxy]
