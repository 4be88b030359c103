#!/usr/bin/python3
"""What a program is made of and loads, as CycloneDX 1.5 in JSON.

Debian 12 and 13 have no tool that writes one of a program; this asks dpkg,
ldd and readelf. The same program on the same system gives the same
bytes. Usage: sbom.py PROGRAM >slotd.cdx.json
"""

import email.utils
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]


def output(*command):
    """What it says; where it knows only a part, that."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=dict(os.environ, LC_ALL="C")).stdout


def version():
    text = (ROOT / "include/slotd/version.h").read_text()
    return re.search(r'SLOTD_VERSION "(.*)"', text)[1]


def date():
    """Of the source, or SOURCE_DATE_EPOCH."""
    changed = re.search(r"^ -- .*>  (.*)$", (
        ROOT / "debian/changelog").read_text(), re.M)[1]
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or (
        email.utils.parsedate_to_datetime(changed).timestamp())
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def release():
    """As in "debian-12"."""
    fields = dict(re.findall(r'^(\w+)="?(.*?)"?$', pathlib.Path(
        "/etc/os-release").read_text(), re.M))
    return fields["ID"], fields.get("VERSION_ID", "")


def loaded(program):
    """{name as in NEEDED: path} of all that the dynamic linker loads."""
    found = {}
    for line in output("ldd", program).splitlines():
        name, _, path = line.strip().rpartition(" (")[0].partition(" => ")
        path = path or name
        if path.startswith("/"):
            found[os.path.basename(name)] = os.path.realpath(path)
    return found


def needed(path):
    return re.findall(r"\(NEEDED\).*\[(.*)\]",
                      output("readelf", "-d", path))


def packages(paths):
    """{path: [name, version, architecture, source package, its version]} of
    the packages that have these files."""
    # Those that were installed to /lib are known by that name.
    names = {name: path for path in paths
             for name in (path, path.removeprefix("/usr"))}
    owners = {names[name]: owner.partition(", ")[0] for owner, name in
              re.findall(r"^(\S.*): (/.*)$", output(
                  "dpkg-query", "--search", *names), re.M) if name in names}
    form = "${Package} ${Version} ${Architecture} ${source:Package} " \
        "${source:Version}"
    fields = dict(line.split("\t") for line in output(
        "dpkg-query", "--show", "--showformat=${binary:Package}\t" + form
        + "\n", *set(owners.values())).splitlines()) if owners else {}
    return {path: fields[owner].split(" ") for path, owner in owners.items()
            if owner in fields}


def described(path, of, system):
    """A library without its files: its package, or what it is called."""
    if not of:
        name = os.path.basename(path)
        return {"type": "library", "bom-ref": name, "name": name}
    name, number, architecture, source, source_number = of
    purl = (f"pkg:deb/{system[0]}/{name}@{urllib.parse.quote(number)}"
            f"?arch={architecture}&distro={system[0]}-{system[1]}")
    return {"type": "library", "bom-ref": purl, "name": name,
            "version": number, "purl": purl, "properties": [
                {"name": "slotd:source",
                 "value": f"{source} {source_number}"}]}


def hashes(path):
    return [{"alg": "SHA-256", "content": hashlib.sha256(
        pathlib.Path(path).read_bytes()).hexdigest()}]


def bill(program):
    paths = loaded(program)
    owners, system = packages(paths.values()), release()
    libraries, ref_of, wants = {}, {}, {"slotd": needed(program)}
    for path in sorted(set(paths.values())):
        library = described(path, owners.get(path), system)
        ref = ref_of[path] = library["bom-ref"]
        libraries.setdefault(ref, {**library, "components": []})[
            "components"].append(
                {"type": "file", "name": path, "hashes": hashes(path)})
        wants.setdefault(ref, []).extend(needed(path))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": {"timestamp": date(), "component": {
            "type": "application", "bom-ref": "slotd", "name": "slotd",
            "version": version(), "licenses": [{"license": {"id": "MIT"}}],
            "hashes": hashes(program)}},
        "components": [libraries[ref] for ref in sorted(libraries)],
        "dependencies": [
            {"ref": ref, "dependsOn": sorted({
                ref_of[paths[name]] for name in names if name in paths}
                - {ref})}
            for ref, names in sorted(wants.items())]}


if __name__ == "__main__":
    if not shutil.which("dpkg-query"):
        sys.exit("sbom.py: this is neither Debian nor Ubuntu")
    json.dump(bill(os.path.abspath(sys.argv[1])), sys.stdout, indent=2)
    print()
