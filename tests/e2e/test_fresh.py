"""A store that nobody has served yet, and what lies beside its files."""

import os
import pathlib

import pytest

import support

ARGS = {
    "user": ["user", "juliet@example.org"],
    "user --of": ["user", "--of", "http://127.0.0.1:1/f/a/b/cat.jpg"],
    "slot": ["slot", "--jid", "juliet@example.org", "--size", "1", "cat.jpg"],
    "doctor": ["doctor"],
    "check": ["check"],
    "explain": ["explain", "-"],
    "quota": ["quota", "juliet@example.org"],
    "health": ["health"],
    "sign": ["sign", "--caller", "prosody"],
}
# Without a key there is nothing to make or read these with.
NEED_KEY = {"user", "user --of", "slot"}


def everything(folder):
    return sorted((str(path.relative_to(folder)), path.lstat().st_mode)
                  for path in folder.rglob("*"))


def run(path, name):
    command, *args = ARGS[name]
    return support.run(command, "-c", path, *args,
                       stdin=b"http://127.0.0.1:1/x\n")


@pytest.fixture(params=["no folder", "empty folder", "folder and files"])
def fresh(request, tmp_path):
    """The path of a store as it may be before its first start."""
    store = tmp_path / "site" / "store"
    store.parent.mkdir()
    if request.param != "no folder":
        store.mkdir(mode=0o700)
    if request.param == "folder and files":
        (store / "files").mkdir(mode=0o700)
    return store


@pytest.mark.parametrize("name", ARGS)
def test_commands_make_nothing(fresh, tmp_path, name):
    path = support.write_config(tmp_path, support.fs_config(fresh))
    before = everything(fresh.parent)
    done = run(path, name)
    assert everything(fresh.parent) == before
    if name in NEED_KEY:
        said = done.stderr.decode()
        assert done.returncode == 1 and not done.stdout, done
        assert f"slotd {ARGS[name][0]}: {fresh}" in said
        assert "start the service first" in said
        assert said.count("\n") == 1
    if name in ("check", "sign"):
        assert done.returncode == 0, done


def test_with_a_key_file(fresh, tmp_path):
    """Users need no store, slots do."""
    key = tmp_path / "slotd.key"
    key.write_text("not-a-key-only-for-tests-0123456789\n")
    key.chmod(0o600)
    path = support.write_config(
        tmp_path, support.fs_config(fresh, key_file=str(key)))
    before = everything(fresh.parent)
    done = run(path, "user")
    assert done.returncode == 0 and done.stdout, done
    done = run(path, "slot")
    if (fresh / "files").exists():
        assert done.returncode == 0, done
    else:
        assert done.returncode == 1, done
        assert b"start the service first" in done.stderr
    assert everything(fresh.parent) == before


def test_serve_makes(start, fresh):
    """What commands then use, and leave as it is."""
    fs = start(support.fs_config(fresh))
    made = everything(fresh)
    assert [name for name, _ in made] == [".key", "files"]
    for name in "user", "slot":
        done = run(fs.path, name)
        assert done.returncode == 0 and done.stdout, done
    assert everything(fresh) == made


def test_served_by_root_first(start, tmp_path):
    """It stays the folder of the service's own user."""
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    os.chown(store, 65534, 65534)
    start(support.fs_config(store))
    for name in ".key", "files":
        status = (store / name).stat()
        assert (status.st_uid, status.st_gid) == (65534, 65534), name


BESIDE = ["quota.state", ".key", ".until", "mine.conf", "deep/one"]


def test_what_lies_beside_is_not_served(start, tmp_path):
    """Neither in the store's folder nor by the way to it."""
    store = tmp_path / "store"
    config = support.fs_config(
        store, quota={"state_file": str(store / "quota.state")},
        policy={"bytes_per_day": "1 MiB", "keep": 1})
    (store / "deep").mkdir(parents=True)
    for name in BESIDE[2:]:
        (store / name).write_text("mine")
        os.utime(store / name, (1, 1))
    fs = start(config)
    assert fs.slot(size=3)
    fs.stop()
    os.utime(store / "quota.state", (1, 1))
    due = store / "files" / "20010101T000000Z"
    due.write_text("x")
    fs.start()
    support.wait_for("the sweep", lambda: not due.exists())
    for name in BESIDE:
        assert (store / name).exists(), name
        for target in (name, "../" + name, "%2e%2e/" + name,
                       "files/../" + name, "x/../../" + name):
            for method in "GET", "HEAD":
                assert fs.ask(method, "/f/" + target).status == 404, target


def test_an_upload_is_below_files(start, tmp_path):
    store = tmp_path / "store"
    fs = start(support.fs_config(store))
    slot = fs.slot(size=3)
    assert support.fetch("PUT", slot["put"], b"abc").status == 201
    key = support.key_of(slot["get"], fs.config["public_url"] + "/f")
    assert pathlib.Path(store, "files", key).read_bytes() == b"abc"
    assert sorted(os.listdir(store)) == [".key", "files"]


def test_a_link_for_files(program, tmp_path):
    store, other = tmp_path / "store", tmp_path / "other"
    store.mkdir()
    other.mkdir()
    os.symlink(other, store / "files")
    path = support.write_config(tmp_path, support.fs_config(store))
    for command in "check", "serve":
        done = support.run(command, "-c", path)
        assert done.returncode == 1
        assert b"storage.path: " in done.stderr
        assert b"/store/files is a symbolic link" in done.stderr
    assert not os.listdir(other)


def test_check_refuses_a_file_among_the_uploads(tmp_path):
    store = tmp_path / "store"
    (store / "files").mkdir(parents=True)
    key = store / "files" / "slotd.key"
    key.write_text("not-a-key-only-for-tests-0123456789\n")
    key.chmod(0o600)
    path = support.write_config(
        tmp_path, support.fs_config(store, key_file=str(key)))
    for command in "check", "serve":
        done = support.run(command, "-c", path)
        assert done.returncode == 1
        assert b"key_file: " in done.stderr
        assert b"where uploads are served and removed" in done.stderr


def test_names_that_the_file_system_cannot_take(tmp_path, preload):
    """Told at the start, not to each client at the end of its upload."""
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    path = support.write_config(tmp_path, support.fs_config(store))
    preload("short_name.c")
    done = support.run("serve", "-c", path)
    said = done.stderr.decode()
    assert done.returncode == 1, done
    assert f"{store}/files: this file system takes no file names of 255" \
        in said
    assert "it ends them at 143" in said
    assert not os.listdir(store / "files")
    done = support.run("doctor", "-c", path)
    assert done.returncode == 1
    assert b"file names there can have only 143 bytes" in done.stdout
