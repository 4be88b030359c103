"""The commands beside serve."""

import json
import re
import socket
import subprocess

import pytest

import support
import terminal

BUCKET = "https://bucket.s3.example.org"
COMMANDS = ["serve", "check", "slot", "sign", "user", "health"]


@pytest.fixture
def conf(tmp_path):
    key = tmp_path / "slotd.key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    return support.write_config(tmp_path, support.s3_config(
        key_file=str(key), policy={"max_size": 1000}))


def test_help_and_version():
    done = support.run("--help")
    assert (done.returncode, done.stderr) == (0, b"")
    for command in COMMANDS:
        assert re.search(rb"\b" + command.encode() + rb"\b", done.stdout)
        own = support.run(command, "--help")
        assert (own.returncode, own.stderr) == (0, b"")
        assert command.encode() in own.stdout
        assert support.run("help", command).stdout == own.stdout
        assert (b"SIGHUP" in own.stdout) == (command == "serve")
    done = support.run("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(rb"slotd [0-9]+\.[0-9]+\S*\n", done.stdout)


@pytest.mark.parametrize("args", [
    [], ["bogus"], ["--bogus"], ["help", "bogus"], ["serve"], ["serve", "-c"], ["check"],
    ["check", "--bogus"], ["slot"], ["sign"], ["user"], ["health"],
    ["serve", "-x", "y"], ["check", "-c", "/nonexistent/slotd.conf"],
    ["serve", "-c", "/nonexistent/slotd.conf"],
    ["health", "-c", "/nonexistent/slotd.conf"],
])
def test_wrong_usage(args):
    done = support.run(*args)
    assert done.returncode in (1, 2), done
    assert done.stdout == b""
    assert done.stderr.strip()


def test_check_ok(conf):
    done = support.run("check", "-c", conf)
    assert done.returncode == 0, done
    assert done.stdout == f"{conf}: ok\n".encode()
    assert done.stderr == b""


def slot(conf, *args):
    done = support.run("slot", "-c", conf, *args)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_slot(conf):
    answer = slot(conf, "--jid", "juliet@example.org", "--size", 10,
                  "--type", "image/png", "très cool.jpg")
    assert set(answer) == {"get", "put", "headers", "expires"}
    assert answer["get"].endswith("/tr%C3%A8s%20cool.jpg")
    assert answer["put"].startswith(answer["get"] + "?X-Amz-")


@pytest.mark.parametrize("args, says", [
    (["--jid", "a b@example.org", "--size", "1", "x"], "jid"),
    (["--jid", "a@example.org", "--size", "1001", "x"], "1000"),
    (["--jid", "a@example.org", "--size", "-1", "x"], "size"),
    (["--jid", "a@example.org", "--size", "1x", "x"], "size"),
    (["--jid", "a@example.org", "--size", "", "x"], "size"),
    (["--jid", "a@example.org", "--size", "1" * 30, "x"], ""),
    (["--jid", "a@example.org", "--size", "1"], ""),
    (["--size", "1", "x"], "jid"),
    (["--jid", "a@example.org", "x"], "size"),
])
def test_slot_refuses(conf, args, says):
    done = support.run("slot", "-c", conf, *args)
    assert done.returncode in (1, 2), done
    assert done.stdout == b""
    assert says in done.stderr.decode()


def test_slot_by_the_embedded_store(fs):
    """Made by the command, taken by the server: they share the key."""
    answer = slot(fs.path, "--jid", "a@example.org", "--size", 3, "a.txt")
    assert support.fetch("PUT", answer["put"], b"abc").status == 201
    assert support.fetch("GET", answer["get"]).body == b"abc"


def curl(*args):
    done = subprocess.run(
        ["curl", "-sS", "-m", str(support.PATIENCE), "-w", "\n%{http_code}",
         *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def test_sign(fs, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(support.slot_body(filename="signed.txt"))
    url = fs.config["public_url"]
    form = (r"Authorization: Slot-HMAC-SHA256 id=prosody, ts=[0-9]{10}, "
            r"nonce=[A-Za-z0-9_-]{8,64}, sig=[0-9a-f]{64}\n")
    for source, stdin in ((body, b""), ("-", body.read_bytes())):
        done = support.run("sign", "-c", fs.path, "--caller", "prosody",
                           "--body", source, stdin=stdin)
        assert done.returncode == 0, done
        line = done.stdout.decode()
        assert re.fullmatch(form, line), line
        status, answer = curl(
            url + "/slot", "-H", line.strip(), "--data-binary", f"@{body}",
            "-H", "Content-Type: application/json")
        assert status == 200, answer
        assert answer["get"].endswith("/signed.txt")
    target = "/limits?domain=example.org"
    done = support.run("sign", "-c", fs.path, "--caller", "prosody",
                       "--method", "GET", "--target", target)
    status, answer = curl(url + target, "-H", done.stdout.decode().strip())
    assert (status, answer["max_size"]) == (200, 2**30)


@pytest.mark.parametrize("args", [
    ["--caller", "nobody"], ["--caller", "prosody", "--body", "/nonexistent"],
    ["--caller", ""], []])
def test_sign_refuses(conf, args):
    done = support.run("sign", "-c", conf, *args)
    assert done.returncode in (1, 2), done
    assert done.stdout == b"" and done.stderr.strip()
    assert support.SECRET.encode() not in done.stderr


def test_sign_with_base_path(start, tmp_path):
    """The header is right for what the client asks its proxy for."""
    slotd = start(support.s3_config(listen={"base_path": "/up"}))
    body = tmp_path / "body"
    body.write_bytes(support.slot_body())
    done = support.run("sign", "-c", slotd.path, "--caller", "prosody",
                       "--body", body)
    status, _ = curl(
        f"http://127.0.0.1:{slotd.address[1]}/slot", "-H",
        done.stdout.decode().strip(), "--data-binary", f"@{body}",
        "-H", "Content-Type: application/json")
    assert status == 200


USER = "{user}/{random}/{filename}"


def test_user(tmp_path, conf):
    text = conf.read_text().replace(
        'type = "s3";', 'type = "s3"; key = "' + USER + '";')
    conf.write_text(text)
    done = support.run("user", "-c", conf, "juliet@example.org/x",
                       "romeo@example.org")
    assert done.returncode == 0, done
    first, second = done.stdout.decode().splitlines()
    for jid, line in (("juliet@example.org", first),
                      ("romeo@example.org", second)):
        answer = slot(conf, "--jid", jid, "--size", 1, "x")
        user = support.key_of(answer["get"], BUCKET).split("/")[0]
        assert user in line
    done = support.run("user", "-c", conf, "not a jid")
    assert done.returncode in (1, 2) and done.stderr.strip()


@pytest.mark.parametrize("template", [None, USER, "{owner}/{random}"])
def test_whose_file(tmp_path, conf, template):
    if template:
        conf.write_text(conf.read_text().replace(
            'type = "s3";', f'type = "s3"; key = "{template}";'))
    jids = b"romeo@example.org\njuliet@example.org\nnurse@example.org\n"
    answer = slot(conf, "--jid", "juliet@example.org/balcony", "--size", 1,
                  "très.jpg")
    for url in (answer["get"], answer["put"]):
        done = support.run("user", "-c", conf, "--of", url, stdin=jids)
        assert done.returncode == 0, done
        assert b"juliet@example.org" in done.stdout
        assert b"romeo" not in done.stdout and b"nurse" not in done.stdout
    for url, who in ((answer["get"], b"romeo@example.org\n"),
                     (answer["get"], b""), ("https://other.example/x", jids),
                     (BUCKET + "/x/y/z", jids)):
        done = support.run("user", "-c", conf, "--of", url, stdin=who)
        assert done.returncode == 1, done
        assert done.stdout == b""


# Right-to-left override, a tag, a bell that a JID may not have.
HIDDEN = "ro\u202emeo\U000e0041@example.org"


def test_texts_that_hide(tmp_path, conf):
    """A terminal gets no control and nothing that turns a line around; a
    program gets what it gave."""
    answer = slot(conf, "--jid", HIDDEN, "--size", 1, "x")
    ask = "user", "-c", conf, "--of", answer["get"]
    done = support.run(*ask, stdin=HIDDEN.encode() + b"\n")
    assert done.stdout.decode() == HIDDEN + "\n"
    code, seen = terminal.run(*ask, stdin=HIDDEN.encode() + b"\n")
    assert (code, seen) == (0, "ro?meo?@example.org\n")
    for wrong in ("\x1b]0;x\x07@@\u202e", "\u2066@"):
        for done in (support.run("user", "-c", conf, wrong),
                     support.run("quota", "-c", conf, wrong)):
            assert done.returncode in (1, 2)
            said = done.stderr.decode()
            assert "?" in said and not re.search(
                "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", said), done
    path = tmp_path / "\u202egnp.conf"
    path.write_text("nonsense = 1;")
    done = support.run("check", "-c", path)
    assert done.stderr.decode().startswith(f"{tmp_path}/?gnp.conf:1: ")


def test_health(start):
    slotd = start(support.s3_config())
    done = support.run("health", "-c", slotd.path)
    assert done.returncode == 0, done
    slotd.stop()
    done = support.run("health", "-c", slotd.path)
    assert done.returncode == 1, done
    assert done.stderr.strip()


def test_health_of_who_does_not_answer(tmp_path):
    """Whoever checks a container's health does not wait for long."""
    config = support.s3_config()
    path = support.write_config(tmp_path, config)
    with socket.create_server(("127.0.0.1", config["listen"]["port"])):
        done = support.run("health", "-c", path)
    assert done.returncode == 1
    assert b"timed out after 5" in done.stderr, done
