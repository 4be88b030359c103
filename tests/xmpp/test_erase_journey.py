"""The whole way of an erasure: accounts that upload, one that is deleted while
slotd is down, an XMPP server that is started anew, and slotd after that."""

import subprocess

import pytest

import support
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


@pytest.fixture
def slotd(start, tmp_path):
    return start(fs_config(tmp_path / "store"))


def upload(server, user, count):
    """Files of this user, by slots of the XMPP server; gives the links."""
    links = []
    with Client(server.port, f"{user}@{HOST}", "secret") as client:
        for n in range(count):
            slot = parse_slot(client.iq("get", server.upload, slot_request(
                f"{n}.txt", 4, "text/plain")))
            assert fetch("PUT", slot.put, b"meow",
                         {"Content-Type": "text/plain"}).status == 201
            links.append(slot.get)
    return links


def statuses(links):
    return [fetch("GET", link).status for link in links]


@pytest.mark.parametrize("kind", [RealProsody, InEjabberd],
                         ids=["prosody", "ejabberd"])
def test_a_deleted_account(kind, slotd, tmp_path):
    url = "http://{}:{}".format(*slotd.address)
    folder = tmp_path / "xmpp"
    folder.mkdir()
    with kind(url, folder) as server:
        for user in ("juliet", "romeo"):
            server.register(user)
        gone, kept = upload(server, "juliet", 3), upload(server, "romeo", 3)
        assert statuses(gone + kept) == [200] * 6

        slotd.terminate()
        slotd.wait()
        server.unregister("juliet")
        server.kill()
        server.again()
        slotd.start()
        assert statuses(kept) == [200] * 3
        server.wait_log("slotd erases the files of juliet@localhost")
        # The embedded store carries it out within a minute.
        support.wait_for("the files to go",
                         lambda: statuses(gone) == [404] * 3, 70)
        assert statuses(kept) == [200] * 3
        slotd.terminate()
        slotd.wait()
        slotd.start()
        assert statuses(gone + kept) == [404] * 3 + [200] * 3
