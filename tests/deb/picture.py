"""Sends a picture through a server of Debian's that has slotd's module (Prosody)
or slotd as its component (ejabberd), as root of a system in a folder, and
fetches it by its link. To be run in a
network and among processes of its own, where all ports are free:
unshare --mount --net --pid --fork --kill-child picture.py FOLDER SERVER COMMAND
COMMAND sends /root/cat.jpg to romeo.
"""

import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

from journey import bound, loopback_up

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import patiently  # noqa: E402

ROOT, SERVER, SEND = sys.argv[1:]
PATIENCE = 540
# As in tests/xmpp/ejabberd.py.
NO_SPINNING = "ERL_FLAGS=+sbwt none +sbwtdcpu none +sbwtdio none"
USERS = {"juliet": "PASSWORD", "romeo": "PASSWORD"}
CLIENTS = ("127.0.0.1", 5222)    # where the server listens for them


def inside(*command, user=None):
    """In the folder, by whom, from the folder /root."""
    return ["chroot", *([f"--userspec={user}:{user}"] if user else []), ROOT,
            "/usr/bin/env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NO_SPINNING, *command]


def run(*command):
    return subprocess.run(
        inside(*command), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def must(*command):
    done = run(*command)
    assert done.returncode == 0, (command, done.stdout)
    return done.stdout


def launch(*command, user=None):
    """It ends with this namespace."""
    return subprocess.Popen(
        inside(*command, user=user), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def await_line(process, pattern):
    for line in process.stdout:
        if re.search(pattern, line):
            return line
    raise AssertionError("it ended before it said " + pattern)


def await_clients(server):
    """Until a client is let in; main's bound ends it."""
    while server.poll() is None:
        try:
            socket.create_connection(CLIENTS).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError("the server ended: " + server.stdout.read())


def start_prosody():
    """Restarted, as the page has it: with the page's lines."""
    for user, password in USERS.items():
        must("prosodyctl", "register", user, "example.org", password)
    must("install", "-d", "-o", "prosody", "/run/prosody")
    await_clients(launch("prosody", "-F", user="prosody"))


def start_ejabberd():
    """With the page's lines after a reload."""
    config = ROOT + "/etc/ejabberd/ejabberd.yml"
    must("install", "-d", "-o", "ejabberd", "/run/ejabberd")
    must("ejabberdctl", "start")
    # It waits for a minute.
    patiently(must, "ejabberdctl", "started")
    for user, password in USERS.items():
        must("ejabberdctl", "register", user, "example.org", password)
    shutil.copyfile(ROOT + "/root/ejabberd.yml", config)
    must("ejabberdctl", "reload_config")


def receive():
    """The link in the first message that waits for romeo."""
    romeo = launch("go-sendxmpp", "-u", "romeo@example.org", "-p",
                   USERS["romeo"], "-l")
    return re.search(r"https://\S+", await_line(romeo, "https://"))[0]


def main():
    bound(PATIENCE)
    loopback_up()
    for kind, name in (("proc", "proc"), ("tmpfs", "run")):
        subprocess.run(["mount", "-t", kind, kind, f"{ROOT}/{name}"],
                       check=True)
    slotd = launch("slotd", "serve", user="slotd")
    await_line(slotd, " msg=ready ")
    {"prosody": start_prosody, "ejabberd": start_ejabberd}[SERVER]()
    must("nginx", "-t")
    must("nginx")
    if SERVER == "ejabberd":
        await_line(slotd, " component=upload.example.org state=connected")
    must("runuser", "-u", "slotd", "--", "slotd", "doctor")
    patiently(must, *SEND.split())
    link = patiently(receive)
    assert link.startswith("https://upload.example.org/f/"), link
    must("curl", "-sSf", "-o", "/root/copy.jpg", link)
    must("cmp", "/root/cat.jpg", "/root/copy.jpg")
    print("the same picture")


main()
