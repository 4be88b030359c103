"""`slotd init`: what it writes is right and complete, it overwrites nothing,
and it asks for what it was not told."""

import fcntl
import json
import os
import pty
import re
import select
import stat
import subprocess
import termios
import time

import pytest

import packaged
from setting_up import (
    BUCKET, SECRETS, Ports, arguments, block, blocks, done_well, init)
import support

SECRET = "fake-secret-of-a-bucket"
STORES = {"embedded": {}, "bucket": BUCKET}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def checked(path):
    done = support.run("check", "-c", path)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (
        0, f"{path}: ok\n", b"")


# --- what is written --------------------------------------------------------


@pytest.mark.parametrize("url", ["https://upload.example.org",
                                 "https://upload.example.org:8443",
                                 "http://127.0.0.1:8364"])
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("server", SECRETS)
def test_all_combinations(tmp_path, server, store, url):
    folder = tmp_path / "slotd"
    said = done_well(folder, f"{SECRET}\n".encode(), server=server, url=url,
                     **STORES[store])
    secrets = ["s3.secret"] * (store == "bucket")
    assert names(folder) == sorted(
        ["slotd.conf", "slotd.key", SECRETS[server], *secrets])
    conf = folder / "slotd.conf"
    checked(conf)
    text = conf.read_text()
    assert f'\npublic_url = "{url}";\n' in text
    assert text.count('allow_domains = ( "example.org" );') == 1
    assert SECRET not in text + said
    for name in ("slotd.key", SECRETS[server]):
        secret = (folder / name).read_text()
        assert re.fullmatch("[0-9a-f]{64}\n", secret)
        assert secret.strip() not in text + said
        assert f"{folder}/{name}" in text
    if store == "bucket":
        assert (folder / "s3.secret").read_text() == SECRET + "\n"
    # What stands behind a # and no blank is right, too.
    (folder / "janitor.secret").write_text(SECRET)
    (folder / "janitor.secret").chmod(0o600)
    ports = Ports(tmp_path)
    conf.write_text(ports.move(packaged.with_all(text)))
    checked(conf)
    assert "keep = " in text and f"slotd check -c {conf}\n" in said


def test_each_time_other_secrets(tmp_path):
    seen = set()
    for name in ("one", "two"):
        done_well(tmp_path / name)
        seen |= {(tmp_path / name / file).read_text()
                 for file in ("slotd.key", "prosody.secret")}
    assert len(seen) == 4


def test_nobody_else_reads_it(tmp_path):
    """Whatever the umask. tests/deb has the group of the user slotd."""
    folder = tmp_path / "slotd"
    before = os.umask(0)
    try:
        done_well(folder, SECRET.encode(), **BUCKET)
    finally:
        os.umask(before)
    for path in (folder, *folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o037 == 0, path


@pytest.mark.parametrize("typed, domain, url", [
    ("Example.ORG.", "example.org", "upload.example.org"),
    ("Bücher.example", "bücher.example", "upload.xn--bcher-kva.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example",
     "upload.xn--bcher-kva.example")])
def test_domains(tmp_path, typed, domain, url):
    """XMPP servers know a domain as it was written; URLs have A-labels."""
    said = done_well(tmp_path, domain=typed, server="other",
                     url=f"https://{url}")
    checked(tmp_path / "slotd.conf")
    text = (tmp_path / "slotd.conf").read_text()
    assert f'jid = "upload.{domain}";' in text
    assert f'allow_domains = ( "{domain}" );' in text
    assert f"upload.{domain}\n" in said
    assert f"server_name {url};\n" in said


# --- what is not ------------------------------------------------------------


@pytest.mark.parametrize("there", ["slotd.conf", "slotd.key",
                                   "prosody.secret", "s3.secret"])
def test_nothing_is_overwritten(tmp_path, there):
    """A link that leads nowhere is something, too."""
    (tmp_path / there).symlink_to(tmp_path / "nowhere")
    done = init(tmp_path, SECRET.encode(), **BUCKET)
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"{tmp_path}/{there} is there already".encode() in done.stderr
    assert b"nothing was written" in done.stderr
    assert names(tmp_path) == [there]
    assert not (tmp_path / "nowhere").exists()


def test_all_that_is_there_is_named(tmp_path):
    done_well(tmp_path)
    before = {path: path.read_text() for path in tmp_path.iterdir()}
    done = init(tmp_path)
    assert done.returncode == 1
    for path in before:
        assert f"{path} is there already".encode() in done.stderr
    assert before == {path: path.read_text() for path in tmp_path.iterdir()}


def test_all_or_nothing(tmp_path):
    """The configuration cannot be written whole: what was is taken away."""
    folder = tmp_path / "slotd"
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", support.SLOTD,
         *map(str, arguments(folder))], capture_output=True,
        timeout=support.PATIENCE)
    assert done.returncode == 1, done
    assert b"slotd.conf: File too large; nothing was written" in done.stderr
    assert not folder.exists()


def test_what_check_refuses_is_taken_away(tmp_path):
    """Here the folder of the embedded store has no place."""
    folder = tmp_path / "slotd"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c",
         'mount -t tmpfs none /var && exec "$@"', "sh", support.SLOTD,
         *map(str, arguments(folder))], capture_output=True,
        timeout=support.PATIENCE)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"storage.path: the folder /var/lib: No such file" in done.stderr
    assert done.stderr.endswith(b"slotd init: nothing was written\n")
    assert not folder.exists()


@pytest.mark.parametrize("option", ["domain", "server", "store", "url",
                                    "region", "bucket_url", "access_key_id",
                                    "access_key_secret_file"])
def test_a_missing_option(tmp_path, option):
    folder = tmp_path / "slotd"
    done = init(folder, SECRET.encode(), **{**BUCKET, option: None})
    name = option.replace("_", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"slotd init: --{name} is missing; ".encode() in done.stderr
    assert not folder.exists()


@pytest.mark.parametrize("wrong, says", [
    ({"domain": "juliet@example.org"}, "--domain: must be a domain"),
    ({"domain": "192.0.2.1"}, "--domain: must be a domain"),
    ({"domain": "xn--a.example"}, "--domain: must be a domain"),
    ({"domain": "a" * 64 + ".example"}, "--domain: must be a domain"),
    ({"domain": "a b\x1b[2J"}, "--domain: must be a domain"),
    ({"domain": ""}, "--domain: must be a domain"),
    ({"server": "openfire"}, "--server: must be prosody, ejabberd or other"),
    ({"store": "s3"}, "--store: must be embedded or bucket"),
    ({"url": "upload.example.org"}, "must start with http:// or https://"),
    ({"url": "https://upload.example.org/x"}, "--url: it must not have a p"),
    ({"url": "https://a\"b"}, "--url: the host must be a DNS name"),
    ({"url": "https://a?b"}, "--url: it must not have a query"),
    ({**BUCKET, "bucket_url": "my-bucket"}, "--bucket-url: it must start"),
    ({**BUCKET, "region": "us east"}, "--region: must be 1 to 64 letters"),
    ({**BUCKET, "access_key_id": 'a"b'}, "--access-key-id: must be 1 to 256"),
    ({**BUCKET, "access_key_secret_file": "/dev/null"},
     "--access-key-secret-file: must be the secret alone"),
    ({**BUCKET, "store": "embedded"}, "--bucket-url is for --store bucket"),
])
def test_a_wrong_option(tmp_path, wrong, says):
    folder = tmp_path / "slotd"
    done = init(folder, SECRET.encode(), **wrong)
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in done.stderr.decode()
    assert b"\x1b" not in done.stderr
    assert not folder.exists()


def test_a_folder_that_cannot_be(tmp_path):
    for folder, says in ((tmp_path / "a/b", "No such file or directory"),
                         (tmp_path / "a b", "letters, digits and"),
                         ("/dev/null", "Not a directory")):
        done = init(folder)
        assert done.returncode == 1 and says in done.stderr.decode(), done
    assert names(tmp_path) == []


def test_the_configuration_is_not_named(tmp_path):
    done = support.run(*arguments(tmp_path), "-c", tmp_path / "slotd.conf")
    assert done.returncode == 2 and b"--dir names" in done.stderr


# --- what is asked ----------------------------------------------------------


class Terminal:
    """slotd init, and who types."""

    def __init__(self, *args):
        self.ours, theirs = pty.openpty()
        self.seen = ""

        def take():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(
            [support.SLOTD, *map(str, args)], stdin=theirs, stderr=theirs,
            stdout=subprocess.PIPE, preexec_fn=take)
        self.theirs = theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self.theirs)
        os.close(self.ours)

    def wait(self, text):
        end = time.monotonic() + support.PATIENCE
        while text not in self.seen:
            ready, _, _ = select.select([self.ours], [], [],
                                        end - time.monotonic())
            assert ready, (text, self.seen)
            self.seen += os.read(self.ours, 65536).decode()
        self.seen = self.seen.partition(text)[2]

    def answer(self, question, text):
        self.wait(question)
        os.write(self.ours, text.encode() + b"\n")

    def type(self, keys):
        os.write(self.ours, keys)

    def shows(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def end(self):
        said, _ = self.process.communicate(timeout=support.PATIENCE)
        return self.process.returncode, said.decode()


def test_questions(tmp_path):
    """Defaults are taken with Enter; what is wrong is said and asked again."""
    folder = tmp_path / "slotd"
    with Terminal("init", "--dir", folder) as terminal:
        terminal.answer("such as example.org: ", "")
        terminal.wait("an answer is needed")
        terminal.answer("such as example.org: ", "a b")
        terminal.wait("must be a domain")
        terminal.answer("such as example.org: ", " example.net ")
        terminal.answer("[prosody]: ", "ejabberd")
        terminal.answer("[embedded]: ", "tape")
        terminal.wait("must be embedded or bucket")
        terminal.answer("[embedded]: ", "")
        terminal.answer("[https://upload.example.net]: ", "")
        code, said = terminal.end()
    assert code == 0
    assert "    caller: ejabberd\n" in said
    text = (folder / "slotd.conf").read_text()
    assert 'public_url = "https://upload.example.net";' in text
    assert 'type = "fs";' in text
    checked(folder / "slotd.conf")


def test_a_secret_is_not_shown(tmp_path):
    """The other questions are answered by options."""
    with Terminal(*arguments(tmp_path, **{
            **BUCKET, "access_key_secret_file": None})) as terminal:
        terminal.wait("Secret of that key")
        support.wait_for("a terminal that hides",
                         lambda: not terminal.shows())
        terminal.type(SECRET.encode() + b"\n")
        code, said = terminal.end()
        assert terminal.shows()
        os.set_blocking(terminal.ours, False)
        seen = terminal.seen + os.read(terminal.ours, 65536).decode()
    assert code == 0 and SECRET not in seen + said
    assert (tmp_path / "s3.secret").read_text() == SECRET + "\n"
    checked(tmp_path / "slotd.conf")


@pytest.mark.parametrize("keys", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("hidden", [False, True])
def test_it_can_be_left(tmp_path, hidden, keys):
    folder = tmp_path / "slotd"
    left = "access_key_secret_file" if hidden else "url"
    (tmp_path / "secret").write_text(SECRET)
    options = {**BUCKET, "access_key_secret_file": tmp_path / "secret",
               left: None}
    with Terminal(*arguments(folder, **options)) as terminal:
        terminal.wait(": ")
        support.wait_for("the question",
                         lambda: terminal.shows() != hidden)
        terminal.type(keys)
        code, said = terminal.end()
        assert terminal.shows()
    assert (code, said) == (1, "")
    assert not folder.exists()


def test_it_says_at_once_that_it_cannot(tmp_path):
    (tmp_path / "slotd.conf").touch()
    with Terminal("init", "--dir", tmp_path) as terminal:
        terminal.wait("slotd.conf is there already")
        assert terminal.end() == (1, "")


# --- it works ---------------------------------------------------------------


def test_a_slot_and_an_upload(tmp_path, request):
    """The embedded store, as it was written, on other ports."""
    folder = tmp_path / "slotd"
    done_well(folder, url="http://127.0.0.1:8364")
    ports = Ports(tmp_path / "store")
    ports.move_file(folder / "slotd.conf")
    slotd = support.Slotd(folder, (folder / "slotd.conf").read_text())
    request.addfinalizer(slotd.stop)
    assert "level=warn" not in slotd.lines[0]
    secret = (folder / "prosody.secret").read_text().strip()
    address = ("127.0.0.1", ports.listen)

    def ask(jid):
        body = support.slot_body(jid=jid, size=5)
        return support.request(address, "POST", "/slot", body, {
            "Content-Type": "application/json",
            "Authorization": support.authorization(body=body, secret=secret)})

    support.assert_problem(ask("juliet@example.net"), "forbidden")
    reply = ask("juliet@example.org")
    assert reply.status == 200, reply
    slot = json.loads(reply.body)
    assert support.fetch("PUT", slot["put"], b"hello").status == 201
    assert support.fetch("GET", slot["get"]).body == b"hello"


def test_commands_for_a_shell(tmp_path):
    """Each block of commands is one that a shell takes."""
    for server in SECRETS:
        said = done_well(tmp_path / server, server=server)
        shells = [text for text in blocks(said) if not re.match(
            r"Component |server |/", text)]
        assert len(shells) >= 3, shells
        for text in shells:
            subprocess.run(["sh", "-n"], input=text.encode(), check=True,
                           timeout=support.PATIENCE)


def test_nginx_takes_its_lines(tmp_path):
    """As the sample's: only size and timeouts that are its own defaults
    differ."""
    lines = block(done_well(tmp_path), "server {")
    sample = (support.ROOT / "deploy/nginx/slotd.conf").read_text()
    in_sample = {line.strip() for line in sample.splitlines()}
    assert {line.strip() for line in lines.splitlines()} - in_sample == {
        "client_max_body_size 101m;    # above slotd's max_size"}
