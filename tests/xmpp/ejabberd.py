"""A real ejabberd, in folders of its own, with our module compiled for it.

    options = slotd_options(stub.url, access="all")
    with Ejabberd(folder, {"mod_http_upload_slotd": options}) as server:
        ...                              # .port, .log(), .wait_log()
"""

import glob
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

import stub
from authority import Authority
from stanza import Client
from support import ROOT, SECRET, free_port, request, wait_for

SOURCE = ROOT / "deploy/ejabberd"
MODULE = "mod_http_upload_slotd"
ACCOUNTS = ("alice", "bob")
PASSWORD = "secret"
CALLER = "prosody"  # as tests/e2e/configs.py names the one that there is
# Erlang starts slowly beside the other tests.
PATIENCE = 120
# Erlang waits for work in a loop, which costs it its turns on a busy machine:
# it starts four times as fast without.
NO_SPINNING = "+sbwt none +sbwtdcpu none +sbwtdio none"


def path_of(pattern):
    """One folder of the installed ejabberd; newest name last."""
    found = sorted(glob.glob(pattern))
    assert found, pattern + ": is ejabberd installed?"
    return found[-1]


def compile_module(folder, source=SOURCE / "src"):
    """Without a warning, as the README says it by hand; gives the folder."""
    ejabberd = path_of("/usr/lib/*/ejabberd-*/ebin/ejabberd.app")[:-18]
    beams = pathlib.Path(folder) / "beams"
    beams.mkdir()
    done = subprocess.run(
        ["erlc", "+warnings_as_errors", "+warn_export_vars",
         "+warn_shadow_vars", "+warn_unused_import",
         "-I", ejabberd + "/include",
         "-I", path_of("/usr/lib/erlang/lib/p1_xmpp-*/include"),
         "-pa", ejabberd + "/ebin", "-o", beams, *source.glob("*.erl")],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout + done.stderr == "", done.stdout + done.stderr
    return beams


def slotd_options(url, **more):
    """The module's options; None takes one away."""
    options = {"url": url, "caller": CALLER, "secret": SECRET, **more}
    return {k: v for k, v in options.items() if v is not None}


class Ejabberd:
    """modules: {name: options}, beside what every server needs. beams: where
    our module was compiled to, None where it is to be installed. listen: more
    listeners; top: more options of the top level."""

    host = "localhost"
    upload = "upload.localhost"

    def __init__(self, folder, modules, *, hosts=("localhost",), beams=...,
                 listen=(), top=None):
        self.folder = pathlib.Path(folder).resolve()
        self.modules = modules
        self.hosts = hosts
        self.listen = listen
        self.top = top or {}
        self.port = free_port()
        self.api_port = free_port()
        self.process = None
        self.yml = self.folder / "ejabberd.yml"
        self.home = self.folder / "home"
        for name in ("home", "spool", "logs"):
            (self.folder / name).mkdir()
        cookie = self.home / ".erlang.cookie"
        cookie.write_text("NOTASECRETONLYFORTESTS")
        cookie.chmod(0o400)
        self.certificates = Authority(self.folder).issue(
            "xmpp", *("DNS:" + host for host in hosts))
        if beams is ...:
            beams = compile_module(self.folder)
        (self.folder / "inetrc").write_text("{lookup, [file, native]}.\n")
        (self.folder / "ejabberdctl.cfg").write_text(
            "EXEC_CMD=as_current_user\n"
            f"ERL_DIST_PORT={free_port()}\n"
            "INET_DIST_INTERFACE=127.0.0.1\n"
            f"ERLANG_NODE=slotd{self.port}@localhost\n"
            f"ERL_OPTIONS='{f'-pa {beams}' if beams else ''}'\n")
        self.write()

    def write(self):
        """ejabberd.yml, from what the attributes say; JSON is YAML."""
        config = {
            "hosts": list(self.hosts),
            "loglevel": "info",
            "certfiles": [str(path) for path in self.certificates],
            "auth_password_format": "plain",
            "api_permissions": {"lab": {
                "from": "mod_http_api", "who": {"ip": "127.0.0.1/32"},
                "what": "*"}},
            "listen": [{"port": self.api_port, "ip": "127.0.0.1",
                        "module": "ejabberd_http",
                        "request_handlers": {"/api": "mod_http_api"}},
                       {"port": self.port, "ip": "127.0.0.1",
                        "module": "ejabberd_c2s", "starttls": True,
                        "max_stanza_size": 262144}, *self.listen],
            "acl": {"local": {"user_regexp": ""}},
            "access_rules": {"local": {"allow": "local"},
                             "c2s": {"allow": "all"}},
            "shaper": {}, "shaper_rules": {},
            "modules": {"mod_disco": {}, "mod_offline": {}, **self.modules},
            **self.top}
        self.yml.write_text(json.dumps(config, indent=1, ensure_ascii=False))

    def command(self, *args):
        home = {"HOME": str(self.home), "LC_ALL": "C.UTF-8",
                "ERL_FLAGS": NO_SPINNING}
        return {
            "args": ["ejabberdctl", "-d", self.folder, "-c",
                     self.folder / "ejabberdctl.cfg", "-s",
                     self.folder / "spool", "-l", self.folder / "logs",
                     "-f", self.yml, *args],
            "env": {**os.environ, **home}, "stdin": subprocess.DEVNULL}

    def ctl(self, *args):
        """ejabberdctl; gives what it said."""
        done = subprocess.run(
            **self.command(*args), capture_output=True, text=True,
            timeout=PATIENCE)
        said = done.stdout + done.stderr
        assert done.returncode == 0, (args, done.returncode, said, self.log())
        return said

    def api(self, command, **arguments):
        """The same by HTTP, which is quicker; what went wrong is raised."""
        reply = request(
            ("127.0.0.1", self.api_port), "POST", "/api/" + command,
            json.dumps(arguments).encode(),
            {"Content-Type": "application/json"})
        assert reply.status == 200 and reply.json != 1, (command, reply)

    def __enter__(self):
        try:
            self.launch()
            for port in (self.port, self.api_port):
                self.wait_log(f"Start accepting TCP .*:{port} ")
            for name in ACCOUNTS:
                for host in self.hosts:
                    self.api("register", user=name, host=host,
                             password=PASSWORD)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def launch(self):
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                **self.command("foreground"), stdout=out, stderr=out,
                start_new_session=True)

    def stop(self):
        """The whole group, which is of our own making."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait(PATIENCE)
            self.process = None

    def log(self):
        """Everything that it logged or printed, crashes as well."""
        logs = sorted((self.folder / "logs").iterdir())
        return "\n".join(path.read_text(errors="replace")
                         for path in [self.folder / "out", *logs]
                         if path.is_file())

    def wait_log(self, pattern, count=1):
        """Until so many of its lines match; gives the last of these."""
        def found():
            path = self.folder / "logs/ejabberd.log"
            text = path.read_text(errors="replace") if path.exists() else ""
            lines = [line for line in text.splitlines()
                     if re.search(pattern, line)]
            return len(lines) >= count and lines
        try:
            return wait_for(pattern, lambda: found() or self._ended(),
                            PATIENCE)[-1]
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n{self.log()[-6000:]}")

    def _ended(self):
        assert self.process.poll() is None, "ejabberd ended"

    def reload(self):
        self.write()
        self.api("reload_config")


# --- fixtures, of files that have a `server` and call it so ---------------


@pytest.fixture(scope="module")
def slotd():
    with stub.Stub() as running:
        yield running


@pytest.fixture
def alice(server):
    with Client(server.port, "alice@localhost", "secret") as client:
        yield client
