"""A power cut at any moment: what slotd has confirmed is there, whole; what is
visible is whole; and slotd starts on what is left.

A journey is recorded, system call by system call, and played on a disk of the
weakest kind (power_cut.py). At each step each state that a power cut may leave
is looked at.
"""

import concurrent.futures
import hashlib
import os
import re
import shutil
import time
import urllib.parse

import pytest

import dialects
import recorder
import support
from erasing import erase, note_text
from power_cut import Disk, File, Folder
from upload import tree

pytestmark = [
    pytest.mark.skipif(support.SANITIZED,
                       reason="the leak sanitizer does not work under strace"),
    pytest.mark.skipif(not recorder.works(),
                       reason="slotd may not be traced here")]

JULIET, ROMEO = "juliet@example.org", "romeo@example.org"
BODIES = {"large": bytes(range(256)) * 500, "small": b"12345", "empty": b""}
NOTE = re.compile(rb"slotd-erase-v1\n\S+@example\.org\n\d+\n[\w-]{22}\n")


def config(root):
    port = support.free_port()
    return support.fs_config(
        root / "store", listen={"port": port}, callers=dialects.callers(),
        public_url=f"http://127.0.0.1:{port}", policy={"keep": "1 h"},
        quota={"state_file": str(root / "quota")},
        domains=[{"name": "example.org", "bytes_per_day": "1 GiB"}])


class Journey:
    """What is asked of slotd, and what is promised by which answer.

    A promise is a function of what a power cut leaves; it asserts.
    """

    def __init__(self, root):
        self.root = root
        self.slotd = None
        self.disk = Disk(root)
        self.config = config(root)
        self.promises = []      # (status, promise), one for each answer
        self.seen = []          # the answers that were played
        self.bodies = {}        # path: what was uploaded
        self.links = {}         # path: target of a GET
        self.erased = set()     # paths that may be gone
        self.lasts = {}         # path: (bytes, attributes), as last seen
        self.states = {}

    # --- asking -----------------------------------------------------------

    def start(self, folder):
        self.disk.restart()
        self.slotd = recorder.Recorded(folder, self.config)

    def promise(self, status, check):
        self.promises.append((status, check))

    def put(self, name, jid=JULIET):
        """With a slot of slotd's own."""
        slot = self.slotd.slot(
            jid=jid, filename=name, size=len(BODIES[name]),
            content_type="image/png")
        self.promise(200, self.has_key)
        reply = support.fetch("PUT", slot["put"], BODIES[name])
        return self.stored("/f/", slot["get"], name, reply)

    def share(self, dialect, name):
        """With a URL that the XMPP server has made."""
        ticket = dialects.Pass(
            dialect, f"{len(self.promises)}/{name}", len(BODIES[name]),
            "image/png")
        reply = self.slotd.ask(
            "PUT", ticket.put, BODIES[name], ticket.headers)
        return self.stored("/", ticket.get, name, reply)

    def stored(self, before, link, name, reply):
        assert reply.status == 201, reply
        target = re.sub("^http://[^/]*", "", link)
        path = "store/files/" + urllib.parse.unquote(
            target.removeprefix(before))
        self.bodies[path] = BODIES[name]
        self.links[path] = target

        def is_there(left):
            assert path in left or path in self.erased
            # Without this mark nobody looks for files that have ended.
            assert "store/.until" in left
        self.promise(201, is_there)
        return path

    def erase(self, jid, *paths):
        assert erase(self.slotd, jid).status == 202
        self.erased |= set(paths)

        def is_noted(left):
            assert any(re.match(NOTE, found[0]) for path, found in left.items()
                       if path.startswith("store/slotd-erase/"))
        self.promise(202, is_noted)

    def lay_note(self, path, jid, written):
        line = (self.root / "store/.key").read_bytes().strip()
        note = self.disk.add(File())
        note.data = note_text(line, jid, written)
        (self.root / path).write_bytes(note.data)
        folder, _, name = path.rpartition("/")
        self.disk.find(folder).change({name: note})
        note.sync()
        self.disk.find(folder).sync()

    def wait_gone(self, *paths):
        support.wait_for("the files to go", lambda: not any(
            (self.root / path).exists() for path in paths))

    # --- what has to hold -------------------------------------------------

    @staticmethod
    def has_key(left):
        assert re.fullmatch(rb"[0-9a-f]{64}\n", left["store/.key"][0])

    def is_whole(self, path, found):
        """Whatever is visible: nothing else, and nothing by halves."""
        data = found[0]
        if path in self.bodies:
            assert data == self.bodies[path], path
            assert found == self.lasts[path], path
        elif path == "store/.key":
            self.has_key({path: found})
        elif path.startswith("store/slotd-erase/"):
            assert NOTE.fullmatch(data), (path, data)
        elif path == "quota":
            assert data[-32:] == hashlib.sha256(data[:-32]).digest(), path
        else:
            assert re.match(r"quota\.new$|store/\.until$|store/files/\.probe",
                            path), path

    def is_durable(self, path):
        for fates in self.disk.fates():
            assert self.disk.left(fates)[path] == self.lasts[path]

    # --- playing ----------------------------------------------------------

    def play(self, also=lambda left: None):
        """Looks at each state that a power cut may leave at each step."""
        left_before = []
        for call in self.slotd.recorded():
            said = statuses(call)
            self.seen += said
            if not self.disk.play(call) and not said:
                continue
            self.lasts.update(self.disk.now())
            for fates in self.disk.fates():
                left = self.disk.left(fates)
                left_before.append(left)
                also(left)
                for _, promise in self.promises[:len(self.seen)]:
                    promise(left)
        assert self.seen == [status for status, _ in self.promises]
        for left in left_before:
            for path, found in left.items():
                if found is not None:
                    self.is_whole(path, found)
            self.states[repr(sorted(left.items()))] = left


def statuses(call):
    """Of the answers in what is sent."""
    return support.statuses(b"".join(call.strings)) if call.name in (
        "sendto", "sendmsg", "sendmmsg", "write", "writev") else []


def lay(left, folder):
    """Makes what a power cut has left."""
    folder.mkdir()
    for path, found in left.items():
        if found is None:
            (folder / path).mkdir(mode=0o700)
            continue
        (folder / path).write_bytes(found[0])
        (folder / path).chmod(0o600)
        for name, value in found[1].items():
            os.setxattr(folder / path, name, value)


def opens(journey, left, folder):
    """slotd starts on it, serves what is there and nothing else, and works."""
    folder.mkdir()
    root = folder / "disk"
    lay(left, root)
    slotd = support.Slotd(folder, config(root))
    try:
        assert not [line for line in slotd.lines if re.search(
            "level=error|counting starts at zero", line)], slotd.lines
        for path, target in journey.links.items():
            reply = slotd.ask("GET", target)
            if path in left and path not in journey.erased:
                assert (reply.status, reply.body) == (
                    200, journey.bodies[path])
            else:
                assert reply.status in (200, 404), reply
        assert set(tree(root / "store/files")) <= {
            path.removeprefix("store/files/") for path in journey.bodies}
        slot = slotd.slot(size=1)
        assert support.fetch("PUT", slot["put"], b"x").status == 201
    finally:
        slotd.stop()
    shutil.rmtree(folder)


def open_all(journey, tmp_path):
    """Some at a time: a start waits more than it computes."""
    assert len(journey.states) > 50
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(opens, journey, left, tmp_path / str(n))
                     for n, left in enumerate(journey.states.values())]:
            done.result()


@pytest.fixture
def journey(tmp_path):
    (tmp_path / "disk").mkdir()
    journey = Journey(tmp_path / "disk")
    yield journey
    if journey.slotd:
        journey.slotd.stop()


def test_whatever_a_power_cut_leaves(journey, tmp_path):
    journey.start(tmp_path)
    his = [journey.put("large", ROMEO), journey.put("small", ROMEO)]
    hers = [journey.put("empty"), journey.put("large")]
    for dialect in dialects.ALL:
        journey.share(dialect, "small")
    journey.erase(ROMEO, *his)
    journey.wait_gone(*his)
    journey.slotd.stop()
    journey.play()
    first = journey.lasts["quota"]
    journey.is_durable("quota")

    # A note whose time is over is carried out at the start, and goes.
    note = "store/slotd-erase/old"
    journey.lay_note(note, JULIET, int(time.time()) - 10000)
    journey.erased |= set(hers)
    journey.start(tmp_path)
    journey.put("small", "mercutio@example.org")
    journey.wait_gone(note)
    journey.slotd.stop()

    def goes_last(left):
        assert note in left or not any(path in left for path in hers)
    journey.play(goes_last)
    assert not any(path in journey.disk.now() for path in (note, *his, *hers))
    assert journey.lasts["quota"] != first
    journey.is_durable("quota")
    open_all(journey, tmp_path)


def test_what_was_deleted_stays_so(journey, tmp_path):
    """From the end of the command on; the folder, which is empty then, is
    removed, too."""
    journey.start(tmp_path)
    hers, his = journey.put("small"), journey.put("large", ROMEO)
    journey.slotd.stop()
    journey.play()
    log = tmp_path / "deleted"
    done = recorder.run(
        log, "delete", "-c", journey.slotd.path,
        journey.config["public_url"] + journey.links[hers])
    assert (done.returncode, done.stderr) == (0, b""), done
    journey.disk.restart()
    for call in recorder.calls(log):
        journey.disk.play(call)
    for fates in journey.disk.fates():
        left = journey.disk.left(fates)
        assert hers not in left and his in left


def test_folders_that_were_just_made(journey, tmp_path):
    """By an operator, or by a start that was killed: nobody has synced them,
    and what is confirmed lies in them."""
    for path in ("store", "store/files"):
        (journey.root / path).mkdir(mode=0o700)
        folder, _, name = path.rpartition("/")
        folder = journey.disk.find(folder)
        folder.change({name: journey.disk.add(Folder(folder))})
    journey.start(tmp_path)
    journey.put("small")
    journey.slotd.stop()
    journey.play()
