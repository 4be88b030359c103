"""Runs a command under what a unit says, where no systemd runs.

    unshare --mount confine.py UNIT FOLDER COMMAND...

As systemd would for these: the filters of system calls, users, limits, and
a file system where nothing but FOLDER can be written. What is stricter in
systemd's way of it is done here as well: RestrictSUIDSGID= takes openat2
away, and RestrictNamespaces= clone3.
"""

import errno
import mmap
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys

import seccomp
from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NE, Arg

NOBODY = 65534
DENIED = ERRNO(errno.EPERM)
CLONE_NEW = [1 << bit for bit in (7, 17, 25, 26, 27, 28, 29, 30)]
FAMILIES = {"AF_UNIX": socket.AF_UNIX, "AF_INET": socket.AF_INET,
            "AF_INET6": socket.AF_INET6}


def directives(path):
    """Every Name=value of a unit, in order."""
    return re.findall(
        r"^(\w+)=(.*)$", pathlib.Path(path).read_text(), re.M)


def group(name, seen=()):
    """The names in a group of system calls, as systemd knows it."""
    text = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", name],
        check=True, capture_output=True, text=True, timeout=20).stdout
    calls = set()
    for line in text.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@") and word not in seen:
            calls |= group(word, (*seen, word))
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def allowed(unit):
    """What is left of SystemCallFilter=, line by line."""
    calls = set()
    for name, value in directives(unit):
        if name == "SystemCallFilter":
            away = value.startswith("~")
            for word in value.lstrip("~").split():
                names = group(word) if word.startswith("@") else {word}
                calls = calls - names if away else calls | names
    return calls


def deny(rule, name, *arguments):
    rule.add_rule_exactly(DENIED, name, *arguments)


def restrict_sxid(rule, _):
    rule.add_rule_exactly(ERRNO(errno.ENOSYS), "openat2")


def restrict_namespaces(rule, _):
    rule.add_rule_exactly(ERRNO(errno.ENOSYS), "clone3")
    for flag in CLONE_NEW:
        deny(rule, "clone", Arg(0, MASKED_EQ, flag, flag))
        deny(rule, "unshare", Arg(0, MASKED_EQ, flag, flag))
    deny(rule, "setns")


def restrict_families(rule, value):
    """One rule for each that is not listed: libseccomp joins those of one
    call by "or"."""
    wanted = {FAMILIES[name] for name in value.split()}
    refused = ERRNO(errno.EAFNOSUPPORT)
    for family in set(range(64)) - wanted:
        rule.add_rule_exactly(refused, "socket", Arg(0, EQ, family))


def deny_write_execute(rule, _):
    both = mmap.PROT_WRITE | mmap.PROT_EXEC
    deny(rule, "mmap", Arg(2, MASKED_EQ, both, both))
    for name in ("mprotect", "pkey_mprotect"):
        deny(rule, name, Arg(2, MASKED_EQ, mmap.PROT_EXEC, mmap.PROT_EXEC))


def lock_personality(rule, _):
    deny(rule, "personality", Arg(0, NE, 0))


RULES = {
    "RestrictSUIDSGID": restrict_sxid,
    "RestrictNamespaces": restrict_namespaces,
    "RestrictAddressFamilies": restrict_families,
    "MemoryDenyWriteExecute": deny_write_execute,
    "LockPersonality": lock_personality,
}


def filters(unit):
    for name, value in directives(unit):
        if name in RULES:
            rule = seccomp.SyscallFilter(ALLOW)
            RULES[name](rule, value)
            yield rule
    rule = seccomp.SyscallFilter(DENIED)
    for name in sorted(allowed(unit)):
        if seccomp.resolve_syscall(seccomp.Arch(), name) >= 0:
            rule.add_rule(ALLOW, name)
    yield rule


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, timeout=20)


def close_file_system(folder):
    mount("--make-rprivate", "/")
    mount("--bind", folder, folder)
    mount("-t", "proc", "-o", "hidepid=invisible,subset=pid", "proc", "/proc")
    mount("-o", "remount,bind,ro", "/")


def limit(unit):
    values = dict(directives(unit))
    for name in ("NOFILE", "CORE"):
        if "Limit" + name in values:
            kind = getattr(resource, "RLIMIT_" + name)
            most = int(values["Limit" + name])
            _, there = resource.getrlimit(kind)
            if there != resource.RLIM_INFINITY:
                most = min(most, there)
            resource.setrlimit(kind, (most, most))
    os.umask(int(values["UMask"], 8))


def main(unit, folder, *command):
    rules = list(filters(unit))
    close_file_system(folder)
    os.chdir("/")
    limit(unit)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    for rule in rules:
        rule.load()
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
