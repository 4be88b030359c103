"""An erasure in a bucket with any number of keys, whose listing is made from
one page.

    done = many_keys.erase(folder, 1000000)
    done.cpu, done.peak, done.lists, done.tally
"""

import collections
import json
import re
import resource
import subprocess
import time

import stub_store
import support
from erasing import JULIET, LINE, note_text, owner
from stub_bucket import Bucket

UNTIL = "20990101T000000Z"
PAGE = 1000
NUMBER, TOKEN = "number", "the-token"   # in the page; as long as a number
PATIENCE = 300

# cpu: seconds of user and system time; peak: of resident memory, in KiB;
# lists: the requests for them.
Erased = collections.namedtuple("Erased", "tally cpu peak lists")


def key(number):
    """Of one on the page; whose it is, nobody knows."""
    return f"{UNTIL}/{NUMBER}{number:03d}AbCdEfGhIjKlM/" \
        "YmFzZTY0X29mXzE2X2J5dA/holiday photo.jpg"


class ManyKeys(Bucket):
    """The last key of all is Juliet's."""

    def __init__(self, count):
        super().__init__()
        self.pages = count // PAGE
        self.process = None
        self.peak = 0
        objects = [(key(number), 7) for number in range(PAGE)]
        self.first = self.text(objects, token=TOKEN)
        self.last = self.text([*objects[:-1], (self.hers(), 7)])
        self.put("slotd-erase/n",
                 note_text(LINE, JULIET, int(time.time())))

    @staticmethod
    def hers():
        return f"{UNTIL}/{owner(JULIET, 9999)}/cat.jpg"

    def listing(self, query):
        if query["prefix"]:
            return super().listing(query)
        self.note_peak()
        number = int(query.get("continuation-token", 0))
        text = self.first if number < self.pages - 1 else self.last
        return text.replace(NUMBER, f"{number:06d}").replace(
            TOKEN, str(number + 1))

    def note_peak(self):
        process = support.wait_for("its start", lambda: self.process)
        with open(f"/proc/{process.pid}/status") as status:
            self.peak = int(re.search(
                r"VmHWM:\s+(\d+) kB", status.read())[1])


def cpu():
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sweep(bucket, path):
    """What it says, and its seconds of CPU."""
    before = cpu()
    with subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", support.SLOTD, "sweep", "-c",
             path, "--json"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE) as bucket.process:
        try:
            out, _ = bucket.process.communicate(timeout=PATIENCE)
        except BaseException:
            bucket.process.kill()
            raise
    assert bucket.process.returncode == 0, out
    return out, cpu() - before


def erase(folder, count):
    """One `slotd sweep` that looks at so many keys for Juliet's."""
    key_file = folder / "key"
    key_file.write_bytes(LINE + b"\n")
    key_file.chmod(0o600)
    bucket = ManyKeys(count)
    with stub_store.Store(bucket, keep=False) as store:
        path = support.write_config(folder, support.s3_config(
            storage={"bucket_url": store.url}, key_file=str(key_file),
            policy={"keep": "30 days"}))
        out, seconds = sweep(bucket, path)
    tally, = json.loads(out)["stores"]
    assert tally["listed"] == count, tally
    assert bucket.deletes == [bucket.hers()]
    return Erased(tally, seconds, bucket.peak, len(bucket.lists))
