"""slotd doctor on the embedded store; stores of S3 are in tests/s3."""

import http.server
import json
import os
import threading
import time

import pytest

import support
from front import Front


def doctor(path, *args):
    env = {name: value for name, value in os.environ.items()
           if not name.lower().endswith("_proxy")}
    done = support.run("doctor", "-c", path, *args, env=env)
    assert done.stderr == b"", done
    return done.returncode, done.stdout.decode()


def checks(path):
    code, text = doctor(path, "--json")
    [storage] = json.loads(text)
    return code, {c["check"]: c for c in storage["checks"]}


def test_well(fs):
    code, found = checks(fs.path)
    assert code == 0
    assert list(found) == ["folder", "room", "public_url", "clients"]
    for name in ("folder", "room", "public_url"):
        assert found[name]["verdict"] == "ok", found
    # The tests' public_url is a plain one.
    assert found["clients"]["verdict"] == "warning"
    assert found["clients"]["change"].startswith(
        "Put a TLS proxy in front of slotd")
    code, text = doctor(fs.path)
    assert code == 0 and text.endswith("3 ok, 1 warning, 0 failures\n")


def test_keep(tmp_path, start):
    """A row more where files end."""
    slotd = start(support.fs_config(tmp_path / "store", policy={
        "keep": "30 days", "purposes": [{"name": "profile", "keep": 0}]}))
    code, found = checks(slotd.path)
    assert code == 0
    assert list(found) == ["folder", "room", "public_url", "clients", "keep"]
    assert found["keep"] == {
        "check": "keep", "verdict": "ok", "change": "",
        "seen": "files are kept: message 30 days, profile for ever"}


# As in deploy/nginx/slotd.conf; then what goes wrong there.
ONLY = "~ ^/(u|f)/"


@pytest.mark.parametrize("location, path, verdict, seen", [
    (ONLY, "", "ok", "with /u/ and /f/"),
    ("/f/", "", "failure", "/u/slotd-doctor: this is not slotd's answer"),
    ("/u/", "", "failure", "/f/slotd-doctor: this is not slotd's answer"),
    ("/healthz", "", "failure", "404"),
    # It takes away what comes before.
    ("/", "/below/", "failure", "not slotd's answer"),
])
def test_behind_a_proxy(tmp_path, start, location, path, verdict, seen):
    behind = support.free_port()
    with Front(tmp_path, behind, location=location, path=path) as front:
        slotd = start(support.fs_config(
            tmp_path / "store", public_url=front.url,
            listen={"port": behind}))
        code, found = checks(slotd.path)
        assert found["public_url"]["verdict"] == verdict, found
        assert seen in found["public_url"]["seen"]
        assert code == (verdict == "failure")
        if code:
            assert "must pass /u/ and /f/" in found["public_url"]["change"]


# One byte over a MiB, which nginx allows by default.
POLICY = {"max_size": 1, "purposes": [
    {"name": "profile", "max_size": (1 << 20) + 1}]}


@pytest.mark.parametrize("buffering", ["on", "off"])
@pytest.mark.parametrize("limit, policy, lets", [
    ("1m", {"max_size": "1 MiB"}, True), ("1m", POLICY, False),
    ("2m", POLICY, True), ("1g", {}, True), ("1023m", {}, False)])
def test_a_proxy_with_a_limit(tmp_path, start, limit, policy, lets, buffering):
    """It refuses large files before slotd hears of them."""
    behind = support.free_port()
    with Front(tmp_path, behind, location=ONLY, limit=limit,
               buffering=buffering) as front:
        slotd = start(support.fs_config(
            tmp_path / "store", public_url=front.url,
            listen={"port": behind}, policy=policy))
        code, found = checks(slotd.path)
    public = found["public_url"]
    assert code == (not lets)
    if lets:
        assert (public["verdict"], public["change"]) == ("ok", "")
        return
    size, value = ((1 << 30, "1024m") if not policy
                   else ((1 << 20) + 1, "2m"))
    assert public["verdict"] == "failure"
    assert public["seen"] == (
        f"{front.url}/u/slotd-doctor: the proxy refuses a PUT of {size} "
        "bytes, which max_size allows: 413")
    assert f"client_max_body_size {value};" in public["change"]


def test_behind_a_proxy_alone(tmp_path):
    """slotd is not started yet, or the proxy has another port."""
    nobody = support.free_port()
    with Front(tmp_path, nobody, location=ONLY) as front:
        code, found = checks(support.write_config(tmp_path, support.fs_config(
            tmp_path / "store", public_url=front.url,
            listen={"port": nobody})))
    assert (code, found["public_url"]["verdict"]) == (1, "failure")
    assert found["public_url"]["seen"].endswith(
        "this is not slotd's answer: 502")
    change = found["public_url"]["change"]
    assert change.startswith(
        "The proxy does not reach slotd. Start the service first.")
    assert "base_path" not in change


@pytest.mark.parametrize("body, seen, change", [
    (b"<html>503 Service Unavailable</html>",
     "this is not slotd's answer: 503", "The proxy does not reach"),
    (b'{"code":"unavailable"}',
     "slotd cannot serve this now: 503 unavailable", "See the service's log")])
def test_unavailable(tmp_path, body, seen, change):
    """A proxy's own answer, as HAProxy's and Apache's; and slotd's."""
    class Busy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(503)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Busy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        _, found = checks(support.write_config(tmp_path, support.fs_config(
            tmp_path / "store",
            public_url=f"http://127.0.0.1:{proxy.server_port}")))
        proxy.shutdown()
    assert found["public_url"]["seen"].endswith(f"/f/slotd-doctor: {seen}")
    assert found["public_url"]["change"].startswith(change)


@pytest.mark.parametrize("keyed", [False, True])
def test_another_slotd(tmp_path, start, keyed):
    """It answers at public_url, with a store of its own."""
    here = start(support.fs_config(tmp_path / "here"))
    there = start(support.fs_config(tmp_path / "there"))
    over = {}
    if keyed:
        over["key_file"] = str(support.write_key(tmp_path))
    url = f"http://127.0.0.1:{there.config['listen']['port']}"
    code, found = checks(support.write_config(tmp_path, {
        **here.config, "public_url": url, **over}))
    assert code == 1
    assert found["public_url"]["verdict"] == "failure"
    assert "another slotd answers" in found["public_url"]["seen"]
    assert "systemctl reload slotd" in found["public_url"]["change"]


def test_prometheus(fs):
    """The same results as samples; each check has one that is 1."""
    now = int(time.time())
    code, text = doctor(fs.path, "--prometheus")
    assert code == 0
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines()
                   if not line.startswith("#"))
    last = int(samples.pop("slotd_doctor_last_run_timestamp_seconds"))
    assert now <= last <= now + support.PATIENCE
    wanted = {"folder": "ok", "room": "ok", "public_url": "ok",
              "clients": "warning"}
    assert samples == {
        f'slotd_doctor_check_status{{storage="default",check="{check}",'
        f'status="{status}"}}': str(int(status == result))
        for check, result in wanted.items()
        for status in ("ok", "warning", "failure", "skipped")}
    done = support.run("doctor", "-c", fs.path, "--prometheus", "--json")
    assert done.returncode == 2 and not done.stdout


def test_nobody_answers(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    config = support.fs_config(folder)
    path = support.write_config(tmp_path, config)
    code, found = checks(path)
    assert code == 1
    assert found["public_url"]["verdict"] == "failure"
    assert "Start the service first" in found["public_url"]["change"]
    assert found["folder"]["verdict"] == "ok"
    # It makes nothing.
    assert list(folder.iterdir()) == []


def test_no_room(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    config = support.fs_config(folder, storage={"min_free": "99 %"})
    code, found = checks(support.write_config(tmp_path, config))
    assert code == 1
    assert found["room"]["verdict"] == "failure"
    assert "min_free" in found["room"]["change"]


def test_no_folder(tmp_path):
    folder = tmp_path / "store"
    config = support.fs_config(folder)
    path = support.write_config(tmp_path, config)
    code, found = checks(path)
    assert found["folder"]["verdict"] == "warning"
    assert "No such file" in found["folder"]["seen"]
    assert not folder.exists()


def test_wrong_use(tmp_path, fs):
    for args in (["doctor", "-c", fs.path, "--now", "x"],
                 ["doctor", "-c", fs.path, "more"],
                 ["explain", "-c", fs.path, "--now", "-1"],
                 ["explain", "-c", fs.path, "a", "b"]):
        done = support.run(*args)
        assert (done.returncode, done.stdout) == (2, b""), done
    done = support.run("doctor", "-c", fs.path, "--storage", "nope")
    assert done.returncode == 1 and b"no storage of this name" in done.stderr
    done = support.run("explain", "-c", fs.path, "-", stdin=b"x")
    assert (done.returncode, done.stdout) == (
        1, b"The configuration has no storage of type s3. If slotd itself "
           b"refused a request, its\nlog says why: journalctl -u slotd\n")
