"""What EXAMPLES of slotd(8) shows, typed as it stands there."""

import os
import re
import subprocess

import pytest

import support

MIB = 1 << 20


@pytest.fixture
def shell(start, tmp_path):
    """Runs a text where `slotd` finds the configuration of a service, and
    curl its port."""
    slotd = start(support.fs_config(
        tmp_path / "store",
        policy={"bytes_per_day": MIB, "slots_per_minute": 100}))
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin/slotd"
    wrapper.write_text(
        f'#!/bin/sh\ncommand=$1; shift\n'
        f'exec {os.path.abspath(support.SLOTD)} "$command" -c {slotd.path} '
        f'"$@"\n')
    wrapper.chmod(0o755)

    def run(text):
        text = text.replace("127.0.0.1:8363", "{}:{}".format(*slotd.address))
        return subprocess.run(
            ["sh", "-euc", text], cwd=tmp_path, capture_output=True, text=True,
            timeout=support.PATIENCE, env={
                **os.environ, "no_proxy": "*",
                "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})
    return run


def examples():
    """The blocks and lines that are typed, in their order."""
    text = (support.ROOT / "doc/slotd.8").read_text()
    text = text.partition(".Sh EXAMPLES\n")[2].partition(".Sh ")[0]
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed|^\.Dl ([^\n]*\n)", text,
                       re.M | re.S)
    return [(block or line).replace("\\e", "\\") for block, line in found]


def test_examples(shell, tmp_path):
    check, slot, explain, complaint, account = examples()
    done = shell(check)
    assert done.returncode == 0, done
    assert ": ok\n" in done.stdout and " 0 failures" in done.stdout
    (tmp_path / "cat.jpg").write_bytes(b"c" * 1234)
    done = shell(slot + 'printf %s "$slot"')
    assert done.returncode == 0, done
    link = re.search('"get": *"([^"]*)"', done.stdout)[1]
    assert (tmp_path / "answer").read_text() == ""  # 201
    (tmp_path / "answer").write_text(
        "<Error><Code>SignatureDoesNotMatch</Code></Error>")
    done = shell(explain)
    assert done.stdout.startswith(
        "The configuration has no storage of type s3. If slotd itself")
    done = shell(f"link='{link}'\n" + complaint)
    assert done.returncode == 0, done
    owner, removed = done.stdout.splitlines()
    assert owner == "juliet@example.org" and removed == f"removed {link}"
    done = shell(account)
    assert done.returncode == 0, done
    assert "bytes in the last day: 1.2 KiB of 1.0 MiB" in done.stdout
    assert "bytes in the last day: 0 bytes of 1.0 MiB" in done.stdout
