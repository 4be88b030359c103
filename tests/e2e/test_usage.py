"""The command line: what is wrong with it, a configuration that is not
named, output that nobody gets."""

import json
import os
import subprocess

import pytest

import support

COMMANDS = ["serve", "check", "doctor", "explain", "slot", "sign", "user",
            "quota", "health"]
SLOT = ["--jid", "a@example.org", "--size", "1", "x"]
JULIET = "juliet@example.org"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--nope", "--nope=1", "-x", "-xy"])
def test_unknown_options(command, option):
    done = support.run(command, option)
    shown = option[:2] if option[1] == "x" else option
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.decode() == (
        f"slotd {command}: unknown option {shown}; "
        f"see slotd {command} --help\n")


@pytest.mark.parametrize("args, says", [
    (["--nope"], "unknown option --nope; options stand behind the command"),
    (["-c", "x", "check"], "unknown option -c; options stand behind the "
                           "command"),
    (["nope"], "unknown command nope"),
    ([], "a command is missing"),
])
def test_before_the_command(args, says):
    done = support.run(*args)
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.decode() == f"slotd: {says}; see slotd --help\n"


@pytest.mark.parametrize("args, says", [
    *((command + " " + option, option + " needs a value")
      for command, option in (
          ("check", "-c"), ("check", "--config"), ("slot", "--jid"),
          ("sign", "--caller"), ("user", "--of"), ("doctor", "--now"))),
    *((f"{command} nope", "unexpected argument nope")
      for command in ("serve", "check", "doctor", "health",
                      "sign --caller a")),
    ("explain a nope", "unexpected argument nope"),
    ("quota a nope", "unexpected argument nope"),
    ("slot --jid a --size 1 b nope c", "unexpected argument nope"),
    ("slot", "--jid is missing"),
    ("slot --jid a", "--size is missing"),
    ("slot --jid a --size 1", "the file's name is missing"),
    ("sign", "--caller is missing"),
    ("quota", "the JID is missing"),
    ("user", "a JID, or --of LINK, is missing"),
    ("doctor --json --prometheus",
     "--json and --prometheus exclude each other"),
])
def test_wrong_use(args, says):
    command, *rest = args.split(" ")
    done = support.run(command, *rest)
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.decode() == (
        f"slotd {command}: {says}; see slotd {command} --help\n")


# --- /etc/slotd/slotd.conf ------------------------------------------------


@pytest.fixture
def conf(tmp_path):
    key = tmp_path / "slotd.key"
    key.write_text("k" * 40 + "\n")
    key.chmod(0o600)
    return support.write_config(tmp_path, support.s3_config(
        key_file=str(key)))


ASIDE = """mount -t tmpfs tmpfs /etc && mkdir /etc/slotd || exit 99
conf=$1; shift
[ -z "$conf" ] || cp "$conf" /etc/slotd/slotd.conf || exit 99
exec "$@"
"""


def run_with(conf, *args):
    """One run where this is /etc/slotd/slotd.conf; "": nothing is."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", ASIDE, "sh", str(conf),
         os.path.abspath(support.SLOTD), *args],
        input=b"", capture_output=True, timeout=support.PATIENCE)
    if done.returncode == 99 or b"unshare failed" in done.stderr:
        pytest.skip("a file system of its own needs the right to mount")
    return done


def test_the_configuration_of_the_machine(conf):
    done = run_with(conf, "check")
    assert (done.returncode, done.stdout) == (
        0, b"/etc/slotd/slotd.conf: ok\n"), done
    done = run_with(conf, "slot", *SLOT)
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["put"].startswith("https://bucket.s3.")
    done = run_with(conf, "sign", "--caller", "prosody")
    assert done.stdout.startswith(b"Authorization: Slot-HMAC-SHA256 id=pros")
    done = run_with(conf, "user", JULIET)
    assert (done.returncode, len(done.stdout)) == (0, 23), done
    for command in (["health"], ["quota", JULIET]):
        done = run_with(conf, *command)
        assert done.returncode == 1 and b"127.0.0.1" in done.stderr, done
    # What -c names counts, and nothing else.
    done = run_with(conf, "check", "-c", "/nonexistent/slotd.conf")
    assert done.returncode == 1
    assert done.stderr.startswith(b"/nonexistent/slotd.conf:1: "), done


def test_no_configuration_at_all():
    for command in (["serve"], ["check"], ["doctor"], ["health"],
                    ["explain"], ["slot", *SLOT], ["user", JULIET],
                    ["sign", "--caller", "a"], ["quota", JULIET]):
        done = run_with("", *command)
        assert (done.returncode, done.stdout) == (1, b""), (command, done)
        assert (b"/etc/slotd/slotd.conf:1: cannot read this file: No such "
                b"file or directory\n") in done.stderr, (command, done)
        assert done.stderr.endswith(
            f"slotd {command[0]}: `slotd init` writes a first configuration\n"
            .encode()), done
    done = run_with("", "check", "-c", "/nonexistent/slotd.conf")
    assert b"init" not in done.stderr


# --- output that nobody gets ----------------------------------------------


def printing(conf):
    """What prints something, with any command."""
    return [
        ["--help"], ["--version"], *([name, "--help"] for name in COMMANDS),
        ["check", "-c", conf], ["slot", "-c", conf, *SLOT],
        ["sign", "-c", conf, "--caller", "prosody"],
        ["user", "-c", conf, JULIET],
        ["explain", "-c", conf, "/dev/null"]]


def into(target, args):
    with open(target, "wb") as full:
        return subprocess.run(
            [support.SLOTD, *map(str, args)], stdin=subprocess.DEVNULL,
            stdout=full, stderr=subprocess.PIPE, timeout=support.PATIENCE)


def test_a_full_disk(conf):
    for args in printing(conf):
        done = into("/dev/full", args)
        assert done.returncode == 1, (args, done)
        assert done.stderr.endswith(
            b"slotd: cannot write the output: No space left on device\n"), (
                args, done)
    # A worse code stays, and who prints nothing has lost nothing.
    done = into("/dev/full", ["slot", "--nope"])
    assert done.returncode == 2 and b"cannot write" not in done.stderr


def test_closed_output(conf):
    for args in printing(conf):
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" >&-', "sh", support.SLOTD,
             *map(str, args)], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=support.PATIENCE)
        assert done.returncode == 1, (args, done)
        assert b"slotd: cannot write the output: " in done.stderr, done


def test_a_running_service(start):
    """What looks at one; the doctor's report in both forms."""
    slotd = start(support.s3_config(
        policy={"bytes_per_day": 1000},
        storage={"bucket_url": f"http://127.0.0.1:{support.free_port()}"}))
    for args in (["quota", JULIET], ["doctor"], ["doctor", "--json"],
                 ["doctor", "--prometheus"]):
        done = into("/dev/full", [*args, "-c", slotd.path])
        assert done.returncode == 1, (args, done)
        assert b"slotd: cannot write the output: " in done.stderr, done
    done = into("/dev/full", ["health", "-c", slotd.path])
    assert (done.returncode, done.stderr) == (0, b"")
