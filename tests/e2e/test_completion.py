"""Tab behind slotd, in bash, zsh and fish themselves."""

import os
import pathlib
import pty
import re
import shlex
import shutil
import subprocess
import threading

import pytest

import support

SCRIPTS = support.ROOT / "doc/completion"
COMMANDS = {"serve", "check", "doctor", "explain", "slot", "sign", "user",
            "files", "delete", "sweep", "erase", "adopt", "quota", "health"}


@pytest.fixture
def place(tmp_path):
    """A folder to complete in, with slotd in the PATH."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/slotd").symlink_to(pathlib.Path(support.SLOTD).resolve())
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    (here / "site one.conf").touch()
    return here


def environment(place):
    return {**os.environ, "PATH": f"{place.parent}/bin:{os.environ['PATH']}",
            "HOME": str(place), "TERM": "dumb", "LC_ALL": "C.UTF-8",
            # Below zsh LeakSanitizer waits for itself for ever.
            "ASAN_OPTIONS": "detect_leaks=0"}


def run(place, *args):
    done = subprocess.run(args, cwd=place, env=environment(place),
                          capture_output=True, timeout=support.PATIENCE)
    assert done.returncode == 0 and not done.stderr, done
    return set(done.stdout.decode().splitlines())


def bash(place, line):
    words = line.split(" ")
    return run(place, "bash", "--norc", "-c", f"""
        source {SCRIPTS}/slotd.bash
        COMP_WORDS=({' '.join(map(shlex.quote, words))})
        COMP_CWORD={len(words) - 1}
        _slotd slotd {shlex.quote(words[-1])} {shlex.quote(words[-2])}
        printf '%s\\n' "${{COMPREPLY[@]}}"
        """) - {""}


def fish(place, line):
    found = run(place, "fish", "--no-config", "-c",
                f"source {SCRIPTS}/slotd.fish; complete -C {shlex.quote(line)}")
    return {text.partition("\t")[0].rstrip("/") for text in found}


# compadd is told not to add but to keep what it would: all that it matches.
ZSH = """\
PS1=; unsetopt zle_bracketed_paste; stty -echo
fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D
zstyle ':completion:*' list-colors; zstyle ':completion:*' verbose no
compadd() {
    if [[ " $* " == *' -O '* || " $* " == *' -A '* || " $* " == *' -D '* ]]
    then builtin compadd "$@"; return; fi
    local -a hits; builtin compadd -O hits "$@"
    for hit in $hits; do print -r -- "=$hit" >>$HOME/hits; done
}
list() { zle list-choices; print done >>$HOME/end }
zle -N list; bindkey '^X' list
"""


def zsh(place, line):
    """It completes only where somebody types, on a terminal."""
    os.mkfifo(place / "end")
    (place / "hits").write_text("")
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(place)
        os.execvpe("zsh", ["zsh", "-fi"], environment(place))
    limit = threading.Timer(support.PATIENCE, end, (pid, place / "end"))
    limit.start()
    threading.Thread(target=drain, args=(terminal,), daemon=True).start()
    try:
        os.write(terminal, (ZSH % SCRIPTS).encode() + b"cat <end; \r")
        with open(place / "end", "w") as go:
            go.write("ready\n")
        os.write(terminal, line.encode() + b"\x18")
        with open(place / "end") as said:
            assert said.read() == "done\n"
    finally:
        limit.cancel()
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)
        os.unlink(place / "end")
    return set(re.findall("^=(.*)$", (place / "hits").read_text(), re.M))


def end(pid, fifo):
    """And nobody waits any more for the other side of the fifo."""
    os.kill(pid, 9)
    os.close(os.open(fifo, os.O_RDWR))


def drain(terminal):
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass


@pytest.fixture(params=[bash, zsh, fish], ids=lambda shell: shell.__name__)
def tab(request, place):
    shell = request.param
    if not shutil.which(shell.__name__):
        pytest.skip(f"{shell.__name__} is not there")
    return lambda line: shell(place, line)


def test_commands(tab):
    found = tab("slotd ")
    assert COMMANDS <= found
    assert {word for word in found if not word.startswith("-")} == {
        line.split()[0] for line in support.run("--help").stdout.decode()
        .splitlines() if line.startswith("  ")}
    assert tab("slotd se") == {"serve"}


def test_options(tab):
    assert {"--storage", "--json", "--prometheus", "--now", "--config"} <= tab(
        "slotd doctor --")
    assert tab("slotd sweep --ver") == {"--verify"}
    assert tab("slotd nothing --js") <= {""}


@pytest.mark.parametrize("line, found", [
    ("slotd check -c si", {"site one.conf"}),
    ("slotd check --config si", {"site one.conf"}),
    ("slotd sign --body s", {"site one.conf", "sub"}),
    ("slotd explain s", {"site one.conf", "sub"}),
    # A JID and a name of a storage are no files.
    ("slotd files s", set()),
    ("slotd doctor --storage s", set()),
    ("slotd sign s", set()),
    # No operands, and options that exclude each other.
    ("slotd doctor ", set()),
    ("slotd sweep --dry-run ", set()),
    # Not a part of a script: sed would run a command, or complain.
    ("slotd check -c/touch${IFS}ran/e# ", set()),
    ("slotd check -a/b ", set()),
    ("slotd check --[ ", set()),
])
def test_values(tab, place, line, found):
    assert {word.replace("\\", "") for word in tab(line)} == found
    assert not list(place.glob("*ran*"))
