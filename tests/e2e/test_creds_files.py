"""Credentials in files that are read again when they change; what `check` says
of sources, and what the short commands do with them."""

import json
import os

import pytest

import aws
import support
from reloading import reload
from test_creds import assert_signed, is_ready, lack, signer_of
from test_signer import parts, presign

pytestmark = pytest.mark.usefixtures("no_aws")


def write(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def is_signed(monkeypatch, slotd, **over):
    slot = slotd.slot()
    base, query = parts(slot["put"])
    storage = {"access_key_id": support.ACCESS_KEY, "region": "us-east-2",
               "put_ttl": 600, **over}
    mine = presign(monkeypatch, query["X-Amz-Date"], base, 1234, storage)
    return parts(mine) == (base, query)


def config(secret, **storage):
    return support.s3_config(storage={
        "access_key_secret": None, "access_key_secret_file": secret,
        **storage})


def test_a_secret_that_changes(start, monkeypatch, tmp_path):
    secret = write(tmp_path / "secret", "fake-one\n")
    slotd = start(config(secret))
    assert is_signed(monkeypatch, slotd, access_key_secret="fake-one")
    secret.write_text("fake-two\n")
    support.wait_for("the new one", lambda: is_signed(
        monkeypatch, slotd, access_key_secret="fake-two"))
    # As kubelet does: another folder behind a link.
    write(tmp_path / "three", "fake-three")
    (tmp_path / "link").symlink_to(tmp_path / "three")
    os.replace(tmp_path / "link", secret)
    support.wait_for("the one behind the link", lambda: is_signed(
        monkeypatch, slotd, access_key_secret="fake-three"))


def swap(path, make):
    """Changes path in one step: slotd may look at any moment."""
    make(path.with_name("swapped"))
    os.replace(path.with_name("swapped"), path)


@pytest.mark.parametrize("spoil, said", [
    (lambda path: path.write_text(""), "is empty"),
    (lambda path: path.write_text("\n"), "is empty"),
    (lambda path: path.unlink(), "No such file or directory"),
    (lambda path: path.chmod(0o606), "is world-writable"),
    (lambda path: swap(path, lambda new: new.symlink_to(path.parent)),
     "is not a regular file"),
    (lambda path: swap(path, lambda new: new.write_text("x" * 4000)),
     "holds more than"),
])
def test_the_old_one_stays(start, monkeypatch, tmp_path, spoil, said):
    secret = write(tmp_path / "secret", "fake-one")
    slotd = start(config(secret))
    spoil(secret)
    line = slotd.wait_line("credentials cannot be renewed")
    assert said in line and str(secret) in line and "level=warn" in line
    assert "fake-one" not in line
    assert is_signed(monkeypatch, slotd, access_key_secret="fake-one")
    assert is_ready(slotd)
    write(tmp_path / "new", "fake-two")
    os.replace(tmp_path / "new", secret)
    slotd.wait_line("credentials are back")
    assert is_signed(monkeypatch, slotd, access_key_secret="fake-two")


def test_a_token_that_changes(start, monkeypatch, tmp_path):
    secret = write(tmp_path / "secret", "fake-one")
    token = write(tmp_path / "token", "FakeToken/1==\n")
    slotd = start(config(secret, session_token_file=token))
    assert is_signed(monkeypatch, slotd, access_key_secret="fake-one",
                     session_token="FakeToken/1==")
    token.write_text("FakeToken/2==\n")
    support.wait_for("the new one", lambda: is_signed(
        monkeypatch, slotd, access_key_secret="fake-one",
        session_token="FakeToken/2=="))


def test_a_reload_looks_at_once(start, monkeypatch, tmp_path):
    secret = write(tmp_path / "secret", "fake-one")
    slotd = start(config(secret))
    for number in range(5):
        secret.write_text("fake-%d" % number)
        reload(slotd)
        assert is_signed(
            monkeypatch, slotd, access_key_secret="fake-%d" % number)


SHARED = """# AWS's own tools write it like this
[default]
aws_access_key_id = AKIAFAKEDEFAULT
aws_secret_access_key = fake/default

[upload]
aws_access_key_id = AKIAFAKEUPLOAD
aws_secret_access_key = fake/upload+=
aws_session_token = FakeToken/upload==
"""
UPLOAD = {"access_key_id": "AKIAFAKEUPLOAD", "region": "us-east-2",
          "access_key_secret": "fake/upload+=",
          "session_token": "FakeToken/upload=="}


@pytest.mark.parametrize("word", [None, "auto", "file"])
def test_shared_file(start, monkeypatch, tmp_path, word):
    shared = write(tmp_path / "shared", SHARED)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_PROFILE", "upload")
    slotd = start(aws.config(word))
    assert_signed(monkeypatch, slotd.slot(), UPLOAD)
    shared.write_text(SHARED.replace("AKIAFAKEUPLOAD", "AKIAFAKEANOTHER"))
    support.wait_for("the new one", lambda: (
        signer_of(slotd.slot()) == "AKIAFAKEANOTHER"))
    # Being written: nothing else steps in, and the old ones go on.
    shared.write_text("")
    slotd.wait_line("has no \\[upload\\]")
    assert signer_of(slotd.slot()) == "AKIAFAKEANOTHER"


@pytest.mark.parametrize("word", ["auto", "file"])
def test_shared_file_at_home(start, monkeypatch, tmp_path, word):
    """It may come later."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    slotd = start(aws.config(word))
    assert "No such file" in lack(slotd)
    slotd.wait_line('msg="no credentials"')
    (tmp_path / ".aws").mkdir()
    new = write(tmp_path / "new", SHARED)
    os.replace(new, tmp_path / ".aws" / "credentials")
    slotd.wait_line("credentials are back")
    assert signer_of(slotd.slot()) == "AKIAFAKEDEFAULT"


# --- check ----------------------------------------------------------------


def check(folder, conf):
    done = support.run("check", "-c", support.write_config(folder, conf))
    return done.returncode, done.stderr.decode()


def test_nothing_at_all(tmp_path):
    status, said = check(tmp_path, aws.config())
    assert status == 1
    assert ': storage.access_key_id: missing: ' in said
    assert 'credentials = "auto"' in said


@pytest.mark.parametrize("word, env, said", [
    ("environment", {}, "AWS_ACCESS_KEY_ID is not set in the environment"),
    ("environment", {"AWS_ACCESS_KEY_ID": "AKIAFAKE"},
     "AWS_SECRET_ACCESS_KEY is not"),
    ("web-identity", {}, "neither AWS_ROLE_ARN nor"),
    ("web-identity", {"AWS_ROLE_ARN": aws.ROLE},
     "AWS_WEB_IDENTITY_TOKEN_FILE is not"),
    ("web-identity", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null"},
     "AWS_ROLE_ARN is not"),
    ("web-identity", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/dev/null",
                      "AWS_ROLE_ARN": aws.ROLE,
                      "AWS_ENDPOINT_URL_STS": "file:///etc/passwd"},
     "AWS_ENDPOINT_URL_STS is not an http"),
    ("container", {}, "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
    ("container", {"AWS_CONTAINER_CREDENTIALS_FULL_URI":
                   "http://198.51.100.7/creds"}, "must be https, or"),
    ("container", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI":
                   "@198.51.100.7/"}, "must start with /"),
    ("instance", {"AWS_EC2_METADATA_DISABLED": "TRUE"},
     "AWS_EC2_METADATA_DISABLED"),
    ("auto", {"AWS_ACCESS_KEY_ID": "AKIAFAKE"},
     "AWS_SECRET_ACCESS_KEY is not"),
])
def test_what_cannot_work(monkeypatch, tmp_path, word, env, said):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    status, lines = check(tmp_path, aws.config(word))
    assert status == 1
    assert len(lines.splitlines()) == 1
    assert ": storage.credentials: " in lines and said in lines
    assert "warning" not in lines


@pytest.mark.parametrize("word, env, said", [
    ("web-identity", {"AWS_ROLE_ARN": aws.ROLE,
                      "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token"},
     "AWS_WEB_IDENTITY_TOKEN_FILE: cannot read /nowhere/token: No such"),
    ("container", {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/creds",
                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere/t"},
     "cannot read /nowhere/t: No such"),
    ("file", {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials"},
     "cannot read /nowhere/credentials: No such"),
    ("auto", {"AWS_ROLE_ARN": aws.ROLE}, "AWS_ROLE_ARN is ignored"),
    ("auto", {"AWS_EC2_METADATA_DISABLED": "true"},
     "the environment names no source"),
])
def test_what_may_come_yet(monkeypatch, tmp_path, word, env, said):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    status, lines = check(tmp_path, aws.config(word))
    assert status == 0 and len(lines.splitlines()) == 1
    assert "storage.credentials: warning: " in lines and said in lines


@pytest.mark.parametrize("word", [
    "auto", "environment", "file", "web-identity", "container", "instance"])
def test_a_key_beside_it(monkeypatch, tmp_path, word):
    status, said = check(
        tmp_path, support.s3_config(storage={"credentials": word}))
    assert status == 1
    for name in ("access_key_id", "access_key_secret"):
        assert (f': storage.{name}: belongs to credentials = "static", but '
                f'this is "{word}"') in said


def test_static_by_its_word(tmp_path):
    assert check(tmp_path, support.s3_config(
        storage={"credentials": "static"})) == (0, "")
    status, said = check(tmp_path, aws.config("static"))
    assert status == 1 and "storage.access_key_id: missing: " in said


def test_it_asks_nobody(monkeypatch, server, tmp_path):
    for use in aws.USE.values():
        use(monkeypatch, server, tmp_path)
    for word in ("auto", *aws.USE):
        assert check(tmp_path, aws.config(word)) == (0, "")
    assert not server.calls


# --- short commands -------------------------------------------------------


def test_the_command_slot(monkeypatch, server, tmp_path):
    aws.use_sts(monkeypatch, server, tmp_path)
    path = support.write_config(tmp_path, aws.config())
    slot = ("slot", "-c", path, "--jid", "juliet@example.org", "--size",
            "1234", "cat.jpg")
    done = support.run(*slot)
    assert (done.returncode, done.stderr) == (0, b"")
    assert_signed(
        monkeypatch, json.loads(done.stdout), server.given[0].storage())
    server.fault = aws.denied
    done = support.run(*slot)
    assert done.returncode == 1 and done.stdout == b""
    assert (b"storage default: credentials: STS answered 403 AccessDenied"
            in done.stderr)


def test_explain_and_doctor(monkeypatch, server, tmp_path):
    aws.use_container(monkeypatch, server, tmp_path)
    path = support.write_config(tmp_path, aws.config())
    done = support.run("slot", "-c", path, "--jid", "juliet@example.org",
                       "--size", "1234", "cat.jpg")
    url = json.loads(done.stdout)["put"]
    # By the time of the second the credentials are others.
    done = support.run("explain", "-c", path, stdin=url.encode())
    assert done.returncode == 1
    assert b"were renewed" in b" ".join(done.stdout.split())
    assert b"fake/secret" not in done.stdout + done.stderr
    server.fault = aws.broken
    for command in ("explain", "doctor"):
        done = support.run(command, "-c", path, stdin=url.encode())
        assert done.returncode == 1
        assert done.stderr.decode() == (
            f"slotd {command}: storage default: credentials: the container "
            "endpoint answered 500\n")
