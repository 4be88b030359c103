"""Runs slotd doctor, and reads what it says."""

import json
import os
import re

import support

KEY = "slotd-doctor/probe.txt"
ALL = ["name", "connection", "clock", "put", "size", "signature", "get",
       "head", "download_url", "list", "stranger-put", "stranger-delete",
       "cors-put", "cors-get", "clients", "lifecycle", "key", "tidy"]


def names(config):
    """The checks of this configuration, in their order."""
    storage = config["storage"]
    redirect = storage.get("get") == "redirect"
    more = {"public_url": redirect or storage.get("relay") or (
                "public_url" in config and any(
                    "base" in caller for caller in config["callers"])),
            "redirect": redirect}
    at = ALL.index("list")
    found = ALL[:at] + [name for name in more if more[name]] + ALL[at:]
    if storage.get("relay") or any(
            "base" in caller for caller in config["callers"]):
        found.insert(found.index("get"), "relay")
    # Where files end, or a key is set that removes them.
    keep = "keep" in config.get("policy", {})
    more = {"keep": keep, "janitor": keep or "janitor" in storage}
    at = found.index("tidy")
    return found[:at] + [name for name in more if more[name]] + found[at:]


def environment(**more):
    clean = {name: value for name, value in os.environ.items()
             if not name.lower().endswith("_proxy") and name != "NO_COLOR"}
    return {**clean, "no_proxy": "*", **more}


def digits(text):
    return re.sub(r"\d+", "N", text)


class Report:
    """What --json says; the text for people must say the same."""

    def __init__(self, done, text, config):
        assert done.returncode == text.returncode, (done, text)
        for out in (done.stdout, done.stderr, text.stdout, text.stderr):
            secret = config["storage"]["access_key_secret"]
            assert secret.encode() not in out
        self.exit = done.returncode
        [storage] = json.loads(done.stdout)
        self.text = text.stdout.decode()
        self.checks = {c["check"]: c for c in storage["checks"]}
        assert list(self.checks) == names(config)
        failures = self.of("failure")
        assert storage["failures"] == len(failures)
        assert self.exit == (1 if failures else 0)
        for check in self.checks.values():
            assert check["change"] or check["verdict"] != "failure", check
            line = re.search(
                rf"^(\w+) +{check['check']}  ", self.text, re.M)
            if check["verdict"] == "skipped":
                assert not line
            else:
                assert line[1].lower() == check["verdict"]
                # In two runs, only the clock may differ, by a second, and
                # how long libcurl waited: "after 0 ms".
                differs = check["check"] == "clock" or re.search(
                    r"after \d+ ms", check["seen"])
                same = digits if differs else str
                assert check["seen"]
                assert same(check["seen"]) in same(self.text), (
                    check, self.text)

    def of(self, verdict):
        return {n for n, c in self.checks.items() if c["verdict"] == verdict}

    def says(self, check, verdict, *texts):
        found = self.checks[check]
        assert found["verdict"] == verdict, found
        for text in texts:
            assert text in found["seen"] + "\n" + found["change"], found


def doctor(folder, config, *args, env=None):
    path = support.write_config(folder, config)
    env = env or environment()
    runs = [support.run("doctor", "-c", path, *args, *more, env=env)
            for more in (["--json"], [])]
    return Report(*runs, config)
