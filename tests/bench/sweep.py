"""A sweep of a real Ceph, beside the clients that operators have."""

import collections
import pathlib
import subprocess
import time

import filling
import lab as laboratory
import many_keys
import rgw
import support
from figures import AT_LEAST, Figure, say
from programs import BOUND

GROUP = "Sweep: 10,000 of 100,000 objects"
ENDED, OTHERS = 10_000, 90_000
PAST, FUTURE = "20200101T000000Z", "20990101T000000Z"
FASTER = 2
BUCKET = "files"
PATIENCE = 600

Run = collections.namedtuple("Run", "seconds cpu")


def keys(until, count):
    return (f"{until}/{number:06d}AbCdEfGhIjKlMnOp/YmFzZTY0X29mXzE2X2J5dA/"
            "cat.jpg" for number in range(count))


def commands(lab, folder):
    """How each removes what has ended. Here it is below one prefix, which
    suits the others: one can be told nothing else, and one takes 1,000 keys
    with a request."""
    config = lab.config(BUCKET, policy={"keep": "30 days"})
    where = f"s3://{BUCKET}/{PAST}/"
    return {
        "slotd sweep": [support.SLOTD, "sweep", "-c",
                        support.write_config(folder, config)],
        "s3cmd del": [*lab.s3cmd_command(), "-q", "del", "-r", where],
        "aws s3 rm": ["/usr/bin/aws", "--endpoint-url", lab.store.url(),
                      "s3", "rm", "--recursive", "--only-show-errors", where],
    }


def run(lab, folder, command):
    before, began = many_keys.cpu(), time.monotonic()
    subprocess.run(
        [*BOUND, *map(str, command)], check=True, timeout=PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder),
            "NO_PROXY": "*", "AWS_ACCESS_KEY_ID": lab.owner.key,
            "AWS_SECRET_ACCESS_KEY": lab.owner.secret,
            "AWS_DEFAULT_REGION": rgw.REGION})
    return Run(time.monotonic() - began, many_keys.cpu() - before)


def count(lab, prefix):
    return sum(page["KeyCount"] for page in lab.owners.get_paginator(
        "list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix))


def presigned(lab, method):
    """How many requests its log has of slotd: the others sign a header."""
    return sum("X-Amz-Expires=" in line
               for line in lab.store.requests(method, BUCKET))


def lists(lab, rounds):
    """slotd's requests for lists in a round."""
    support.wait_for("the store's log", lambda: presigned(
        lab, "DELETE") == ENDED * rounds)
    return presigned(lab, "GET") / rounds


def rounds_of(lab, folder, rounds):
    """Those of each program, by its name, for each round."""
    lab.bucket(BUCKET, laboratory.statement(BUCKET, ["PutObject"]))
    say(f"sweep: {OTHERS:,} objects that stay")
    filling.fill(lab.store, BUCKET, keys(FUTURE, OTHERS))
    todo = commands(lab, folder)
    for number in range(rounds):
        runs = {}
        # Who is first changes, too.
        for name in [*todo, *todo][number % len(todo):][:len(todo)]:
            say(f"sweep: {name}, round {number + 1}")
            filling.fill(lab.store, BUCKET, keys(PAST, ENDED))
            runs[name] = run(lab, folder, todo[name])
            assert count(lab, PAST) == 0, name
        yield runs
    assert count(lab, "") == OTHERS


def figures(results):
    ours = "slotd sweep"
    for what, name in (("seconds", "time"), ("cpu", "CPU")):
        for other in results[0]:
            if other == ours:
                continue
            pairs = [(getattr(runs[other], what), getattr(runs[ours], what))
                     for runs in results]
            theirs, own = (sorted(values)[len(values) // 2]
                           for values in zip(*pairs))
            yield Figure(GROUP, f"{name} of `{other}`, over slotd's",
                         [a / b for a, b in pairs], AT_LEAST, FASTER,
                         note=f"{theirs:.2f} and {own:.2f} s")


def measure(folder, rounds):
    place = pathlib.Path(folder) / "rgw"
    place.mkdir()
    with rgw.Rgw(place) as store:
        lab = laboratory.Lab(store, pathlib.Path(folder))
        yield from figures(list(rounds_of(lab, folder, rounds)))
        yield Figure(GROUP, "slotd's requests for lists",
                     [lists(lab, rounds)], bound=ENDED / 1000 + 2)
