"""The windows of the script, against a list of all grants and a model."""

import pathlib
import random
import subprocess

import pytest

import support

SCRIPT = (support.ROOT / "src/quota/redis.lua").read_bytes()
SHAPES = {"m": (60, 10), "d": (86400, 9600)}
USER, DOMAIN, NONCE = (
    "t:{example.org}:u:1", "t:{example.org}:d", "t:{example.org}:n:")
BEGIN = 1_800_000_000_000


class Windows:
    """What one user or domain has used: parts of a fixed length, which count
    until their last grant has left."""

    def __init__(self):
        self.parts = {"m": {}, "d": {}}

    def counting(self, window, now):
        length = SHAPES[window][0]
        return {number: part for number, part in self.parts[window].items()
                if part[0] and (part[1] + length) * 1000 > now}

    def used(self, window, now):
        return sum(a for a, _ in self.counting(window, now).values())

    def free(self, window, most, now):
        parts = self.counting(window, now)
        left, at = self.used(window, now), 0
        for number in sorted(parts):
            if left <= most:
                break
            left -= parts[number][0]
            at = parts[number][1] + SHAPES[window][0]
        return at

    def add(self, window, now, amount):
        if not amount:
            return
        second = -(-now // 1000)
        number = second // SHAPES[window][1]
        old, last = self.counting(window, now).get(number, (0, 0))
        self.parts[window][number] = (old + amount, max(last, second))

    def sub(self, window, now, amount):
        number = -(-now // 1000) // SHAPES[window][1]
        old, last = self.parts[window].get(number, (0, 0))
        self.parts[window][number] = (old - amount, last)


class Model:
    def __init__(self):
        self.user, self.domain = Windows(), Windows()

    def take(self, now, size, slots, nbytes, domain):
        limits = [(self.user, "m", 1, slots, 1),
                  (self.user, "d", size, nbytes, 2),
                  (self.domain, "d", size, domain, 2)]
        limits = [limit for limit in limits if limit[3]]
        hit, again = 0, 0
        for windows, window, amount, most, code in limits:
            if amount > most:
                return [2, now, 0, 0]
            at = windows.free(window, most - amount, now)
            if at:
                hit, again = max(hit, code), max(again, at)
        if hit:
            return [hit, now, again, 0]
        for windows, window, amount, _, _ in limits:
            windows.add(window, now, amount)
        return [0, now, 0, self.user.used("d", now) if nbytes else 0]

    def back(self, now, size, slots, nbytes, domain):
        for windows, window, amount, most in (
                (self.user, "m", 1, slots), (self.user, "d", size, nbytes),
                (self.domain, "d", size, domain)):
            if most and amount:
                windows.sub(window, now, amount)
        return [0]


def script(function, now, *arguments):
    return ("EVAL", SCRIPT, 4, USER, DOMAIN, NONCE, USER, function, now,
            *arguments)


@pytest.fixture
def ask(redis):
    server = redis()
    client = server.client()
    yield client
    client.close()


def steps(chance, count):
    """Times and charges: bursts, waits of seconds, hours, and ends of
    windows to the millisecond; now and then one is given back."""
    now, back = BEGIN + chance.randrange(86_400_000), None
    limits = (chance.choice((0, 1, 3, 20)), chance.choice((0, 100, 1000)),
              chance.choice((0, 300, 5000)))
    for _ in range(count):
        if back and chance.random() < 0.1:
            yield "back", *back
        back = (now, chance.choice((0, 1, 7, 33, 100, 101, 2000)), *limits)
        yield "take", *back
        now += chance.choice((
            0, 1, 37, 999, 1000, chance.randrange(5000), 9_999, 10_000,
            59_999, 60_000, 60_001, chance.randrange(3_600_000), 9_600_000,
            chance.randrange(90_000_000)) if chance.random() < 0.8
            else (86_400_000 - chance.choice((-1, 0, 1)),))


def granted(walk, answers):
    """[(time, size)] of all that was granted and not given back."""
    grants = []
    for (function, now, size, *_), answer in zip(walk, answers):
        if function == "back":
            if grants and grants[-1] == (now, size):
                grants.pop()
        elif answer[0] == 0:
            grants.append((now, size))
    return grants


def most_in(grants, length, weight):
    """The most that any window of this length holds."""
    most = held = first = 0
    for now, size in grants:
        held += weight(size)
        while now - grants[first][0] >= length:
            held -= weight(grants[first][1])
            first += 1
        most = max(most, held)
    return most


@pytest.mark.parametrize("seed", range(12))
def test_against_the_model(ask, seed):
    walk = [step for step in steps(random.Random(seed), 600)]
    walk = [step for i, step in enumerate(walk)
            # Only what was granted is given back.
            if step[0] == "take" or i]
    model, wanted, sent = Model(), [], []
    for step in walk:
        if step[0] == "back" and wanted[-1][0] != 0:
            continue
        sent.append(step)
        wanted.append(getattr(model, step[0])(*step[1:]))
    answers = ask.many([
        script(*step, *(["0"] if step[0] == "take" else []))
        for step in sent])
    for step, want, answer in zip(sent, wanted, answers):
        assert answer == want, (seed, step)
    grants = granted(sent, answers)
    slots, nbytes, domain = sent[0][3:]
    if slots:
        assert most_in(grants, 60_000, lambda size: 1) <= slots
    for limit in filter(None, (nbytes, domain)):
        assert most_in(grants, 86_400_000, lambda size: size) <= limit
    assert grants


@pytest.mark.parametrize("seed", range(4))
def test_what_is_promised_is_kept(ask, seed):
    """At retry_at the same charge is taken, and a second before not."""
    chance, tried = random.Random(100 + seed), 0
    for _, now, size, *limits in list(steps(chance, 150)):
        charge = (max(size, 1), *limits, "0")
        answer = ask(*script("take", now, *charge))
        if answer[0] == 0 or not answer[2]:
            continue
        tried += 1
        again = answer[2] * 1000
        assert again > now
        saved = [(key, ask("DUMP", key)) for key in (USER, DOMAIN)]
        early = ask(*script("take", max(now, again - 1), *charge))
        assert early[0] != 0 and early[2] == answer[2]
        assert ask(*script("take", again, *charge))[0] == 0
        for key, dump in saved:
            ask("DEL", key)
            if dump:
                ask("RESTORE", key, 0, dump)
    assert tried > 5


def test_a_window_cannot_be_doubled_at_a_boundary(ask):
    """All of it just before a boundary of parts, and just behind it."""
    for length, limits, hit in (
            (60_000, (5, 0, 0), 1), (86_400_000, (0, 5, 0), 2),
            (86_400_000, (0, 0, 5), 2)):
        ask("FLUSHALL")
        last = BEGIN // 86_400_000 * 86_400_000 + 86_400_000 - 1
        take = [ask(*script("take", last, 1, *limits, 0)) for _ in range(6)]
        assert [answer[0] for answer in take] == [0] * 5 + [hit]
        for later in (1, 2, length - 1):
            assert ask(*script("take", last + later, 1, *limits, 0))[0] == hit
        # Rounded up to the second: 86 400 s later, and 1 ms.
        assert take[5][2] * 1000 == last + 1 + length
        assert ask(*script("take", last + 1 + length, 1, *limits, 0))[0] == 0


def test_all_limits_or_none(ask):
    assert ask(*script("take", BEGIN, 60, 9, 100, 100, 0))[0] == 0
    assert ask(*script("take", BEGIN, 60, 9, 1000, 100, 0))[0] == 2
    assert ask(*script("take", BEGIN, 60, 9, 100, 1000, 0))[0] == 2
    use = ask(*script("use", BEGIN))
    assert use == [1, BEGIN // 1000 + 60, 60, BEGIN // 1000 + 86400,
                   60, BEGIN // 1000 + 86400]


@pytest.mark.parametrize("back", (61_000, 3_600_000, 10**11))
def test_a_clock_that_steps_back(ask, back):
    """Nothing opens, and nobody is locked out for longer than a window."""
    for _ in range(3):
        assert ask(*script("take", BEGIN, 1, 3, 0, 0, 0))[0] == 0
    now = BEGIN - back
    answer = ask(*script("take", now, 1, 3, 0, 0, 0))
    assert answer[0] == 1 and now < answer[2] * 1000 <= now + 60_000
    assert ask(*script("take", now + 30_000, 1, 3, 0, 0, 0))[0] == 1
    assert ask(*script("take", answer[2] * 1000, 1, 3, 0, 0, 0))[0] == 0


def test_a_clock_that_steps_back_twice(ask):
    """What was granted between the steps is not older than the last one."""
    def take(seconds):
        return ask(*script("take", BEGIN + seconds * 1000, 1, 5, 0, 0, 0))

    assert take(0)[0] == 0
    assert [take(-50)[0] for _ in range(5)] == [0] * 4 + [1]
    refused = take(-70)
    assert refused[0] == 1
    # All of it was granted less than a minute ago.
    assert [take(-59)[0] for _ in range(5)] == [1] * 5
    assert take(-22)[0] == 1
    assert refused[2] * 1000 <= BEGIN - 10_000
    assert take(-10)[0] == 0


def test_a_user_takes_little_room_and_idle_ones_none(ask):
    """Seventeen parts at the most; what nobody uses expires."""
    chance = random.Random(7)
    for step in range(3000):
        now = BEGIN + step * 60_000 + chance.randrange(60_000)
        ask(*script("take", now, 1, 4000, 1 << 47, 0, 0))
        ask(*script("take", now, 1, 4000, 1 << 47, 0, 0))
    assert ask("HLEN", USER) <= 17
    assert ask("MEMORY", "USAGE", USER) < 1024
    assert 86_400 <= ask("TTL", USER) <= 87_000
    ask("FLUSHALL")
    ask(*script("take", now, 1, 4000, 0, 0, 0))
    assert 60 <= ask("TTL", USER) <= 300


def test_bytes_are_exact_beyond_fourteen_digits(ask):
    most = (1 << 48) - 1
    assert ask(*script("take", BEGIN, most - 1, 0, most, 0, 0))[3] == most - 1
    assert ask(*script("take", BEGIN, 2, 0, most, 0, 0))[0] == 2
    assert ask(*script("take", BEGIN, 1, 0, most, 0, 0))[3] == most
    assert ask(*script("take", BEGIN, 1 << 63, 0, most, 0, 0))[:3] == [
        2, BEGIN, 0]
    assert ask(*script("back", BEGIN, most - 1, 0, most, 0)) == [0]
    assert ask(*script("use", BEGIN))[2] == 1


def test_luacheck():
    done = subprocess.run(
        ["luacheck", "--no-color", "--no-cache", "--std", "lua51",
         "--read-globals", "redis", "KEYS", "ARGV", "--",
         str(support.ROOT / "src/quota/redis.lua")],
        text=True, capture_output=True, timeout=support.PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_script_is_that_of_the_build():
    assert SCRIPT in pathlib.Path(support.SLOTD).read_bytes()
