"""The table at the end: server, store, client; ok or why not."""

import os
import re
import subprocess
import textwrap

# Those that ask slotd for each slot, those of which slotd is a component, and
# those that make slots themselves.
ASKING = ("Prosody, component", "Prosody, host", "ejabberd, module",
          "ejabberd, service_url")
COMPONENTS = ("Prosody, no module", "ejabberd, no module", "jabberd2")
DECIDING = ("Prosody, file_share", "Prosody, external v1",
            "Prosody, external v2", "ejabberd, external")
SERVERS = ASKING + COMPONENTS + DECIDING
RELAY = "Ceph, relay"
# Where clients upload without slotd, if slotd made the URL.
DIRECT = ("Ceph, public", "Ceph, redirect")
STORES = ("embedded", *DIRECT, RELAY)
# The last takes 201 alone for success, as Siskin does.
CLIENTS = ("slixmpp", "go-sendxmpp", "raw", "201 only")
# Debian 13 is a folder without Ceph: SLOTD_CEPH=no.
HAS_CEPH = os.environ.get("SLOTD_CEPH") != "no"
PACKAGES = ("prosody", "prosody-modules", "ejabberd", "jabberd2",
            "python3-slixmpp", "go-sendxmpp")
WIDTH = 80
TITLE = "Who can send a file: server, store, client"


def is_here(store):
    return HAS_CEPH or not store.startswith("Ceph")


def stores(server):
    """Those for this server; who decides alone has every upload relayed."""
    return [store for store in STORES if is_here(store)
            and not (server in DECIDING and store == RELAY)]


def verdicts(stats):
    """{(server, store, client): (verdict, why)}, from pytest's reports by
    outcome; the test of a cell that cannot work tells "why"."""
    found = {}
    for outcome in ("passed", "skipped", "failed", "error"):
        for report in stats.get(outcome, ()):
            told = dict(getattr(report, "user_properties", ()))
            if "cell" not in told:
                continue
            verdict = "FAILED", None
            if outcome == "passed":
                verdict = ("no", told["why"]) if "why" in told else (
                    "ok", None)
            found[told["cell"]] = verdict
    return found


def versions():
    """What Debian calls them; nothing elsewhere."""
    try:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES],
            capture_output=True, text=True, timeout=60)
    except OSError:
        return []
    return [", ".join(re.sub(r"[-+][^ ]*$", "", line)
                      for line in done.stdout.splitlines())]


def lines(found):
    """The table for what was found, in plain text."""
    if not found:
        return []
    notes = []

    def cell(server, store, client):
        verdict, why = found.get((server, store, client), ("-", None))
        if why is None:
            return verdict
        if why not in notes:
            notes.append(why)
        return f"{verdict} ({notes.index(why) + 1})"
    rows = [("server", "store", *CLIENTS)]
    for server in SERVERS:
        for store in stores(server):
            row = [cell(server, store, client) for client in CLIENTS]
            if set(row) != {"-"}:
                rows.append((server, store, *row))
    text = [TITLE, *versions()]
    text += [f"{a:23}{b:16}{c:10}{d:14}{e:8}{f}" for a, b, c, d, e, f in rows]
    for number, note in enumerate(notes, 1):
        text.append(f"({number}) {note}")
    if not HAS_CEPH:
        text.append("Ceph is not in this folder: no row for it.")
    return [line for paragraph in text
            for line in textwrap.wrap(paragraph, WIDTH)]
