"""User instructions of a slot, by valgrind's callgrind.

They do not depend on how busy a machine is. Of its processor they depend on
the copies of memcpy and the like that libc picks for it, and of the code for
SHA-256 that Nettle does; these can be pinned.
"""

import os
import re
import signal
import socket
import subprocess

import support

BODY = ('{"jid":"juliet@example.org/balcony","filename":"très cool.jpg",'
        '"size":23456,"content_type":"image/jpeg"}').encode()
# Requests of a short and of a long run: what they differ by is the requests'.
SHORT, LONG = 100, 500
# What every x86-64 has, and nothing more.
PINNED = "glibc.cpu.hwcaps=" + ",".join("-" + feature for feature in (
    "AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "AVX512DQ", "BMI1",
    "BMI2", "ERMS", "FSRM", "LZCNT", "MOVBE", "POPCNT", "RTM", "SSE4_1",
    "SSE4_2", "SSSE3", "XSAVE", "XSAVEC"))


def parse(text, library):
    """(all instructions, those of memset where `library` calls it) of what
    callgrind writes, without its abbreviations."""
    inside = called = False
    cleared = 0
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "ob":
            inside = library in value
        elif name == "cfn":
            called = "memset" in value
        elif name == "calls":
            continue
        elif called and line[:1] in "0123456789+-*":
            cleared += int(line.split()[1]) if inside else 0
            called = False
    return int(re.search(r"^totals: (\d+)", text, re.M)[1]), cleared


class Run:
    """One slotd under callgrind, and one connection to it."""

    def __init__(self, folder, pinned):
        self.folder = folder
        self.config = support.s3_config(
            listen={"threads": 1}, log={"level": "warn"},
            sandbox=False)  # valgrind maps what it both writes and runs
        self.env = dict(os.environ, NETTLE_FAT_OVERRIDE="none",
                        GLIBC_TUNABLES=PINNED if pinned else "")

    def __enter__(self):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "valgrind", "-q",
             "--tool=callgrind", "--compress-strings=no",
             "--compress-pos=no",
             f"--callgrind-out-file={self.folder}/callgrind.%p",
             support.SLOTD, "serve", "-c",
             support.write_config(self.folder, self.config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.env)
        try:
            self.sock = support.wait_for("slotd", self.connect, 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def connect(self):
        assert self.process.poll() is None, self.process.returncode
        try:
            return socket.create_connection(
                ("127.0.0.1", self.config["listen"]["port"]), 60)
        except OSError:
            return None

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def ask(self, number):
        """One request, at once; what is answered is read to its end."""
        line = support.authorization(body=BODY, nonce=f"{number:016x}")
        self.sock.sendall(
            f"POST /slot HTTP/1.1\r\nHost: x\r\nAuthorization: {line}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY)
        answer = b""
        while not answer.endswith(b"}"):
            piece = self.sock.recv(65536)
            assert piece, answer
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 "), answer

    def count(self, requests):
        for number in range(requests):
            self.ask(number)
        self.sock.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0
        out = self.folder / f"callgrind.{self.process.pid}"
        return parse(out.read_text(), "libmicrohttpd")


def slot_instructions(folder, pinned):
    """(a slot's instructions without the next, those by which libmicrohttpd
    clears its pool)"""
    runs = []
    for requests in (SHORT, LONG):
        with Run(folder, pinned) as run:
            runs.append(run.count(requests))
    total, cleared = ((b - a) / (LONG - SHORT) for a, b in zip(*runs))
    return total - cleared, cleared
