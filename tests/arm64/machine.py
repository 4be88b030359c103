"""An arm64 machine with Debian's kernel, emulated whole. An emulator of single
programs has neither seccomp nor Landlock; this kernel has both."""

import re
import shutil

from cross import ROOT, tree

# What needs a kernel of arm64: the fence, and a question about sockets that
# the emulator of programs does not pass on.
UNIT = ["fence/test_calls", "fence/test_files", "fence/test_places",
        "fence/test_resources", "http/test_hold"]
SECONDS = 900

# For tests/e2e/conftest.py, which calls it with these arguments.
COMPILER = """#!/bin/sh
# cc -shared -fPIC -D_GNU_SOURCE -o LIBRARY SOURCE -ldl
exec cp "/root/$(basename "$6" .c).so" "$5"
"""
START = ["timeout", str(SECONDS), "qemu-system-aarch64", "-machine", "virt",
         "-cpu", "max,pauth-impdef=on", "-m", "1024", "-nodefaults",
         "-no-reboot", "-display", "none", "-serial", "stdio",
         "-kernel", "/vmlinuz", "-initrd", "/initrd",
         "-append", "console=ttyAMA0 quiet panic=-1"]


def furnish(folder):
    """What changes with the source."""
    root = folder / "machine"
    libraries = "usr/lib/aarch64-linux-gnu"
    (root / libraries).mkdir(exist_ok=True)
    folder.run("sh", "-euc", f"cp -a /{libraries}/*.so.* /machine/{libraries}; "
               "cp -a /usr/lib/ld-linux-aarch64.so.1 /machine/usr/lib")
    shutil.rmtree(root / "slotd", ignore_errors=True)
    built = tree(folder) / "build"
    for name in UNIT:
        target = root / "slotd/build/tests" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(built / "tests" / name, target)
    shutil.copy(built / "slotd", root / "slotd/build")
    for name in "e2e", "xmpp":
        # Python writes its own beside the tests that run meanwhile.
        shutil.copytree(ROOT / "tests" / name, root / "slotd/tests" / name,
                        ignore=shutil.ignore_patterns("__pycache__"))
    for name in "proc", "sys", "dev", "tmp", "root", "etc":
        (root / name).mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files\n")
    shutil.copy(ROOT / "tests/arm64/init.sh", root / "init")
    (root / "usr/bin/cc").write_text(COMPILER)
    for path in "init", "usr/bin/cc":
        (root / path).chmod(0o755)
    if not (root / "bin/sh").is_symlink():
        (root / "bin/sh").symlink_to("busybox")
    folder.run("aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-D_GNU_SOURCE",
               "-o", "/machine/root/intruder.so",
               "/source/tests/e2e/intruder.c", "-ldl")


def run(folder):
    furnish(folder)
    folder.run("sh", "-euc",
               "cd /machine && find . | cpio --quiet -o -H newc >/initrd")
    done = folder.tries(*START)
    parts = re.split(r"^=== (\S+) (\d+)\r?\n", done.stdout, flags=re.M)
    assert len(parts) > 1, done.stdout[-3000:]
    said = {parts[i + 1]: (int(parts[i + 2]), parts[i])
            for i in range(0, len(parts) - 2, 3)}
    said["end"] = (done.returncode, parts[-1])
    return said
