"""Starts the installed slotd as its user, as its unit would, and goes the
whole way once: slot, upload, download. To be run in a network and among
processes of its own, where the port of the configuration is free:
unshare --mount --net --pid --fork --kill-child journey.py FOLDER
"""

import fcntl
import http.client
import json
import signal
import socket
import struct
import subprocess
import sys

CONF = "/etc/slotd/slotd.conf"
LISTEN = "http://127.0.0.1:8363"
PUBLIC = "http://127.0.0.1:8364"    # the samples of web servers go there
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
CONTENT = b"to be, or not to be"
SLOT = json.dumps({"jid": "juliet@example.org", "filename": "soliloquy.txt",
                   "size": len(CONTENT)}).encode()


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sh", b"lo", IFF_UP))


def bound(seconds):
    """Process 1, as this is one, is not ended by a signal that it has no
    function for."""
    def too_late(*_):
        raise TimeoutError(f"not done within {seconds} seconds")
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)


def ask(method, url, body=None, headers=None):
    place, slash, path = url.removeprefix("http://").partition("/")
    with_host = http.client.HTTPConnection(place, timeout=30)
    with_host.request(method, slash + path, body, headers or {})
    answer = with_host.getresponse()
    content = answer.read()
    with_host.close()
    return answer.status, content


def journey(root):
    as_slotd = ["chroot", "--userspec=slotd:slotd", root]
    header = subprocess.run(
        [*as_slotd, "slotd", "sign", "-c", CONF, "--caller", "prosody",
         "--body", "-"], input=SLOT, stdout=subprocess.PIPE, check=True)
    name, _, value = header.stdout.decode().strip().partition(": ")
    status, content = ask("POST", LISTEN + "/slot", SLOT, {
        name: value, "Content-Type": "application/json"})
    assert status == 200, content
    slot = json.loads(content)
    for url, folder in ((slot["put"], "/u/"), (slot["get"], "/f/")):
        assert url.startswith(PUBLIC + folder), url
    status, content = ask("PUT", slot["put"], CONTENT)
    assert status == 201, content
    assert ask("GET", slot["get"]) == (200, CONTENT)
    print("the same, byte for byte")


def main():
    root = sys.argv[1]
    bound(120)
    loopback_up()
    subprocess.run(["mount", "-t", "proc", "proc", root + "/proc"],
                   check=True)
    with subprocess.Popen(
            ["chroot", "--userspec=slotd:slotd", root, "slotd", "serve",
             "-c", CONF], stderr=subprocess.PIPE, text=True) as slotd:
        first = slotd.stderr.readline()
        assert "msg=ready" in first, first
        assert "warnings" not in first, first
        journey(root)
        slotd.send_signal(signal.SIGTERM)
        slotd.stderr.read()
        assert slotd.wait() == 0


if __name__ == "__main__":
    main()
