"""The web servers of deploy/, started for real with the files of deploy/.

Only what an operator has to change is changed: name, certificate, ports.
"""

import os
import pathlib
import re
import shlex
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


def environment(more=()):
    """Ours with these, and with the programs that are for root."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return os.environ | {"PATH": path} | {
        name: str(value) for name, value in dict(more).items()}


class Front:
    """A web server with TLS on localhost:port, slotd's public behind it."""

    based = None  # what to change for callers with a base
    env = {}

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
        program = shutil.which(command[0], path=environment()["PATH"])
        assert program, (
            f"{command[0]} is missing: tests/packages.sh check installs it")
        env = environment({name: self.folder for name in (
            "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")} | self.env)
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
            f"http {{\naccess_log off;\n{temporary}{site}}}\n")
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


class Apache(Front):
    """Debian's, with its own files; enabled by the commands of the comment,
    on top of what is enabled after an installation."""

    name = "apache"
    based = 'Match "^/(u|f)/"', 'Match "^/(u|f|share)/"'
    enabled = ("mpm_event access_compat alias auth_basic authn_core "
               "authn_file authz_core authz_host authz_user autoindex deflate "
               "dir env filter mime negotiation reqtimeout setenvif status")

    def prepare(self):
        site = self.sample("apache/slotd.conf", {
            "<VirtualHost *:443>": f"<VirtualHost 127.0.0.1:{self.port}>",
            "ServerName upload.example.org": "ServerName localhost",
            "/etc/letsencrypt/live/upload.example.org/fullchain.pem":
                self.certificate,
            "/etc/letsencrypt/live/upload.example.org/privkey.pem": self.key,
            "http://127.0.0.1:8364": f"http://127.0.0.1:{self.behind}",
        })
        etc = self.folder / "etc"
        for name in ("mods-available", "apache2.conf", "envvars", "magic"):
            copy = shutil.copytree if "-" in name else shutil.copy
            etc.mkdir(exist_ok=True)
            copy(f"/etc/apache2/{name}", etc / name)
        for name in ("mods-enabled", "sites-available", "sites-enabled"):
            (etc / name).mkdir()
        (etc / "sites-available/slotd.conf").write_text(site)
        (etc / "ports.conf").write_text(
            f"ServerName localhost\nListen 127.0.0.1:{self.port}\n")
        self.env = {"APACHE_CONFDIR": etc, "APACHE_STATE_DIRECTORY": etc,
                    "APACHE_RUN_DIR": self.folder,
                    "APACHE_LOG_DIR": self.folder,
                    "APACHE_PID_FILE": self.folder / "pid",
                    "APACHE_RUN_USER": "www-data",
                    "APACHE_RUN_GROUP": "www-data"}
        for command in (f"a2enmod {self.enabled}", *re.findall(
                "^#\t(a2en.*)", site, re.M)):
            subprocess.run(
                shlex.split(command), env=environment(self.env), check=True,
                capture_output=True, timeout=support.PATIENCE)
        return ["apache2", "-X", "-d", etc, "-f", etc / "apache2.conf"]


FRONTS = [Nginx, Caddy, Haproxy, Apache]
