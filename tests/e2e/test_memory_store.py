"""What a store of a kind of its own gets without a line of code for it.

Its uploads and downloads: `keeper` in conftest.py.
"""

import pytest

import support

KEY_FILE = "openssl rand -hex 32"


def faults(folder, config):
    """What check says of each setting, by the program that has the store."""
    done = support.run(
        "check", "-c", support.write_config(folder, config),
        program=support.SLOTD + "-memory")
    assert done.returncode == (1 if done.stderr else 0), done
    lines = done.stderr.decode().splitlines()
    return dict(line.split(": ", 2)[1:] for line in lines)


def config(folder, **over):
    return support.KEEPERS["memory"](folder, **over)


def test_check(tmp_path):
    assert faults(tmp_path, config(tmp_path)) == {}


@pytest.mark.parametrize("over, setting, said", [
    ({"key_file": None}, "key_file", KEY_FILE),
    ({"public_url": None}, "public_url", 'storage type "memory"'),
    ({"storage": {"path": "/tmp"}}, "storage.path",
     'belongs to storage type "fs", but this one is "memory"'),
    ({"storage": {"put_ttl": 0}}, "storage.put_ttl", "must be from 1 to"),
    ({"storage": {"type": "memorise"}}, "storage.type",
     'must be "s3", "fs" or "memory"'),
    ({"storage": {"type": None}}, "storage.type", '"s3", "fs" or "memory"'),
])
def test_faults(tmp_path, over, setting, said):
    found = faults(tmp_path, config(tmp_path, **over))
    assert said in found[setting], found


def test_one_store_keeps_files(tmp_path):
    other = {"type": "fs", "name": "other", "path": str(tmp_path / "store")}
    found = faults(tmp_path, config(tmp_path, storages=[other]))
    assert "only one" in found["storages[0].type"], found


def test_a_reload(start, tmp_path):
    """Its files are still there, and so are its tokens."""
    slotd = start(config(tmp_path))
    kept, later = slotd.slot(size=3), slotd.slot(size=3)
    assert support.fetch("PUT", kept["put"], b"abc").status == 201
    slotd.process.send_signal(support.signal.SIGHUP)
    slotd.wait_line("msg=reloaded")
    assert support.fetch("GET", kept["get"]).body == b"abc"
    assert support.fetch("PUT", kept["put"], b"abc").status == 409
    assert support.fetch("PUT", later["put"], b"abc").status == 201


@pytest.mark.parametrize("jid, code", [
    ("juliet@example.org", 0), ("romeo@example.org", 1)])
def test_whose_file_it_is(start, tmp_path, jid, code):
    slotd = start(config(tmp_path))
    url = slotd.slot(size=3)["get"]
    done = support.run("user", "-c", slotd.path, "--of", url, jid,
                       program=support.SLOTD + "-memory")
    assert done.returncode == code, done
