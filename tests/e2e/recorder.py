"""A recorder: what slotd asks the kernel for, by strace, in its order."""

import os
import re
import shutil
import subprocess

import support

# All that can change a folder, a file or a descriptor, and what is said to
# others.
TRACE = "%file,%desc,syncfs,sync,sendto,sendmsg,sendmmsg"
OPTIONS = ["-f", "-q", "-xx", "-s", "1000000", "-e", "signal=none",
           "-e", "trace=" + TRACE]
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
LINE = re.compile(
    r"(?P<pid>\d+) +(?:<\.\.\. (?P<again>\w+) resumed>)?(?P<rest>.*)")
WHOLE = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?: .*)?", re.S)


class Call:
    """A system call that has ended; arguments as strace writes them."""

    def __init__(self, text):
        name, arguments, result = WHOLE.fullmatch(text).groups()
        self.name = name
        self.text = arguments
        self.arguments = arguments.split(", ")
        self.result = -1 if result == "?" else int(result)
        self.strings = [bytes.fromhex(found.replace("\\x", ""))
                        for found in STRING.findall(arguments)]

    def number(self, index):
        """An argument that is a descriptor or a size; -1 for AT_FDCWD."""
        text = self.arguments[index]
        return -1 if text == "AT_FDCWD" else int(text, 0)

    def __repr__(self):
        return f"{self.name}({self.text[:200]}) = {self.result}"


def calls(log):
    """Each where it ended: only then is it known to be done."""
    begun = {}
    for line in log.read_text().splitlines():
        pid, again, rest = LINE.fullmatch(line).groups()
        if rest.startswith(("+++", "---")):
            continue
        if again:
            rest = begun.pop(pid) + rest
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest[:-len("<unfinished ...>")].rstrip()
            continue
        if WHOLE.fullmatch(rest):
            yield Call(rest)


def works():
    """Whether this machine lets slotd be traced: as it is not dumpable, only
    root may look at what it says."""
    return os.geteuid() == 0 and shutil.which("strace") and subprocess.run(
        ["strace", "-D", "-f", "-o", "/dev/null", "true"],
        capture_output=True, timeout=support.PATIENCE).returncode == 0


def run(log, *args):
    """A command of slotd that is to end by itself, with a log of its calls."""
    return support.run(*OPTIONS, "-o", log, support.SLOTD, *args,
                       program="strace")


class Recorded(support.Slotd):
    """slotd with a log of its system calls, one for each start."""

    def __init__(self, folder, config):
        self.logs = []
        self.folder = folder
        super().__init__(folder, config)

    def spawn(self, command, **options):
        log = self.folder / f"calls.{len(self.logs)}"
        self.logs.append(log)
        # -D: the process that is started is slotd, and strace its child's.
        return super().spawn(
            ["strace", "-D", *OPTIONS, "-o", str(log), *command], **options)

    def recorded(self):
        """The calls of the last start, once that has ended."""
        log = self.logs[-1]
        pid = log.read_text().split()[0]
        support.wait_for("strace's last line", lambda: re.search(
            rf"^{pid} +\+\+\+ ", log.read_text(), re.M))
        return list(calls(log))
