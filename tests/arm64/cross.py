"""A Debian in a folder that builds for arm64, with Debian's cross compiler and
its arm64 libraries. The system outside gets neither packages nor an
architecture, and its kernel is told of no emulator."""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/deb"))

from folder import BUILD, MINUTES, Folder  # noqa: E402

NATIVE = ["make", "qemu-user", "qemu-system-arm", "cpio"]
# What the unit tests, and Python, need beyond the package.
LIBRARIES = ["libcmocka-dev", "libgcc-s1", "libffi8", "libbz2-1.0", "zlib1g"]
# For the machine. These cannot be installed beside those of the folder.
UNPACKED = ["busybox-static:arm64", "python3.13-minimal:arm64",
            "libpython3.13-minimal:arm64", "libpython3.13-stdlib:arm64",
            "python3-pytest", "python3-pluggy", "python3-iniconfig",
            "python3-packaging"]
KERNEL = "linux-image-cloud-arm64:arm64"
TOOLS = ["CC=aarch64-linux-gnu-gcc", "AR=aarch64-linux-gnu-ar",
         "PKG_CONFIG=aarch64-linux-gnu-pkg-config"]


def download(made):
    """Unpacks what the machine runs in /machine, with its kernel."""
    (made / "debs").mkdir()
    kernel = made.run("sh", "-c", f"apt-cache show {KERNEL} | "
                      "sed -n 's/^Depends: \\(linux-image-[^ ,]*\\).*/\\1/p'")
    names = [*UNPACKED, kernel.split()[0] + ":arm64"]
    made.run("sh", "-c", "cd /debs && apt-get -qq -o APT::Sandbox::User=root "
             "-o Acquire::Retries=5 download " + " ".join(names))
    (made / "machine/usr/bin").mkdir(parents=True)
    (made / "machine/usr/lib").mkdir()
    for name in "bin", "lib":
        (made / "machine" / name).symlink_to("usr/" + name)
    made.run("sh", "-euc", "for deb in /debs/*.deb; do "
             'dpkg-deb -x "$deb" /machine; done')
    made.run("sh", "-euc", "mv /machine/boot/vmlinuz* /vmlinuz; "
             "rm -r /debs /machine/boot /machine/usr/share "
             "/machine/usr/lib/modules")


def folder():
    """It is kept for the next time."""
    made = Folder(BUILD / "arm64")
    packages = [*NATIVE, *(name + ":arm64" for name in LIBRARIES)]
    wanted = " ".join([*packages, *UNPACKED])
    ready = made / "ready"
    if not ready.exists() or ready.read_text() != wanted:
        made = Folder.fresh("trixie", made.path)
        made.run("dpkg", "--add-architecture", "arm64")
        made.apt("update")
        made.apt("install", *packages)
        download(made)
        ready.write_text(wanted)
    return made


def tree(made):
    """Where the package was built."""
    return next((made / "source/build/deb").glob("slotd-*/"))


def build(made):
    """As README.md says, and then what is tested beside it: of the package's
    own object files."""
    shutil.rmtree(made / "source", ignore_errors=True)
    (made / "source").mkdir()
    packed = subprocess.run(
        [ROOT / "tests/dist.sh", made.path], cwd=ROOT, text=True, check=True,
        stdout=subprocess.PIPE, timeout=MINUTES).stdout.strip()
    subprocess.run(["tar", "-xzf", packed, "-C", made / "source",
                    "--strip-components=1"], check=True, timeout=MINUTES)
    made.run("env", "DEB_BUILD_OPTIONS=parallel=2", "DEB_CFLAGS_APPEND=-Werror",
             "make", "-C", "/source", "deb", "ARCH=arm64")
    inside = "/" + str(tree(made).relative_to(made.path))
    made.run("make", "-C", inside, "-j2", *TOOLS, "CFLAGS=-O1",
             "EXTRA=-Werror", "FUZZ_REPLAY=", "unit-programs")


def emulated(made, name):
    """A script that runs a program of the build outside of the folder."""
    script = made / "emulated" / name
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        "#!/bin/sh\n"
        f'exec "{made / "usr/bin/qemu-aarch64"}" -L "{made.path}" '
        f'"{tree(made) / "build" / name}" "$@"\n')
    script.chmod(0o755)
    return script
