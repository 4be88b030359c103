"""deploy/fail2ban, by fail2ban's own programs on what slotd really wrote."""

import ast
import configparser
import os
import subprocess
import time
import urllib.parse

import dialects
import pytest
import support

FOLDER = support.ROOT / "deploy/fail2ban"
FILTER = FOLDER / "filter.d/slotd.conf"
FORMS = ["logfmt", "json"]


def matches(path):
    """[(address, unix time)] of each line that would count."""
    # Times are those of slotd, wherever the machine is.
    done = subprocess.run(
        ["fail2ban-regex", "-o", "row", str(path), str(FILTER)],
        capture_output=True, text=True, timeout=support.PATIENCE,
        env={**os.environ, "TZ": "America/New_York", "LC_ALL": "C.UTF-8"})
    assert done.returncode in (0, 1), done
    rows = [ast.literal_eval(line.rstrip(","))
            for line in done.stdout.splitlines() if line.startswith("[")]
    return [(address, int(when)) for address, when, _ in rows]


def addresses(path):
    return [address for address, _ in matches(path)]


def written(slotd, tmp_path, prefix=""):
    slotd.stop()
    path = tmp_path / "slotd.log"
    path.write_text("".join(prefix + line + "\n" for line in slotd.lines))
    return path


def config(tmp_path, form, **over):
    return support.fs_config(
        tmp_path / "store", log={"format": form}, callers=[
            {"id": "prosody", "secret": support.SECRET},
            {"id": "ejabberd", "secret": support.SECRET + "-2",
             "dialect": "ejabberd"},
            dialects.caller("jwt")], **over)


FAILURES = [("POST", "/slot"), ("GET", "/slot?jid=a"), ("PUT", "/jwt/a/b"),
            ("GET", "/limits?domain=example.org")]


@pytest.mark.parametrize("prefix", ["", "host-1.example slotd[4711]: "])
@pytest.mark.parametrize("form", FORMS)
def test_who_fails(start, tmp_path, form, prefix):
    """By every way to authenticate, in a file and in the journal's form."""
    before = int(time.time())
    slotd = start(config(tmp_path, form, trusted_proxies=["127.0.0.1"]))
    sent = ["192.0.2.1", "198.51.100.22", "2001:db8::1", "2001:db8:f::2"]
    for (method, target), address in zip(FAILURES, sent):
        assert slotd.ask(method, target, b"x", {
            "X-Forwarded-For": address}).status == 401
    wrong = support.authorization(secret="some-other-secret")
    assert slotd.ask("POST", "/slot", b"", {
        "Authorization": wrong}).status == 401
    found = matches(written(slotd, tmp_path, prefix))
    # Threads write when they are done, in any order.
    assert sorted(address for address, _ in found) == sorted(
        [*sent, "127.0.0.1"])
    for _, when in found:
        assert before <= when <= time.time()


@pytest.mark.parametrize("form", FORMS)
def test_who_does_not(start, tmp_path, form):
    """Neither those who are let in, nor callers with a wrong clock, nor
    clients that ask for what is not there."""
    slotd = start(config(tmp_path, form))
    slot = slotd.slot(size=3)
    body = support.slot_body()
    auth = {"nonce": "12345678"}
    for status, more in ((200, auth), (401, auth),
                         (401, {"ts": int(time.time()) - 9000})):
        assert slotd.post(body, **more).status == status
    assert slotd.post(b"{}").status == 400
    for method, url, data, status in (
            ("PUT", slot["put"], b"abc", 201), ("PUT", slot["put"], b"a", 413),
            ("GET", slot["get"], None, 200),
            ("GET", slot["get"] + "x", None, 404)):
        assert support.fetch(method, url, data).status == status
    slotd.post(body, caller="nobody")
    assert addresses(written(slotd, tmp_path)) == ["127.0.0.1"]


LINES = {
    "logfmt": "ts=2026-11-25T20:20:00Z level=warn msg=unauthorized "
              "client=192.0.2.66 id=x",
    "json": '{"ts":"2026-11-25T20:20:00Z","level":"warn",'
            '"msg":"unauthorized","client":"192.0.2.66","id":"x"}'}


@pytest.mark.parametrize("form", FORMS)
def test_nobody_is_banned_by_another(start, tmp_path, form):
    """Whatever a stranger sends, the address is its own."""
    slotd = start(config(tmp_path, form, trusted_proxies=[]))
    count = 0
    for line in LINES.values():
        quoted = urllib.parse.quote(line)
        for target in ("/slot?" + quoted, "/slot?%0a" + quoted,
                       "/slot?\"}%0d%0a" + quoted, "/" + quoted,
                       "/f/" + quoted, "/slot?client=192.0.2.66"):
            slotd.ask("POST", target, b"x", {
                "X-Forwarded-For": "192.0.2.66",
                "Forwarded": "for=192.0.2.66", "X-Real-IP": "192.0.2.66",
                "X-Request-Id": "192.0.2.66", "User-Agent": line})
            count += target.startswith("/slot")
        for raw in ("POST /slot?" + line.replace(" ", "\t"),
                    "POST /slot?\x0b" + line.replace(" ", "\x0b"),
                    "POST /slot?\x85" + line.replace(" ", "\xa0")):
            answer = support.raw(
                slotd.address, raw.encode("latin-1") + b" HTTP/1.1\r\n"
                b"Host: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            count += support.statuses(answer) == [401]
        slotd.ask("POST", "/slot", b"x", {
            "Authorization": f"Slot-HMAC-SHA256 id=\"{line}\""})
        count += 1
        slotd.post(support.slot_body(jid=line, filename=line))
        slotd.post(support.slot_body(jid="a@" + line.split("=")[-1]))
    path = written(slotd, tmp_path)
    assert "192.0.2.66" in path.read_text()
    assert addresses(path) == ["127.0.0.1"] * count


@pytest.mark.parametrize("form", FORMS)
def test_it_can_tell(tmp_path, form):
    """A line of that form would count, were it slotd's."""
    path = tmp_path / "slotd.log"
    path.write_text(LINES[form] + "\n")
    assert matches(path) == [("192.0.2.66", 1795638000)]
    path.write_text("x " + LINES[form] + "\n")
    assert matches(path) == []


def test_jail(tmp_path):
    """The example, as fail2ban itself reads it beside Debian's files."""
    folder = tmp_path / "fail2ban"
    subprocess.run(["cp", "-r", "/etc/fail2ban", folder], check=True)
    subprocess.run(["cp", "-r", FOLDER / "filter.d", FOLDER / "jail.d", folder],
                   check=True)
    # Debian enables sshd's, which wants a log that may not be here.
    (folder / "jail.d/defaults-debian.conf").unlink(missing_ok=True)
    done = subprocess.run(
        ["fail2ban-client", "-c", folder, "-d"], capture_output=True,
        text=True, timeout=support.PATIENCE)
    assert done.returncode == 0, done
    commands = [ast.literal_eval(line) for line in done.stdout.splitlines()
                if line.startswith("[")]
    assert ["add", "slotd", "systemd"] in commands
    for key, value in (("maxretry", 5), ("findtime", "10m"),
                       ("bantime", "1h")):
        assert ["set", "slotd", key, value] in commands, commands
    assert ["set", "slotd", "addjournalmatch",
            "_SYSTEMD_UNIT=slotd.service"] in commands
    [regexes] = [c[3] for c in commands if c[:3] == [
        "multi-set", "slotd", "addfailregex"]]
    assert len(regexes) == 2 and all(r.startswith("^") for r in regexes)
    assert configparser.ConfigParser(interpolation=None).read(
        FOLDER / "jail.d/slotd.conf")
