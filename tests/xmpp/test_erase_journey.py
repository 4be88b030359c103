"""The whole way of an erasure: accounts that upload, one that is deleted while
slotd is down, an XMPP server that is started anew, and slotd after that."""

import os
import subprocess

import pytest

import support
import table
from stanza import Client, parse_slot, slot_request
from support import fetch, fs_config
from test_erase import HOST, InEjabberd, InProsody


class RealProsody(InProsody):
    def register(self, user, host=HOST):
        """As its administrators do it."""
        done = subprocess.run(
            ["prosodyctl", "--config", self.folder / "prosody.cfg.lua",
             "register", user, host, "secret"], capture_output=True,
            text=True, timeout=3 * support.PATIENCE, cwd=self.folder)
        assert done.returncode == 0, done.stdout + done.stderr


def put(url, data):
    return fetch("PUT", url, data, {"Content-Type": "text/plain"}).status


def upload(server, user, count, put=put):
    """Files of this user, by slots of the XMPP server; gives the links."""
    links = []
    with Client(server.port, f"{user}@{HOST}", "secret") as client:
        for n in range(count):
            slot = parse_slot(client.iq("get", server.upload, slot_request(
                f"{n}.txt", 4, "text/plain")))
            assert put(slot.put, b"meow") in (200, 201)
            links.append(slot.get)
    return links


def statuses(links):
    return [fetch("GET", link).status for link in links]


def delete_while_down(server, slotd, user):
    """The XMPP server ends without a word, too."""
    slotd.terminate()
    slotd.wait()
    server.unregister(user)
    server.kill()
    server.again()
    slotd.start()
    server.wait_log(f"slotd erases the files of {user}@localhost")


BOTH = pytest.mark.parametrize("kind", [RealProsody, InEjabberd],
                               ids=["prosody", "ejabberd"])


@BOTH
def test_embedded_store(kind, start, tmp_path):
    slotd = start(fs_config(tmp_path / "store"))
    url = "http://{}:{}".format(*slotd.address)
    folder = tmp_path / "xmpp"
    folder.mkdir()
    with kind(url, folder) as server:
        for user in ("juliet", "romeo"):
            server.register(user)
        gone, kept = upload(server, "juliet", 3), upload(server, "romeo", 3)
        assert statuses(gone + kept) == [200] * 6

        delete_while_down(server, slotd, "juliet")
        # The embedded store carries it out within a minute.
        support.wait_for("the files to go",
                         lambda: statuses(gone) == [404] * 3,
                         60 + support.PATIENCE)
        assert statuses(kept) == [200] * 3


@pytest.mark.skipif(not table.HAS_CEPH, reason="without Ceph")
@BOTH
def test_s3(kind, start, lab, tmp_path, monkeypatch):
    """Nothing goes before the sweep."""
    monkeypatch.setenv("SSL_CERT_FILE", str(lab.store.ca))
    key = tmp_path / "key"
    key.write_text("00" * 32 + "\n")
    key.chmod(0o600)
    bucket = lab.bucket(f"erase-{kind.__name__.lower()}")
    config = lab.config(bucket, tls=True, key_file=str(key))
    slotd = start(config)
    folder = tmp_path / "xmpp"
    folder.mkdir()

    def put(url, data):
        return lab.put(url, data, "-H", "Content-Type: text/plain").status

    with kind("http://{}:{}".format(*slotd.address), folder) as server:
        for user in ("juliet", "romeo"):
            server.register(user)
        upload(server, "juliet", 3, put)
        gone = set(lab.listing(bucket))
        upload(server, "romeo", 3, put)
        kept = set(lab.listing(bucket)) - gone
        assert (len(gone), len(kept)) == (3, 3)
        delete_while_down(server, slotd, "juliet")
    left = set(lab.listing(bucket))
    note, = left - gone - kept
    assert note.startswith("slotd-erase/") and gone | kept < left
    path = support.write_config(tmp_path, config)
    done = support.run("sweep", "-c", path, env=dict(os.environ))
    assert done.returncode == 0, done
    # The note stays until no slot of before can be used.
    assert set(lab.listing(bucket)) == kept | {note}
