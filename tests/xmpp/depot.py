"""One slotd at a fixed place behind an https front; its store changes."""

import os
import shutil
from unittest import mock

import support
import table
from authority import Authority
from front import Front

# Who asks, and how. The dialect is ejabberd's own service_url.
CALLERS = [
    {"id": "prosody", "secret": support.SECRET},
    {"id": "ejabberd", "secret": support.SECRET + "-ejabberd"},
]
DIALECT = {"id": "dialect", "secret": "fakesecret0123456789",
           "dialect": "ejabberd"}
# Servers that make the URLs themselves: server in the table, and its caller.
DECIDING = {
    server: {"id": id, "secret": f"{support.SECRET}-{id}",
             "dialect": dialect, "base": f"/{id}/"}
    for server, id, dialect in (
        ("Prosody, file_share", "share", "jwt"),
        ("Prosody, external v1", "v1", "external-v1"),
        ("Prosody, external v2", "v2", "external-v2"),
        ("ejabberd, external", "external", "external-v1"))}
KEY = "00" * 32
MAX_SIZE = 5000000


class Depot:
    """lab: the Ceph of tests/s3, if there is one."""

    def __init__(self, folder, lab):
        self.folder = folder
        self.lab = lab
        self.port = support.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.authority = Authority(folder)
        self.front = Front(folder, self.port, self.authority)
        self.ca = folder / "trusted.pem"
        shutil.copy(self.authority.certificate, self.ca)
        self.buckets = {}
        self.store = self.slotd = self.component = None

    def __enter__(self):
        self.front.__enter__()
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.front.__exit__()

    def stop(self):
        if self.slotd:
            self.slotd.stop()
        self.store = self.slotd = None

    def join(self, component):
        """From now on slotd is this component of a server; None: of none."""
        if component != self.component:
            self.stop()
        self.component = component

    def use(self, store):
        """From now on slots are for this store."""
        if store != self.store:
            self.stop()
            config = self._config(store)
            # A relay has to trust the store, as the clients do.
            with mock.patch.dict(os.environ, SSL_CERT_FILE=str(self.ca)):
                self.slotd = support.Slotd(self.folder, config)
            self.store = store
            if self.component:
                self.slotd.wait_line("msg=component .*state=connected")

    def _config(self, store):
        config = {
            "listen": {"address": "127.0.0.1", "port": self.port},
            "public_url": self.front.url,
            "policy": {"max_size": MAX_SIZE, "deny_extensions": ["bat"]},
        }
        if self.component:
            config["components"] = [self.component]
        plain = DIALECT | {"plain_urls": True}
        callers = [*CALLERS, *DECIDING.values()]
        if store == "embedded":
            return config | {
                "callers": [*callers, plain],
                "storage": {"type": "fs", "path": self.folder / "store",
                            "min_free": "1 MiB"}}
        key = self.folder / "key"
        key.write_text(KEY + "\n")
        key.chmod(0o600)
        return config | {
            "callers": [*callers, plain if store == table.RELAY
                        else DIALECT],
            "key_file": key,
            "storage": self._bucket(store)}

    def _bucket(self, store):
        """storage of the configuration, for a bucket made once."""
        if not self.buckets:
            with open(self.ca, "a") as ca:
                ca.write(self.lab.store.ca.read_text())
        public = store == "Ceph, public"
        if store not in self.buckets:
            name = "xmpp-" + store.split()[1]
            make = (self.lab.public_bucket if public
                    else self.lab.bucket)
            self.buckets[store] = make(name)
        config = self.lab.config(self.buckets[store], tls=True)
        return config["storage"] | (
            {} if public else {"get": "redirect"}) | (
            {"relay": True} if store == table.RELAY else {})
