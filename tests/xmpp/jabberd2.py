"""A real jabberd2 in a folder of its own: router, session manager and the
door for clients, each a process.

    with Jabberd2(tmp_path, secret) as server:
        Client(server.port, "alice@localhost", "secret")

It has no modules: what it knows of files is what is connected to its
.component_port. Its accounts are Prosody's.
"""

import pathlib
import signal
import sqlite3
import subprocess

import configs
import stanza
import support
from authority import Authority
from prosody import ACCOUNTS, PASSWORD

PARTS = ("router", "sm", "c2s")
# As Debian's sm.xml has them, without those for what no test asks for.
CHAINS = {
    "in-sess": "validate privacy roster iq-ping disco offline presence"
               " deliver",
    "in-router": "session validate presence privacy",
    "out-router": "privacy",
    "pkt-sm": "iq-ping disco presence",
    "pkt-user": "roster presence disco deliver offline",
    "pkt-router": "session disco",
    "user-load": "active roster privacy",
    "user-create": "active",
    "user-delete": "active offline privacy roster",
}
HOSTS = ("localhost", "example.org")
ROUTER = """
<router>
  <id>router</id>
  {log}
  <local>
    <ip>127.0.0.1</ip> <port>{component_port}</port> <secret>{secret}</secret>
    <users>{folder}/users.xml</users>
  </local>
  <check><interval>60</interval></check>
  <aci><acl type='all'><user>jabberd</user></acl></aci>
</router>
"""
USERS = """
<users><user><name>jabberd</name><secret>{secret}</secret></user></users>
"""
SM = """
<sm>
  <id>sm</id>
  {router}
  {log}
  <local>{ids}</local>
  <storage>
    <path>{modules}</path> <driver>fs</driver>
    <fs><path>{folder}/spool</path></fs>
  </storage>
  <modules>
    <path>{modules}</path>
{chains}
  </modules>
  <discovery>
    <identity>
      <category>server</category> <type>im</type> <name>jabberd2</name>
    </identity>
  </discovery>
  <user><auto-create/></user>
</sm>
"""
C2S = """
<c2s>
  <id>c2s</id>
  {router}
  {log}
  <local>
    {ids}
    <ip>127.0.0.1</ip> <port>{port}</port>
  </local>
  <io>
    <limits><stanzas>1000000</stanzas><stanzasize>65535</stanzasize></limits>
  </io>
  <authreg>
    <path>{modules}</path> <module>sqlite</module>
    <mechanisms><sasl><plain/></sasl></mechanisms>
    <ssl-mechanisms><sasl><plain/></sasl></ssl-mechanisms>
    <sqlite>
      <dbname>{folder}/accounts.db</dbname>
      <password_type><plaintext/></password_type>
    </sqlite>
  </authreg>
</c2s>
"""


class Jabberd2:
    host = "localhost"
    upload = "upload.localhost"

    def __init__(self, folder, secret):
        self.folder = pathlib.Path(folder)
        self.secret = secret
        self.port = configs.free_port()
        self.component_port = configs.free_port()
        self.processes = {}
        (self.folder / "spool").mkdir()
        certificate, key = Authority(self.folder).issue(
            "xmpp", *("DNS:" + host for host in HOSTS))
        self.pem = self.folder / "both.pem"
        self.pem.write_text(pathlib.Path(certificate).read_text()
                            + pathlib.Path(key).read_text())
        self.write()

    def write(self):
        modules = next(pathlib.Path("/usr/lib").glob("*/jabberd2"), None)
        assert modules, "is jabberd2 installed?"
        given = {
            "folder": self.folder, "secret": self.secret, "port": self.port,
            "component_port": self.component_port, "modules": modules,
            "chains": "".join(
                f"<chain id='{chain}'>" + "".join(
                    f"<module>{name}</module>" for name in names.split())
                + "</chain>" for chain, names in CHAINS.items()),
            "router": "<router><ip>127.0.0.1</ip>"
                      f"<port>{self.component_port}</port>"
                      f"<user>jabberd</user><pass>{self.secret}</pass>"
                      "<retry><init>30</init><lost>30</lost>"
                      "<sleep>1</sleep></retry></router>"}
        for part, text in zip((*PARTS, "users"), (ROUTER, SM, C2S, USERS)):
            tls = f" pemfile='{self.pem}'" if part == "c2s" else ""
            (self.folder / f"{part}.xml").write_text(text.format(
                **given, log="<log type='file'>"
                f"<file>{self.folder}/{part}.log</file></log>",
                ids="".join(f"<id{tls}>{host}</id>" for host in HOSTS)))
        with sqlite3.connect(self.folder / "accounts.db") as accounts:
            accounts.execute("CREATE TABLE authreg ("
                             "username TEXT, realm TEXT, password TEXT)")
            accounts.executemany(
                "INSERT INTO authreg VALUES (?, ?, ?)",
                [(*jid.split("@"), PASSWORD) for jid in ACCOUNTS])
        accounts.close()

    def log_in(self, jid):
        """A Client. The late end of a session may end the next one, which has
        its descriptor: that is tried again."""
        for _ in range(10):
            try:
                return stanza.Client(self.port, jid, PASSWORD)
            except (ConnectionError, AssertionError) as fault:
                last = fault
        raise last

    # --- its processes ----------------------------------------------------

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        try:
            self._launch("router")
            self._wait_log("router", "listening for incoming connections")
            for part in PARTS[1:]:
                self._launch(part)
            support.wait_for("jabberd2", self._answers)
        except BaseException:
            self.stop()
            raise

    def _launch(self, part):
        with open(self.folder / f"{part}.out", "ab") as output:
            self.processes[part] = subprocess.Popen(
                [f"jabberd2-{part}", "-c", self.folder / f"{part}.xml"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=self.folder)

    def _assert_runs(self):
        for part, process in self.processes.items():
            assert process.poll() is None, (part, self.log())

    def _wait_log(self, part, text):
        path = self.folder / f"{part}.log"

        def found():
            self._assert_runs()
            return path.exists() and text in path.read_text(errors="replace")
        support.wait_for(f"{part}: {text}", found)

    def _answers(self):
        """c2s refuses users until the session manager is online."""
        self._assert_runs()
        try:
            self.log_in(ACCOUNTS[0]).close()
        except (OSError, AssertionError):
            return False
        return True

    def stop(self):
        processes, self.processes = self.processes, {}
        for process in reversed(processes.values()):
            process.send_signal(signal.SIGTERM)
        for process in processes.values():
            try:
                process.wait(support.PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self):
        return "\n".join(
            path.read_text(errors="replace") for part in PARTS
            for path in self.folder.glob(f"{part}.[lo]*"))
