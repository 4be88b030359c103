"""Configurations: free ports, and libconfig's syntax."""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

SECRET = "not-a-secret-only-for-tests"
ACCESS_KEY = "AKIDFAKEFAKEFAKE0001"
ACCESS_SECRET = "fake/only+for/tests0000000000000000000"

_handed_out = set()
# A byte of it is locked for each port, by the process that has the port.
_ports = open(os.path.join(
    tempfile.gettempdir(), f"slotd-test-ports-{os.getuid()}"), "ab")


def reserve_port(port):
    """Until this process ends; False if it or another has it already."""
    if port in _handed_out:
        return False
    try:
        fcntl.lockf(_ports, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    _handed_out.add(port)
    return True


def free_port(low=20000, high=32000):
    """A port below the ephemeral range that nobody listens on.

    Suites that run side by side get different ones, also while what is to
    listen there starts.
    """
    while True:
        port = random.SystemRandom().randrange(low, high)
        if not reserve_port(port):
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def render(value, depth=0):
    """A Python value in libconfig's syntax."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) + ("L" if abs(value) >= 2**31 else "")
    if isinstance(value, (str, pathlib.Path)):
        text = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return '"' + text + '"'
    if isinstance(value, (list, tuple)):
        return "( " + ", ".join(render(v, depth) for v in value) + " )"
    pad = "\t" * (depth + 1)
    lines = [
        f"{pad}{name} = {render(item, depth + 1)};\n"
        for name, item in value.items()
    ]
    return "{\n" + "".join(lines) + "\t" * depth + "}"


def render_config(config):
    return "".join(f"{k} = {render(v)};\n" for k, v in config.items())


def merge(base, over):
    """base with over's groups laid over its own; None takes away."""
    result = dict(base)
    for name, value in over.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merge(result[name], value)
        else:
            result[name] = value
    return result


def s3_config(**over):
    base = {
        "listen": {"address": "127.0.0.1", "port": free_port()},
        "callers": [{"id": "prosody", "secret": SECRET}],
        "storage": {
            "type": "s3",
            "bucket_url": "https://bucket.s3.example.org",
            "region": "us-east-2",
            "access_key_id": ACCESS_KEY,
            "access_key_secret": ACCESS_SECRET,
        },
    }
    return merge(base, over)


def fs_config(path, **over):
    port = free_port()
    base = {
        "listen": {"address": "127.0.0.1", "port": port},
        "public_url": f"http://127.0.0.1:{port}",
        "callers": [
            {"id": "prosody", "secret": SECRET},
            {"id": "plain", "secret": SECRET + "-plain", "plain_urls": True},
        ],
        "storage": {"type": "fs", "path": path, "min_free": "1 MiB"},
    }
    return merge(base, over)


def memory_config(path, **over):
    """As fs_config, with the store of tests/memory_store, which only the
    program SLOTD-memory has; the path is a folder for its key_file."""
    key = pathlib.Path(path) / "key"
    key.parent.mkdir(exist_ok=True)
    key.write_text("not-a-secret-only-for-the-memory-store\n")
    key.chmod(0o600)
    base = fs_config(path, key_file=str(key))
    base["storage"] = {"type": "memory"}
    return merge(base, over)


# Of the stores whose files slotd takes and serves itself.
KEEPERS = {"fs": fs_config, "memory": memory_config}


KEY_LINE = "not-a-real-key-not-a-real-key-0001"


def write_key(folder, *lines):
    """A key_file of these lines."""
    path = pathlib.Path(folder) / "slotd.key"
    path.write_text("".join(line + "\n" for line in lines or (KEY_LINE,)))
    path.chmod(0o600)
    return path


def write_config(folder, config):
    path = pathlib.Path(folder) / "slotd.conf"
    text = config if isinstance(config, str) else render_config(config)
    path.write_text(text)
    path.chmod(0o600)
    return path
