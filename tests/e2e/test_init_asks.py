"""`slotd init` on a terminal: it asks for what it was not told."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time

import pytest

from setting_up import BUCKET, arguments, checked
import support

SECRET = "fake-secret-of-a-bucket"


class Terminal:
    """slotd init, and who types."""

    def __init__(self, *args):
        self.ours, theirs = pty.openpty()
        self.seen = ""

        def take():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(
            [support.SLOTD, *map(str, args)], stdin=theirs, stderr=theirs,
            stdout=subprocess.PIPE, preexec_fn=take)
        self.theirs = theirs

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self.theirs)
        os.close(self.ours)

    def wait(self, text):
        end = time.monotonic() + support.PATIENCE
        while text not in self.seen:
            ready, _, _ = select.select([self.ours], [], [],
                                        end - time.monotonic())
            assert ready, (text, self.seen)
            self.seen += os.read(self.ours, 65536).decode()
        self.seen = self.seen.partition(text)[2]

    def answer(self, question, text):
        self.wait(question)
        os.write(self.ours, text.encode() + b"\n")

    def type(self, keys):
        os.write(self.ours, keys)

    def shows(self):
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def end(self):
        said, _ = self.process.communicate(timeout=support.PATIENCE)
        return self.process.returncode, said.decode()


def test_questions(tmp_path):
    """Defaults are taken with Enter; what is wrong is said and asked again."""
    folder = tmp_path / "slotd"
    with Terminal("init", "--dir", folder) as terminal:
        terminal.answer("such as example.org: ", "")
        terminal.wait("an answer is needed")
        terminal.answer("such as example.org: ", "a b")
        terminal.wait("must be a domain")
        terminal.answer("such as example.org: ", " example.net ")
        terminal.answer("[prosody]: ", "ejabberd")
        terminal.answer("[embedded]: ", "tape")
        terminal.wait("must be embedded or bucket")
        terminal.answer("[embedded]: ", "")
        terminal.answer("[https://upload.example.net]: ", "")
        code, said = terminal.end()
    assert code == 0
    assert "    caller: ejabberd\n" in said
    text = (folder / "slotd.conf").read_text()
    assert 'public_url = "https://upload.example.net";' in text
    assert 'type = "fs";' in text
    checked(folder / "slotd.conf")


def test_a_secret_is_not_shown(tmp_path):
    """The other questions are answered by options."""
    with Terminal(*arguments(tmp_path, **{
            **BUCKET, "access_key_secret_file": None})) as terminal:
        terminal.wait("Secret of that key")
        support.wait_for("a terminal that hides",
                         lambda: not terminal.shows())
        terminal.type(SECRET.encode() + b"\n")
        code, said = terminal.end()
        assert terminal.shows()
        os.set_blocking(terminal.ours, False)
        seen = terminal.seen + os.read(terminal.ours, 65536).decode()
    assert code == 0 and SECRET not in seen + said
    assert (tmp_path / "s3.secret").read_text() == SECRET + "\n"
    checked(tmp_path / "slotd.conf")


def test_no_key_leaves_the_terminal_hidden(tmp_path):
    """Ctrl-backslash and Ctrl-Z are letters of a secret that is none."""
    with Terminal(*arguments(tmp_path, **{
            **BUCKET, "access_key_secret_file": None})) as terminal:
        for keys in (b"\x1c\n", b"se\x1acret\n"):
            terminal.wait("Secret of that key")
            support.wait_for("a terminal that hides",
                             lambda: not terminal.shows())
            terminal.type(keys)
            terminal.wait("must be the secret alone")
        terminal.answer("Secret of that key", SECRET)
        assert terminal.end()[0] == 0
        assert terminal.shows()
    assert (tmp_path / "s3.secret").read_text() == SECRET + "\n"


@pytest.mark.parametrize("keys", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("hidden", [False, True])
def test_it_can_be_left(tmp_path, hidden, keys):
    folder = tmp_path / "slotd"
    left = "access_key_secret_file" if hidden else "url"
    (tmp_path / "secret").write_text(SECRET)
    options = {**BUCKET, "access_key_secret_file": tmp_path / "secret",
               left: None}
    with Terminal(*arguments(folder, **options)) as terminal:
        terminal.wait(": ")
        support.wait_for("the question",
                         lambda: terminal.shows() != hidden)
        terminal.type(keys)
        code, said = terminal.end()
        assert terminal.shows()
    assert (code, said) == (1, "")
    assert not folder.exists()


def test_it_says_at_once_that_it_cannot(tmp_path):
    (tmp_path / "slotd.conf").touch()
    with Terminal("init", "--dir", tmp_path) as terminal:
        terminal.wait("slotd.conf is there already")
        assert terminal.end() == (1, "")
