"""The programs of users: alice sends a file to bob, bob fetches it.

Each sender is given a server, the file, a folder that it may fill, and the
certificates that it trusts. It returns when its program is content, and
fails with what the program said.
"""

import os
import pathlib
import subprocess
import sys

import requests

import support
from stanza import Client, parse_slot, slot_request

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 90
FROM, TO, PASSWORD = "alice@localhost", "bob@localhost", "secret"


def environment(folder, ca):
    """Nothing of who runs the tests, and no proxy."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder),
            "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "NO_PROXY": "*",
            "SSL_CERT_FILE": str(ca)}


def run(folder, ca, *command):
    done = subprocess.run(
        [*map(str, command)], stdin=subprocess.DEVNULL, timeout=PATIENCE,
        capture_output=True, text=True, errors="replace", cwd=folder,
        env=environment(folder, ca))
    assert done.returncode == 0, (
        f"{command[0]}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def slixmpp(server, path, folder, ca, *purpose):
    """Gives the link; purpose: its name, and expire-before if it has it."""
    return run(folder, ca, sys.executable, HERE / "send_slixmpp.py",
               server.port, FROM, PASSWORD, server.upload, path, TO,
               *purpose).strip()


def go_sendxmpp(server, path, folder, ca):
    # jabberd2 knows no other authentication; older ones need no leave.
    usage = subprocess.run(["go-sendxmpp", "--help"], capture_output=True,
                           text=True, timeout=PATIENCE)
    plain = ["--allow-plain"] * ("--allow-plain" in usage.stdout + usage.stderr)
    support.patiently(
        run, folder, ca, "go-sendxmpp", "-u", FROM, "-p", PASSWORD, "-n",
        *plain, "-j", f"127.0.0.1:{server.port}", "-h", path, TO)


def raw(server, path, folder, ca, success=(200, 201)):
    """Stanzas of our own, and the upload by Python's requests."""
    data = path.read_bytes()
    with Client(server.port, FROM, PASSWORD) as alice:
        slot = parse_slot(alice.iq(
            "get", server.upload, slot_request(path.name, len(data))))
        with requests.Session() as session:
            session.trust_env = False
            reply = session.put(
                slot.put, data=data, headers=slot.headers, timeout=PATIENCE,
                allow_redirects=False, verify=str(ca))
        assert reply.status_code in success, (
            f"answered {reply.status_code}, not "
            f"{' or '.join(map(str, success))}", slot, reply.text)
        alice.message(TO, slot.get)
        # Not before the server has it.
        alice.iq("get", server.host,
                 "<query xmlns='http://jabber.org/protocol/disco#info'/>")


def only_201(server, path, folder, ca):
    """As Siskin and Snikket for iOS."""
    raw(server, path, folder, ca, success=(201,))


SENDERS = {"slixmpp": slixmpp, "go-sendxmpp": go_sendxmpp, "raw": raw,
           "201 only": only_201}


def fetch(url, folder, ca):
    """What curl downloads from a link, as it was given."""
    out = folder / "fetched"
    run(folder, ca, "curl", "-q", "-sS", "-f", "-L", "--noproxy", "*",
        "-m", PATIENCE, "-o", out, url)
    data = out.read_bytes()
    out.unlink()
    return data
