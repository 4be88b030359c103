"""What became of it: a table, and what is judged of it."""

import collections
import math
import sys

from clients import STEP

ENOUGH = 200        # requests, or a p99 says nothing
SLOWER = 3          # times the quiet p99, at the most
# A scheduler's slices: of a quiet p99 below this, three times are still one.
LEAST = 0.010
SAMPLES = 12        # of what is no request's fault, shown


def p99(times):
    """Seconds; None of too few."""
    count = sum(times.values())
    if count < ENOUGH:
        return None
    for number, many in sorted(times.items(), reverse=True):
        count -= many
        if count < 0.99 * sum(times.values()):
            return math.exp((number + 1) * STEP) / 1e6
    return None


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1e3:.1f}"


def as_comment(text):
    return "# " + text.replace("\n", "\n# ")


class Report:
    def __init__(self, weathers):
        self.weathers = weathers        # their bits are their places here
        self.spans = []                 # (weather, begin, end)
        self.counts = collections.Counter()
        self.times = collections.defaultdict(collections.Counter)
        self.meant = collections.Counter()
        self.faults = []
        self.extra = []                 # lines of other things
        self.judged = []                # (whether it is well, what)

    def judge(self, well, what):
        self.judged.append((well, what))

    def fault(self, text):
        """The first ones are told at once: an hour is long."""
        self.faults.append(text)
        if len(self.faults) <= SAMPLES:
            print(as_comment(text), file=sys.stderr)

    def add(self, journal):
        counts, times, surprises = journal
        self.counts += counts
        for (kind, bits), more in times.items():
            self.times[kind.split()[0], bits] += more
        for surprise in surprises:
            around = [weather for weather, begin, end in self.spans
                      if begin <= surprise.end and surprise.begin <= end]
            meant = [weather for weather in around
                     if weather.allows(surprise)]
            if meant:
                self.meant[surprise.kind, surprise.outcome] += 1
            else:
                self.fault("{}: {} in {}: {}".format(
                    surprise.kind, surprise.outcome, ", ".join(
                        weather.name for weather in around) or "quiet",
                    surprise.detail))

    def bits(self, *weathers):
        return sum(1 << self.weathers.index(weather) for weather in weathers)

    def of(self, bits):
        """Times of the requests under these weathers alone."""
        total = collections.Counter()
        for (_, there), times in self.times.items():
            if there == bits:
                total += times
        return total

    # --- the table --------------------------------------------------------

    def table(self):
        yield "\nrequests             count   meant failures"
        kinds = sorted({kind for kind, _ in self.counts})
        for kind in kinds:
            count = sum(n for (one, _), n in self.counts.items()
                        if one == kind)
            meant = ", ".join(
                f"{outcome}: {n}" for (one, outcome), n in sorted(
                    self.meant.items(), key=str) if one == kind)
            yield f"{kind:20} {count:6,}   {meant}"
        yield (f"{'in all':20} {sum(self.counts.values()):6,}   "
               f"{sum(self.meant.values()):,}")
        yield "\nweather              times   p99 in ms"
        quiet = p99(self.of(0))
        yield f"{'quiet':20} {'':6}   {milliseconds(quiet)}"
        for weather in self.weathers:
            times = sum(one is weather for one, _, _ in self.spans)
            alone = p99(self.of(self.bits(weather)))
            note = " (waits are meant)" if weather.slow else ""
            yield (f"{weather.name:20} {times:6}   "
                   f"{milliseconds(alone)}{note}")
        yield ""
        yield from self.extra

    def judge_requests(self):
        self.judge(not self.faults, "{:,} requests, {:,} failures that are "
                   "meant, {:,} others".format(
                       sum(self.counts.values()), sum(self.meant.values()),
                       len(self.faults)))

    def judge_times(self):
        quiet = p99(self.of(0))
        for weather in self.weathers:
            slow = p99(self.of(self.bits(weather)))
            if None in (quiet, slow) or weather.slow:
                continue
            self.judge(slow <= SLOWER * max(quiet, LEAST),
                       f"p99 in {weather.name}: {milliseconds(slow)} ms, "
                       f"quiet {milliseconds(quiet)} ms")

    def say(self):
        """As TAP; whether all is well."""
        for text in [*self.faults[:SAMPLES], *self.table()]:
            print(as_comment(text))
        print(f"1..{len(self.judged)}")
        for number, (well, what) in enumerate(self.judged, 1):
            print("{} {} - {}".format(
                "ok" if well else "not ok", number, what))
        return all(well for well, _ in self.judged)
