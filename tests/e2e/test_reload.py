"""SIGHUP: another configuration in the same process."""

import copy
import os
import pathlib
import re
import signal
import time

import pytest

import reloading
import support
from reloading import DATA, Load, failed, reload
from upload import Upload, tree

OTHER = "another-secret-only-for-tests"


def changed(slotd, **over):
    return support.fs_config.__globals__["merge"](slotd.config, over)


def test_what_it_changes(start):
    slotd = start(support.s3_config(policy={"max_size": 5000}))
    support.assert_problem(
        slotd.post(support.slot_body(size=6000)), "file-too-large")
    config = changed(
        slotd, policy={"max_size": 7000}, log={"format": "json"},
        callers=[{"id": "prosody", "secret": OTHER},
                 {"id": "ejabberd", "secret": OTHER + "2"}],
        storage={"bucket_url": "https://other.s3.example.org"})
    reload(slotd, config, '"msg":"reloaded"')
    body = support.slot_body(size=6000)
    support.assert_problem(slotd.post(body), "unauthorized")
    for caller, secret in (("prosody", OTHER), ("ejabberd", OTHER + "2")):
        reply = slotd.post(body, caller=caller, secret=secret)
        assert reply.status == 200, reply
        assert reply.json["put"].startswith("https://other.s3.example.org/")
    slotd.wait_line('"caller":"ejabberd"')


def test_secrets_in_files(start, tmp_path):
    secret = tmp_path / "prosody.secret"
    secret.write_text(support.SECRET)
    secret.chmod(0o600)
    slotd = start(support.s3_config(
        callers=[{"id": "prosody", "secret_file": secret}]))
    slotd.slot()
    secret.write_text(OTHER)
    slotd.slot()  # nobody has told it
    reload(slotd)
    support.assert_problem(
        slotd.post(support.slot_body()), "unauthorized")
    assert slotd.post(support.slot_body(), secret=OTHER).status == 200


def test_a_fault_changes_nothing(start):
    slotd = start(support.s3_config())
    config = changed(slotd, policy={"max_size": 1})
    config["polizy"] = {}
    lines = failed(slotd, config)
    done = support.run("check", "-c", slotd.path)
    assert done.returncode == 1
    fault = done.stderr.decode().strip()
    assert "polizy: unknown setting" in fault
    assert any(fault in line.replace('\\"', '"') for line in lines), lines
    assert all("level=error" in line for line in lines)
    assert slotd.slot(size=1234)  # 1 is not in force
    os.unlink(slotd.path)
    lines = failed(slotd)
    assert any("No such file" in line for line in lines)
    slotd.slot()
    # And it is not stuck: the next good one is taken.
    reload(slotd, changed(slotd, policy={"max_size": 1}))
    support.assert_problem(slotd.post(support.slot_body()), "file-too-large")


def test_what_stays_is_said(start, tmp_path):
    fs = start(support.fs_config(tmp_path / "store"))
    url = fs.slot(size=3)["put"]
    port = support.free_port()
    config = changed(
        fs, listen={"port": port, "threads": 7},
        public={"address": "127.0.0.1", "port": support.free_port()},
        auth={"max_skew": 7, "replay_max": 7},
        storage={"path": tmp_path / "elsewhere"}, policy={"max_size": 3})
    lines = reload(fs, config)
    for setting in ("listen", "listen.threads", "public", "auth.max_skew",
                    "auth.replay_max", "storage.path"):
        assert any(f"setting={setting} " in line and "level=warn" in line
                   for line in lines), (setting, lines)
    # The rest is in force, all the same.
    support.assert_problem(
        fs.post(support.slot_body(size=4)), "file-too-large")
    assert support.fetch("PUT", url, b"abc").status == 201
    assert len(tree(tmp_path / "store")) == 1
    assert not (tmp_path / "elsewhere").exists()


def threads(slotd):
    return len(os.listdir(f"/proc/{slotd.process.pid}/task"))


def test_the_first_configuration_is_let_go(start, tmp_path, monkeypatch):
    """Its sources of credentials, above all: nobody asks them any more."""
    shared = tmp_path / "credentials"
    shared.write_text("[default]\naws_access_key_id = AKIDFAKEFAKE\n"
                      "aws_secret_access_key = fake/only+for/tests\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    plain = start(support.s3_config(
        storage={"access_key_id": "AKIDFAKEFAKE",
                 "access_key_secret": "fake/only+for/tests"}))
    slotd = start(support.s3_config(storage={
        "access_key_id": None, "access_key_secret": None,
        "credentials": "file"}))
    slotd.slot()
    assert threads(slotd) > threads(plain)
    reload(slotd, dict(plain.config, listen=slotd.config["listen"]))
    support.wait_for("the source's thread to end",
                     lambda: threads(slotd) == threads(plain))


def test_no_credentials_any_more(start):
    """A configuration without what slots need changes nothing."""
    slotd = start(support.s3_config())
    config = copy.deepcopy(slotd.config)
    for name in ("access_key_id", "access_key_secret"):
        del config["storage"][name]
    config["storage"]["credentials"] = "auto"
    lines = failed(slotd, config)
    assert any("credentials" in line for line in lines), lines
    slotd.slot()


@pytest.mark.parametrize("starts", [False, True])
def test_where_no_child_can_be_had(start, preload, monkeypatch, starts):
    """The process reads the configuration itself then."""
    if starts:
        monkeypatch.setenv("NO_CLOSE_RANGE", "1")
    preload("no_children.c")
    slotd = start(support.s3_config())
    assert reloading.reader(slotd) is None
    reload(slotd, dict(slotd.config, policy={"max_size": 7}))
    support.assert_problem(
        slotd.post(support.slot_body(size=8)), "file-too-large")


def test_where_the_child_was_killed(start):
    """By whoever looks for memory: not a reload fails for that."""
    slotd = start(support.s3_config())
    os.kill(reloading.reader(slotd), signal.SIGKILL)
    support.wait_for("its end", lambda: reloading.reader(slotd) is None)
    reload(slotd, dict(slotd.config, policy={"max_size": 7}))
    support.assert_problem(
        slotd.post(support.slot_body(size=8)), "file-too-large")


def test_the_child_ends_with_its_parent(start):
    slotd = start(support.s3_config())
    child = pathlib.Path(f"/proc/{reloading.reader(slotd)}")
    slotd.kill()
    # Whoever inherits it may take a while to ask for its status.
    support.wait_for("its end", lambda: not (child / "exe").exists())
    slotd.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into it")
def test_the_child_that_reads_gets_no_files(start, tmp_path):
    key = tmp_path / "slotd.key"
    key.write_text("1" * 64 + "\n")
    key.chmod(0o600)
    # The relay's libcurl has sockets that a child would get.
    slotd = start(support.s3_config(
        storage={"relay": True}, key_file=str(key),
        public_url="http://127.0.0.1:1"))
    child = pathlib.Path(f"/proc/{reloading.reader(slotd)}")
    reload(slotd)
    files = {int(fd.name): os.readlink(fd)
             for fd in (child / "fd").iterdir()}
    assert files.pop(3).startswith("socket:")
    assert files == dict.fromkeys((0, 1, 2), "/dev/null")


def test_signals_do_not_end_the_child_that_reads(start):
    """`systemctl kill` sends them to all processes of the service."""
    slotd = start(support.s3_config())
    child = reloading.reader(slotd)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        os.kill(child, number)
    reload(slotd, dict(slotd.config, policy={"max_size": 7}))
    support.assert_problem(
        slotd.post(support.slot_body(size=8)), "file-too-large")
    assert reloading.reader(slotd) == child


def test_nothing_to_say(start, tmp_path):
    """The very same configuration: no warning."""
    fs = start(support.fs_config(tmp_path / "store"))
    assert len(reload(fs)) == 1


def test_replays_are_remembered(start):
    slotd = start(support.s3_config())
    body = support.slot_body()
    line = support.authorization(body=body)
    headers = [("Authorization", line), ("Content-Type", "application/json")]
    assert slotd.ask("POST", "/slot", body, headers).status == 200
    # Other callers before and behind it, then none.
    for extra in ([{"id": "a", "secret": OTHER}], []):
        config = copy.deepcopy(slotd.config)
        config["callers"] = extra + config["callers"]
        reload(slotd, config)
        support.assert_problem(
            slotd.ask("POST", "/slot", body, headers), "replayed")


def test_an_upload_goes_on(start, tmp_path):
    """It ends by the rules that it began with, and is known afterwards."""
    fs = start(support.fs_config(
        tmp_path / "store", limits={"upload_timeout": 3600}))
    answer = fs.slot(size=len(DATA))
    upload = Upload.begun(answer["put"], DATA, 100)
    for _ in range(3):
        reload(fs, changed(fs, storage={"min_free": "2 MiB"},
                           limits={"upload_timeout": 1}))
    support.assert_problem(
        support.fetch("PUT", answer["put"], DATA), "already-exists")
    upload.send(DATA[100:])
    assert upload.reply().status == 201
    upload.close()
    assert support.fetch("GET", answer["get"]).body == DATA


def test_tokens_and_key_file(start, tmp_path):
    """A key more in front: new links, and the old ones hold."""
    old, new = "1" * 64, "2" * 64
    keys = tmp_path / "slotd.key"
    keys.write_text(old + "\n")
    keys.chmod(0o600)
    fs = start(support.fs_config(tmp_path / "store", key_file=keys))
    before = fs.slot(size=3)
    keys.write_text(new + "\n" + old + "\n")
    reload(fs)
    after = fs.slot(size=3)
    for answer in (before, after):
        assert support.fetch("PUT", answer["put"], b"abc").status == 201
    third = fs.slot(size=3)
    keys.write_text(new + "\n")
    reload(fs)
    unused = fs.slot(size=3)
    keys.write_text(old + "\n")
    reload(fs)
    support.assert_problem(
        support.fetch("PUT", third["put"], b"abc"), "slot-invalid")
    support.assert_problem(
        support.fetch("PUT", unused["put"], b"abc"), "slot-invalid")


def test_files_get_an_end(start, tmp_path, clock):
    fs = start(support.fs_config(tmp_path / "store"))
    answer = fs.slot(size=3)
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    assert "file_expires" not in answer
    reload(fs, changed(fs, policy={"keep": 100}))
    later = fs.slot(size=3)
    assert support.fetch("PUT", later["put"], b"abc").status == 201
    stored = tmp_path / "store" / "files"
    assert len(tree(stored)) == 2
    clock.move(101)
    assert support.fetch("GET", later["get"]).status == 410
    # An end is fixed in the slot: that of the first is not changed.
    reload(fs, changed(fs, policy={"keep": 0}))
    assert support.fetch("GET", later["get"]).status == 410
    assert support.fetch("GET", answer["get"]).status == 200
    support.wait_for(
        "the sweep", lambda: len(tree(stored)) == 1, 70)


def test_a_store_more(start, tmp_path):
    """From S3 to the embedded store and a relay, which had no threads. Inside
    the sandbox there is no new folder."""
    slotd = start(support.s3_config(sandbox=False))
    fs = support.fs_config(tmp_path / "store")
    config = changed(slotd, storage=None)
    config["storage"] = fs["storage"]
    config["public_url"] = "http://127.0.0.1:%d" % slotd.address[1]
    reload(slotd, config)
    answer = slotd.slot(size=3)
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    assert support.fetch("GET", answer["get"]).body == b"abc"


def test_fifty_under_load(start, tmp_path):
    """None is lost, and none waits for it: whoever was told nothing but 200
    and 201."""
    fs = start(support.fs_config(tmp_path / "store"))
    for keep_alive in (True, False):
        with Load(fs, keep_alive=keep_alive) as load:
            load.wait_more(1)
            for number in range(25):
                reload(fs, changed(
                    fs, limits={"idle_timeout": 60 + number % 3},
                    log={"format": "logfmt"},
                    callers=fs.config["callers"] + [
                        {"id": f"more-{number}", "secret": OTHER}]))
                load.wait_more(2)
        assert not load.lost


def test_what_was_is_let_go(start, tmp_path):
    """Fifty reloads leave no descriptor, no thread and no service behind."""
    fs = start(support.fs_config(tmp_path / "store"))
    process = pathlib.Path(f"/proc/{fs.process.pid}")

    child = pathlib.Path(f"/proc/{reloading.reader(fs)}")

    def held():
        return (len(list((process / "fd").iterdir())),
                len(list((process / "task").iterdir())),
                len(list((child / "fd").iterdir())),
                (child / "task" / child.name / "children").read_text(),
                re.search(r"VmData:.*", (child / "status").read_text())[0])
    before = held()
    for number in range(50):
        fs.slot()
        reload(fs, changed(fs, limits={"idle_timeout": 60 + number % 2}))
    support.wait_for("the same as before", lambda: held() == before)


def test_many_at_once(start):
    """Signals that come faster than they can be served."""
    slotd = start(support.s3_config())
    for _ in range(200):
        slotd.process.send_signal(1)
    end = time.monotonic() + support.PATIENCE
    while time.monotonic() < end:
        slotd.slot()
        if any("msg=reloaded" in line for line in slotd.lines):
            break
    slotd.wait_line("msg=reloaded")
    slotd.slot()
