"""slotd on a terminal: what a person would see."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading

import support

GREEN, YELLOW, RED, DIM = "\033[32m", "\033[33m", "\033[1;31m", "\033[2m"
END = "\033[0m"


def run(*args, columns=80, stdin=b"", env=None, term="xterm"):
    """All that a run writes to it: (exit code, text)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    if env is None:
        env = {**os.environ}
        env.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [support.SLOTD, *map(str, args)], env={**env, "TERM": term},
        stdin=subprocess.PIPE, stdout=theirs, stderr=theirs)
    os.close(theirs)
    limit = threading.Timer(support.PATIENCE, process.kill)
    limit.start()
    try:
        process.stdin.write(stdin)
        process.stdin.close()
        text = b""
        while piece := read(ours):
            text += piece
        return process.wait(), text.decode().replace("\r\n", "\n")
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        os.close(ours)


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody has the other side any more
        return b""


def plain(text):
    """The lines as a person sees them, without colours and progress."""
    return [re.sub(r"\033\[[0-9;]*\w", "", line.rpartition("\r")[2])
            for line in text.split("\n")]
