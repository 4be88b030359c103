"""Debian's promtool, and what slotd really exports."""

import os
import re
import subprocess

import support
from scrape import scrape

DEPLOY = support.ROOT / "deploy"
# What does not come from slotd: Prometheus makes it.
OF_PROMETHEUS = {"up"}
NAME = re.compile(r"\b(?:slotd|process)_[a-z_]+|\bup\b")


def run(*args, stdin=""):
    return subprocess.run(
        ["promtool", *map(str, args)], input=stdin, capture_output=True,
        text=True, timeout=3 * support.PATIENCE, cwd=DEPLOY / "prometheus")


def clean(*args, stdin=""):
    """That it has nothing to say against it."""
    done = run(*args, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lint" not in done.stderr and "error" not in done.stderr, done
    return done.stdout


def no_proxy():
    return {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}


def doctor(slotd):
    """slotd doctor --prometheus on what runs there."""
    done = support.run(
        "doctor", "-c", slotd.path, "--prometheus", env=no_proxy())
    assert done.stderr == b"", done
    return done.stdout.decode()


def sweep(slotd):
    """slotd sweep --prometheus, likewise."""
    done = support.run(
        "sweep", "-c", slotd.path, "--prometheus", env=no_proxy())
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def names(*slotds):
    """Of all metrics there are."""
    text = "".join(scrape(slotd).text for slotd in slotds)
    text += doctor(slotds[0]) + sweep(slotds[0])
    found = OF_PROMETHEUS.copy()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M):
        found.add(name)
        if kind == "histogram":
            found |= {name + end for end in ("_bucket", "_sum", "_count")}
    return found


def base(name):
    """Of a histogram's series, the histogram."""
    return re.sub("_(bucket|sum|count)$", "", name)


def names_in(expression):
    return set(NAME.findall(re.sub(r'"[^"]*"', '""', expression)))


def rules(expressions):
    """A file of rules, for promtool to parse."""
    text = "groups:\n- name: x\n  rules:\n"
    for number, expression in enumerate(expressions):
        text += (f"  - record: r{number}\n    expr: |\n      "
                 + expression.replace("\n", " ") + "\n")
    return text
