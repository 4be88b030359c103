#!/usr/bin/python3
"""Hours of bad weather: see CONTRIBUTING.md, and --help."""

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
for name in "e2e", "quota", "xmpp":
    sys.path.append(str(ROOT / "tests" / name))

import clients  # noqa: E402
import component  # noqa: E402
import crowd  # noqa: E402
import report  # noqa: E402
import support  # noqa: E402
import trials  # noqa: E402
import weathers  # noqa: E402
from stage import Stage  # noqa: E402

UNSHARE = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
           "--mount-proc"]
APART = "SLOTD_SOAK_APART"
FOLDER = "SLOTD_SOAK_FOLDER"
MIB = 1024      # KiB


def go_apart():
    """Begins again in a network, a mount table and a table of processes of
    its own, where that is allowed: they end with it."""
    if APART in os.environ:
        return os.environ[APART] == "yes"
    for more in [], ["--map-root-user"]:
        command = [*UNSHARE, *more, "ip", "link", "set", "lo", "up"]
        if subprocess.run(command, capture_output=True).returncode == 0:
            # Also because another user's files there may have root's names.
            folder = tempfile.mkdtemp(prefix="slotd-soak-")
            os.environ.update({
                APART: "yes", FOLDER: folder, "TMPDIR": folder})
            os.execvp("unshare", [*UNSHARE, *more, "sh", "-c",
                                  'ip link set lo up; exec "$@"', "sh",
                                  sys.executable, *sys.argv])
    os.environ[APART] = "no"
    return False


def options_of(arguments):
    parser = argparse.ArgumentParser(
        description="Loads a slotd for some time, in bad weather.")
    parser.add_argument("--seconds", type=int, default=3600,
                        help="how long; 3600 by default")
    parser.add_argument("--short", action="store_true",
                        help="each weather once, no times judged")
    parser.add_argument("--seed", type=int, default=363)
    parser.add_argument("--only", metavar="WEATHER,...", type=lambda text: (
        text.split(",")), help="these alone, of: " + ", ".join(
            [*(one.name for one in weathers.ALL), "trials"]))
    return parser.parse_args(arguments)


class Soak:
    def __init__(self, options, folder, apart):
        self.options = options
        self.short = options.short
        self.dice = random.Random(options.seed)
        self.sky = clients.Sky()
        self.stage = Stage(folder, apart, self.workers)
        self.began = time.monotonic()
        self.until = self.began + (
            0 if self.short else options.seconds)
        self.removed = self.audited = 0
        self.states = []    # (pid, KiB, descriptors) at each rest

    def workers(self, stage):
        count, rate = (4, 25) if self.short else (8, 10)
        address = "127.0.0.1", stage.port
        self.clients = [
            clients.Client(n, self.options.seed, address, self.sky, rate)
            for n in range(count)]
        self.loads = [*self.clients, component.Component(
            stage.component_port, self.sky)]
        idle, slow = (800, 80) if self.short else (5000, 500)
        stage.crowd = crowd.Crowd(stage.port, idle, slow)
        stage.sources = crowd.SOURCES + [crowd.WIDE] * stage.wide
        stage.met = []
        return [*self.loads, stage.crowd]

    def wanted(self, name):
        return not self.options.only or name in self.options.only

    def run(self):
        with self.stage:
            kinds = [one(self.stage, self.sky) for one in weathers.ALL]
            self.report = report.Report(kinds)
            self.missing = {one: why for one in kinds
                            if (why := type(one).needs(self.stage))}
            try:
                self.live([one for one in kinds if one not in self.missing
                           and self.wanted(one.name)])
            except Exception:
                self.report.fault("{}its last words:\n{}".format(
                    traceback.format_exc(),
                    "\n".join(self.stage.slotd.lines[-5:])))
        self.judge()
        return self.report.say()

    # --- its life ---------------------------------------------------------

    def live(self, kinds):
        if self.wanted("trials") and not support.SANITIZED:
            self.try_out()
        self.load(2)
        self.rest()
        self.first_round = True
        while self.first_round or time.monotonic() < self.until:
            self.round([one for one in kinds if self.early or not one.ends])
            self.first_round = False
            print("# {:.0f} s, {:,} requests, {:,} that are faults".format(
                time.monotonic() - self.began,
                sum(self.report.counts.values()), len(self.report.faults)),
                file=sys.stderr)
        self.compare_store()

    @property
    def early(self):
        """In the second half no process ends, so that memory can grow; but
        each weather comes once."""
        return self.first_round or (
            time.monotonic() < self.until - self.options.seconds / 2)

    def try_out(self):
        them = trials.Trials(self.stage, self.options.seed, self.short)
        for name, trial in trials.ALL.items():
            begin = time.monotonic()
            outcomes, well = "", True
            try:
                outcomes = ", ".join(f"{outcome}: {count}" for outcome, count
                                     in sorted(trial(them).items(), key=str))
            except AssertionError as fault:
                outcomes, well = str(fault)[:2000], False
            self.report.judge(well, "{}: {} ({:.0f} s)".format(
                name, outcomes, time.monotonic() - begin))

    def round(self, kinds):
        """Each weather, alone unless time is short; then in pairs of one
        that is for slotd itself, and one around it."""
        self.load(0)
        inner = [one for one in kinds if one.alone]
        outer = [one for one in kinds if not one.alone]
        for many in inner, outer:
            self.dice.shuffle(many)
        longer = inner if len(inner) > len(outer) else outer
        pairs = [tuple(many[n % len(many)] for many in (inner, outer) if many)
                 for n in range(len(longer))]
        alone = [] if self.short else [(one,) for one in inner + outer]
        for many in self.dice.sample(alone, len(alone)) + pairs:
            if time.monotonic() > self.until and not self.first_round:
                break
            self.episode(many)
        self.rest()

    def load(self, seconds):
        for one in self.loads:
            one.tell("run")
        time.sleep(seconds)

    def episode(self, many):
        seconds = 1 if self.short else 8
        self.sky.weathers = self.report.bits(*many)
        begin = time.monotonic()
        try:
            for one in many:
                one.begin()
            ticks = 0
            while ticks < 3 or time.monotonic() < begin + seconds:
                for one in many:
                    one.tick()
                code = self.stage.slotd.process.poll()
                assert code is None or any(
                    one.may_end for one in many), (code, [one.name for one in many])
                time.sleep(0.1)
                ticks += 1
        finally:
            for one in many:
                one.end()
            self.sky.weathers = -1
            end = time.monotonic() + weathers.AFTER
            self.report.spans += [(one, begin, end) for one in many]
        if not self.short:
            time.sleep(weathers.AFTER)
            self.sky.weathers = 0
            time.sleep(seconds / 2)

    # --- a rest -----------------------------------------------------------

    def rest(self):
        """Nobody asks; then everything that was promised is read."""
        for one in self.loads:
            one.rest()
            self.report.add(one.call("report"))
        self.sky.weathers = 0
        for one in self.clients:
            count, targets = one.call("audit")
            self.audited += count
            self.remove(targets)
            self.report.add(one.call("report"))
        self.note_state()

    def remove(self, targets):
        slotd = self.stage.slotd
        for n in range(0, len(targets), 200):
            some = targets[n:n + 200]
            base = slotd.config["public_url"]
            done = support.run("delete", "-c", slotd.path, *(
                base + target for target in some))
            assert done.returncode == 0, done
            assert slotd.ask("GET", some[0]).status == 404, some[0]
            self.removed += len(some)

    def note_state(self):
        slotd = self.stage.slotd
        state = slotd.open_files()
        if self.states:
            first = self.states[0][2]
            # A connection that has ended may take a moment to be gone.
            support.wait_for(f"no more than {first}", lambda: all(
                count <= first.get(what, 0)
                for what, count in slotd.open_files().items()))
            state = slotd.open_files()
        self.states.append((
            slotd.process.pid, slotd.status_of("VmRSS"), state))

    def compare_store(self):
        stored, wrong, count = self.stage.store.stored(), 0, 0
        for one in self.clients:
            for key, digest in one.call("promised_to_the_store").items():
                count += 1
                wrong += stored.get(key) != digest
        self.report.judge(not wrong, f"{count:,} files passed on to the "
                          f"store, {wrong} that it does not have")

    # --- what is judged ---------------------------------------------------

    def judge(self):
        self.report.judge_requests()
        if not self.short:
            self.report.judge_times()
        self.report.judge(True, f"{self.audited:,} promised files were read, "
                          f"{self.removed:,} of them removed then")
        self.judge_memory()
        for weather, why in self.missing.items():
            self.report.judge(True, f"{weather.name} # SKIP {why}")
        if not self.stage.wide:
            self.report.judge(True, f"{crowd.WIDE} # SKIP there is no right "
                              "to a network of its own, or no IPv6")
        for source, (most, ended) in self.stage.met:
            self.report.extra.append(
                f"crowd from {source}: {most:,} at once, {ended:,} ended")

    def judge_memory(self):
        """Of the last process, from its second rest on."""
        if not self.states:
            return
        last = [kib for pid, kib, _ in self.states
                if pid == self.states[-1][0]]
        begin = self.states[0][1]
        self.report.extra.append(
            f"memory: {begin / MIB:.1f} MiB at the beginning, "
            f"{last[-1] / MIB:.1f} MiB at the end")
        files = [sum(files.values()) for _, _, files in
                 (self.states[0], self.states[-1])]
        self.report.extra.append(
            f"descriptors: {files[0]} at the beginning, {files[1]} at the "
            "end")
        most = begin + 64 * MIB if len(last) < 3 else last[1] * 1.1 + 4 * MIB
        self.report.judge(last[-1] <= most, "memory at the rests of the last "
                          "process, MiB: " + " ".join(
                              f"{kib / MIB:.1f}" for kib in last))


def main():
    options = options_of(sys.argv[1:])
    apart = go_apart()
    if not apart and os.geteuid() != 0:
        print("1..1\nok 1 - all # SKIP only root may look into slotd, here or "
              "in a user namespace")
        return 0
    folder = pathlib.Path(os.environ.get(FOLDER) or tempfile.mkdtemp(
        prefix="slotd-soak-"))
    try:
        return 0 if Soak(options, folder, apart).run() else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
