"""A real Prosody with slotd's module in it, in a folder of its own.

    with Prosody(tmp_path, {"http_upload_slotd_url": stub.url, …}) as prosody:
        Client(prosody.port, "alice@localhost", "secret")

Accounts alice and bob on localhost, carol on example.org, all with the
password "secret". `how`: the module as a "component" of its own, or on the
"host" localhost, or what else is the component upload.localhost, Prosody's
own "http_file_share" for one; None: no module, but a program of its own.
`config` is text for the global section,
`hosts` text for the end, `modules` are further ones for all hosts.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest

import configs
import stanza
import stub
import support

MODULES = support.ROOT / "deploy" / "prosody"
LAB = pathlib.Path(__file__).resolve().parent / "prosody_lab"
PASSWORD = "secret"
FAULT = re.compile("(?m)^.*(traceback|Traceback|stack|attempt to|Error calling"
                   "|error in callback)")
ACCOUNTS = ("alice@localhost", "bob@localhost", "carol@example.org")


def options(url, /, **over):
    """What the module needs, for a slotd at this URL."""
    base = {"url": url, "caller": "prosody", "secret": configs.SECRET}
    base.update(over)
    return {"http_upload_slotd_" + name: value
            for name, value in base.items() if value is not None}


def lua(value):
    """A Python value in Lua's syntax."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "{ " + "; ".join(
            f"[{lua(k)}] = {lua(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "{ " + "; ".join(lua(v) for v in value) + " }"
    text = str(value)
    for char, escaped in ("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"):
        text = text.replace(char, escaped)
    return '"' + text + '"'


def settings(values):
    return "".join(f"{name} = {lua(v)}\n" for name, v in values.items())


class Prosody:
    host = "localhost"

    def __init__(self, folder, component_options, how="component", config="",
                 hosts="", modules=()):
        self.folder = pathlib.Path(folder)
        self.how = how
        self.upload = self.host if how == "host" else "upload.localhost"
        self.port = configs.free_port()
        self.component_port = configs.free_port()
        self.config, self.hosts, self.modules = config, hosts, modules
        self.options = dict(component_options)
        self.process = None
        self.ends = []  # how it ended, each time
        self.log_path = self.folder / "prosody.log"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # --- its folder -------------------------------------------------------

    def write(self):
        """The configuration, as the options are now."""
        own = settings(self.options)
        parts = [settings({
            "run_as_root": True,
            "daemonize": False,
            "data_path": self.folder / "data",
            "pidfile": self.folder / "prosody.pid",
            "plugin_paths": [MODULES, LAB],
            "authentication": "internal_plain",
            "storage": "internal",
            "allow_unencrypted_plain_auth": True,
            "c2s_require_encryption": False,
            "interfaces": ["127.0.0.1"],
            "local_interfaces": ["127.0.0.1"],
            "c2s_ports": [self.port],
            "component_ports": [self.component_port],
            "modules_enabled": [
                "disco", "roster", "saslauth", "lab_reload", "lab_end",
                *self.modules],
            "modules_disabled": [
                name for name in ("s2s", "tls", "http", "https")
                if name not in self.modules],
            "certificates": self.folder,
            "log": [{"levels": {"min": "info"}, "to": "file",
                     "filename": self.log_path}],
        }), self.config, f'VirtualHost "{self.host}"\n']
        if self.how == "host":
            parts += ['modules_enabled = { "http_upload_slotd" }\n', own]
        parts.append('VirtualHost "example.org"\n')
        if self.how != "host":
            what = {"component": ' "http_upload_slotd"', None: ""}.get(
                self.how, f' "{self.how}"')
            parts += [f'Component "{self.upload}"{what}\n', own]
        parts.append(self.hosts)
        path = self.folder / "prosody.cfg.lua"
        path.write_text("\n".join(parts))
        return path

    def _write_accounts(self):
        for account in ACCOUNTS:
            user, _, domain = account.partition("@")
            folder = (self.folder / "data" / domain.replace(".", "%2e")
                      / "accounts")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{user}.dat").write_text(
                f'return {{ ["password"] = "{PASSWORD}" }};\n')

    # --- its process ------------------------------------------------------

    def start(self):
        path = self.write()
        self._write_accounts()
        output = open(self.folder / "prosody.out", "ab")
        with output:
            self.process = subprocess.Popen(
                ["prosody", "--config", str(path), "-F"],
                stdin=subprocess.PIPE, stdout=output, stderr=output,
                cwd=self.folder, start_new_session=True)
        try:
            support.wait_for("Prosody", self._answers)
        except BaseException:
            self.stop()
            raise

    def _answers(self):
        assert self.process.poll() is None, self.output() + self.log()
        ports = [self.port] + [self.component_port] * (self.how is None)
        try:
            for port in ports:
                socket.create_connection(
                    ("127.0.0.1", port), support.PATIENCE).close()
        except OSError:
            return False
        return True

    def stop(self):
        """Has it end in order (mod_lab_end)."""
        process, self.process = self.process, None
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(support.PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            self.ends.append(process.returncode)

    # --- what it says -----------------------------------------------------

    def output(self):
        path = self.folder / "prosody.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def log(self):
        if not self.log_path.exists():
            return ""
        return self.log_path.read_text(errors="replace")

    def lines(self, pattern):
        """The lines of the log that match."""
        return [line for line in self.log().splitlines()
                if re.search(pattern, line)]

    def wait_log(self, pattern, count=1, patience=None):
        """Until so many lines match; gives the last."""
        return support.wait_for(
            f"{count} of {pattern!r} in the log",
            lambda: len(found := self.lines(pattern)) >= count and found,
            patience)[-1]

    def assert_sound(self):
        """It ended in order, if it did, and said nothing that no test wants
        to see."""
        log = self.log()
        fault = FAULT.search(log)
        assert not fault, log[fault.start():][:4000]
        assert not any(self.ends), (self.ends, self.output(), log[-4000:])


# --- fixtures: a test file takes those that it wants ----------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A Prosody in front of a stub, as `.stub`, for a whole file."""
    with stub.Stub() as slotd, Prosody(
            tmp_path_factory.mktemp("prosody"), options(slotd.url)) as server:
        server.stub = slotd
        server.wait_log("Files of localhost")
        server.wait_log("Files of example.org")
        yield server
        server.stop()
        server.assert_sound()


@pytest.fixture
def alice(pair):
    with stanza.Client(pair.port, "alice@localhost", PASSWORD) as client:
        yield client


@pytest.fixture
def serve(tmp_path_factory):
    """serve(options, …) is a running Prosody, until the test is over."""
    running = []

    def serve(component_options, **how):
        server = Prosody(
            tmp_path_factory.mktemp("prosody"), component_options, **how)
        running.append(server)
        server.start()
        return server
    yield serve
    for server in running:
        server.stop()
    for server in running:
        server.assert_sound()


def is_13(server):
    return "Prosody version 13" in server.log()
