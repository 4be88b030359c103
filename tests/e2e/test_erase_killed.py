"""kill -9 at any moment of an erasure: it is not lost, and nobody else's file
goes."""

import random
import time

import stub_store
import support
import sweeping
import test_erase_sweep
from erasing import JULIET, note_text
from stub_bucket import Bucket
from test_erase_sweep import ROMEO, files, note, notes, owner

config = test_erase_sweep.config


def test_broken_off_at_any_time(config, tmp_path):
    stays = files(ROMEO, 50)
    goes = files(JULIET, 3000)
    bucket = Bucket({**stays, **goes}, page=500)
    note(bucket, "n")
    dice = random.Random(16)
    with stub_store.Store(bucket) as store:
        path = support.write_config(tmp_path, config(store))
        for _ in range(100):
            # Lists of notes and keys, and the note, are the first requests.
            sweeping.kill(store, path, dice.randrange(1, 40))
            assert set(stays) <= set(bucket.sizes)
            assert notes(bucket) == {"slotd-erase/n"}
            assert len(bucket.sizes) > len(stays) + 1
            bucket.refill(goes, 1000)
        assert support.run("sweep", "-c", path).returncode == 0
    assert bucket.sizes == stays


def test_broken_off_at_its_end(config, tmp_path):
    """The note goes behind the last file."""
    stays = files(ROMEO, 3)
    dice = random.Random(17)
    with stub_store.Store() as store:
        path = support.write_config(tmp_path, config(store))
        for turn in range(100):
            # What the last one that was killed has asked for may still come,
            # and is for other keys.
            name = f"n{turn}"
            store.script = bucket = Bucket(
                {**stays, **files(JULIET, 5, first=5 * turn)})
            note(bucket, name)
            # 3 that read, 5 files, and the note.
            sweeping.kill(store, path, dice.randrange(4, 10))
            left = set(bucket.sizes) - set(stays)
            assert not left or f"slotd-erase/{name}" in left
            assert set(stays) <= set(bucket.sizes)


def test_the_service_is_killed(start, tmp_path):
    """While it carries out what is noted in the embedded store."""
    folder = tmp_path / "store"
    slotd = start(support.fs_config(folder))
    slotd.stop()
    line = (folder / ".key").read_bytes().strip()
    erasure = folder / "slotd-erase" / "n"
    erasure.parent.mkdir(mode=0o700)

    def put(jid, number):
        path = folder / "files" / owner(jid, number, line) / "cat.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        return path

    stays = [put(ROMEO, number) for number in range(20)]
    dice = random.Random(18)
    for _ in range(100):
        goes = [put(JULIET, number) for number in range(30)]
        erasure.write_bytes(note_text(line, JULIET, int(time.time()) - 661))
        slotd.start()
        # Without a pause, or all would be gone.
        watched, end = dice.choice(goes), time.monotonic() + support.PATIENCE
        while watched.exists():
            assert time.monotonic() < end
        slotd.kill()
        if any(path.exists() for path in goes):
            assert erasure.exists()
    assert all(path.exists() for path in stays)
    slotd.start()
    support.wait_for("the note to go", lambda: not erasure.exists())
    assert not any(path.exists() for path in goes)
    assert all(path.exists() for path in stays)
