"""`slotd init`: what it writes is right and complete, and it overwrites
nothing."""

import json
import os
import re
import stat
import subprocess

import pytest

import reloading
from setting_up import (
    BUCKET, SECRETS, Ports, arguments, block, blocks, checked, done_well,
    init, with_all, with_url)
import support

SECRET = "fake-secret-of-a-bucket"
STORES = {"embedded": {}, "bucket": BUCKET}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


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
    conf.write_text(ports.move(with_all(text)))
    checked(conf)
    assert "keep = " in text and f"slotd check -c {conf}\n" in said


def test_who_gets_no_lines_has_no_files(tmp_path):
    folder = tmp_path / "slotd"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [support.SLOTD, *map(str, arguments(folder))], stdout=full,
            stderr=subprocess.PIPE, timeout=support.PATIENCE)
    assert done.returncode == 1
    assert b"No space left on device; nothing was written\n" in done.stderr
    assert not folder.exists()


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
         'mount -t tmpfs none /var || exit 99; exec "$@"', "sh",
         support.SLOTD, *map(str, arguments(folder))], capture_output=True,
        timeout=support.PATIENCE)
    if done.returncode == 99 or b"unshare failed" in done.stderr:
        pytest.skip("a file system of its own needs the right to mount")
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


# --- it works ---------------------------------------------------------------


@pytest.fixture
def written(tmp_path):
    """A configuration of the embedded store, on other ports."""
    folder = tmp_path / "slotd"
    done_well(folder, url="http://127.0.0.1:8364")
    Ports(tmp_path).move_file(folder / "slotd.conf")
    return folder


@pytest.fixture
def bucket(tmp_path):
    """A configuration of a bucket, with all that is behind a #."""
    folder = tmp_path / "slotd"
    done_well(folder, SECRET.encode(), **BUCKET)
    (folder / "janitor.secret").write_text(SECRET)
    (folder / "janitor.secret").chmod(0o600)
    conf = folder / "slotd.conf"
    conf.write_text(Ports(tmp_path).move(with_all(conf.read_text())))
    return folder


@pytest.fixture
def slotd(written, request):
    text = (written / "slotd.conf").read_text()
    slotd = support.Slotd(written, text)
    port = re.search(r"^listen = .*port = (\d+);", text, re.M)[1]
    slotd.address = "127.0.0.1", int(port)
    request.addfinalizer(slotd.stop)
    assert "level=warn" not in slotd.lines[0]
    return slotd


def ask(slotd, jid="juliet@example.org"):
    body = support.slot_body(jid=jid, size=5)
    secret = (slotd.path.parent / "prosody.secret").read_text().strip()
    return support.request(slotd.address, "POST", "/slot", body, {
        "Content-Type": "application/json",
        "Authorization": support.authorization(body=body, secret=secret)})


def slot_of(folder):
    done = support.run("slot", "-c", folder / "slotd.conf", "--jid",
                       "juliet@example.org", "--size", "5", "a.txt")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_slot_and_an_upload(slotd):
    """By the embedded store, and for users of the domain alone."""
    support.assert_problem(ask(slotd, "juliet@example.net"), "forbidden")
    reply = ask(slotd)
    assert reply.status == 200, reply
    slot = json.loads(reply.body)
    assert support.fetch("PUT", slot["put"], b"hello").status == 201
    assert support.fetch("GET", slot["get"]).body == b"hello"


def test_a_reload_takes_the_next_steps(written, slotd):
    """From http to https, and to files that end: nothing is wrong, and nothing
    waits for a restart."""
    text = (written / "slotd.conf").read_text()
    said = reloading.reload(
        slotd, with_url(text, "https://upload.example.org"))
    assert not [line for line in said if "level=info" not in line]
    slot = json.loads(ask(slotd).body)
    assert slot["put"].startswith("https://upload.example.org/u/")
    assert slot["get"].startswith("https://upload.example.org/f/")
    said = reloading.reload(slotd, text.replace("#\tkeep", "\tkeep"))
    assert not [line for line in said if "level=info" not in line]
    assert "file_expires" in json.loads(ask(slotd).body)


def test_a_slot_of_a_bucket(tmp_path):
    """No setting is missing for it to work; the bucket stays private."""
    done_well(tmp_path, SECRET.encode(), **BUCKET)
    slot = slot_of(tmp_path)
    assert slot["put"].startswith(BUCKET["bucket_url"] + "/")
    assert f"X-Amz-Credential={support.ACCESS_KEY}%2F" in slot["put"]
    assert slot["get"].startswith("https://upload.example.org/f/")


def test_relay_and_an_end_can_be_had(bucket):
    slot = slot_of(bucket)
    assert slot["put"].startswith("https://upload.example.org/u/")
    assert "file_expires" in slot


def test_a_key_that_deletes_can_be_had(bucket):
    """Beside the key that signs slots."""
    (bucket / "janitor.secret").unlink()
    done = support.run("check", "-c", bucket / "slotd.conf")
    assert done.returncode == 0
    assert b"janitor.access_key_secret_file: warning: cannot read" in (
        done.stderr)
    done = support.run("sweep", "-c", bucket / "slotd.conf", "--dry-run")
    assert done.returncode == 1 and b"janitor.secret" in done.stderr


def test_a_user_has_a_quota(written):
    """Nobody fills the disk of somebody who did nothing else."""
    text = (written / "slotd.conf").read_text()
    assert re.search(r'^\tbytes_per_day = "2 GiB";', text, re.M)
    assert re.search(r"^\tslots_per_minute = 60;", text, re.M)
    assert re.search(r"^#?quota = \{ state_file = ", text, re.M)


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
