"""What the tests of slotd sweep share: keys, configurations, a run of it."""

import re
import subprocess
import time

import pytest

import support

RANDOM = "AbCdEfGhIjKlMnOpQrStUv"
ENDED = "20200101T000000Z"


def key(until=ENDED, number=0, name="cat.jpg"):
    """As the default template makes it."""
    return f"{until}/{number:04d}{RANDOM[4:]}/{name}"


def stamp(seconds):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + seconds))


def s3_config(store, **over):
    url = store if isinstance(store, str) else store.url
    storage = {"bucket_url": url, **over.pop("storage", {})}
    return support.s3_config(
        storage=storage, **{"policy": {"keep": "30 days"}, **over})


@pytest.fixture
def slotd(tmp_path):
    """Runs a command with a configuration; it may send 1500 requests, which a
    stub answers one by one."""
    def run(config, command="sweep", *args, **how):
        path = support.write_config(tmp_path, config)
        done = support.run(command, "-c", path, *args, **{
            "patience": 5 * support.PATIENCE, **how})
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done
    return run


def kill(store, path, requests):
    """Begins a run of it, and ends it when so many requests have come."""
    before = len(store.peers)
    process = subprocess.Popen(
        [support.SLOTD, "sweep", "-c", path],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store.wait_peers(before + requests)
    process.kill()
    process.wait(support.PATIENCE)


def line_of(done):
    """The numbers in the line of the default store."""
    match = re.fullmatch(
        r"storage default: listed (\d+), (?:would remove|removed) (\d+) "
        r"\((\d+) bytes\), kept (\d+)(?:, failed (\d+))?, \d+\.\d seconds\n",
        done.stdout)
    assert match, done
    return [int(number or 0) for number in match.groups()]
