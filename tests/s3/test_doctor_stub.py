"""slotd doctor in front of stores that are none, and on a terminal."""

import json
import re
import signal
import subprocess

import pytest

import support
import terminal
from doctor_report import KEY, digits, doctor, environment
from doctor_stub import Stub


def stub_config(store):
    return support.s3_config(storage={"bucket_url": store.url})


def test_size_is_not_enforced(tmp_path):
    with Stub() as store:
        report = doctor(tmp_path, stub_config(store))
        report.says("size", "failure", "88 bytes for a slot of 44",
                    "does not enforce the size")
        report.says("signature", "failure", "forged signature")
        report.says("get", "ok")
        assert store.objects == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tmp_path, number):
    """In the middle of its upload: what may be there is taken away."""
    with Stub(hold=True) as store:
        path = support.write_config(tmp_path, stub_config(store))
        process = subprocess.Popen(
            [support.SLOTD, "doctor", "-c", path], env=environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert store.came.wait(support.PATIENCE)
        process.send_signal(number)
        _, said = process.communicate(timeout=support.PATIENCE)
        assert process.returncode == 1
        assert b"interrupted" in said
        assert store.requests[-1] == ("DELETE", "/stub-bucket/" + KEY)
        assert store.objects == {}


def on_a_terminal(path, columns=80, **more):
    """All that it writes to one."""
    return terminal.run("doctor", "-c", path, columns=columns,
                        env=environment(**more))[1]


def test_terminal(tmp_path):
    with Stub() as store:
        path = support.write_config(tmp_path, stub_config(store))
        text = on_a_terminal(path)
        assert "\033[32mok" in text and "\033[1;31mFAILURE" in text
        assert "...      put" in text
        bare = on_a_terminal(path, NO_COLOR="1")
        assert "m" not in re.findall(r"\033\[[0-9;]*(\w)", bare)
        piped = support.run("doctor", "-c", path, env=environment()).stdout
        assert b"\033" not in piped and b"\r" not in piped


@pytest.mark.parametrize("columns", [80, 132])
def test_lines_fit_the_terminal(tmp_path, columns):
    with Stub() as store:
        path = support.write_config(tmp_path, stub_config(store))
        lines = terminal.plain(on_a_terminal(path, columns))
        # What is to be pasted is never broken.
        command = ("            aws s3api put-bucket-cors --bucket stub-bucket "
                   "--cors-configuration file://cors.json --endpoint-url "
                   + store.url.rpartition("/")[0])
        assert command in lines
        long = [line for line in lines if len(line) > columns]
        assert all(re.match(r" {9}[ {]", line) for line in long), long
        # Nothing is lost by it: a pipe has the same words, unbroken.
        piped = support.run("doctor", "-c", path, env=environment()).stdout
        assert (digits("\n".join(lines)).split()
                == digits(piped.decode()).split())
        # One line where it fits, else two.
        part = "May everybody write (bucket policy, ACL public-read-write)?"
        assert (f"{'':9}checks no signatures? {part}" in lines) == (columns == 132)


def test_a_proxy_is_named(tmp_path):
    """curl obeys it, so what is seen is seen through it."""
    with Stub() as store:
        path = support.write_config(tmp_path, stub_config(store))
        env = {**environment(), "no_proxy": "",
               "http_proxy": f"http://127.0.0.1:{support.free_port()}"}
        done = support.run("doctor", "-c", path, env=env)
        assert b"(the environment sets http_proxy;" in done.stdout
        assert b"not tried (clock, put, " in done.stdout
        assert done.returncode == 1 and store.requests == []


def test_storages(tmp_path):
    with Stub() as store:
        config = stub_config(store)
        path = support.write_config(tmp_path, config)
        done = support.run("doctor", "-c", path, "--storage", "nope")
        assert done.returncode == 1 and b"no storage" in done.stderr
        done = support.run("doctor", "-c", path, "--storage", "default",
                           env=environment())
        assert done.stdout.startswith(b'storage "default"\n')


@pytest.mark.parametrize("names", [["default", "lacks"], ["lacks"]])
def test_a_store_without_credentials(tmp_path, names):
    """The others are examined; of that one, what needs no signature."""
    with Stub() as store:
        config = support.s3_config(storage={"bucket_url": store.url})
        lacks = {**config["storage"], "name": "lacks",
                 "credentials": "file"}
        del lacks["access_key_id"], lacks["access_key_secret"]
        config["storages"] = [lacks]
        if "default" not in names:
            del config["storage"]
        path = support.write_config(tmp_path, config)
        done = support.run(
            "doctor", "-c", path, "--json", env=environment(
                AWS_SHARED_CREDENTIALS_FILE="/nonexistent"))
        assert done.returncode == 1
        assert b"storage lacks: credentials: " in done.stderr
        found = {one["storage"]: {c["check"]: c for c in one["checks"]}
                 for one in json.loads(done.stdout)}
        assert list(found) == names
        checks = found["lacks"]
        assert checks["credentials"]["verdict"] == "failure"
        assert "/nonexistent" in checks["credentials"]["seen"]
        for name in ("put", "get", "cors-put", "cors-get", "key"):
            assert checks[name]["verdict"] == "skipped"
        assert checks["connection"]["verdict"] == "ok"
        assert checks["stranger-put"]["verdict"] == "failure"
        if "default" in names:
            assert "credentials" not in found["default"]
            assert found["default"]["put"]["verdict"] == "ok"
