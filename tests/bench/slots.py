"""What a slot costs beside an empty reply."""

import support
from figures import AT_LEAST, Figure, say
from programs import bare, load, nginx, slotd

GROUP = "Slots"
# For who answers with a constant: the same requests may come again.
CONSTANT = {"ready": 10000, "after": "again"}
TURNS = 3   # of all of them, a round


def sample(program):
    """A slot's reply."""
    body = support.slot_body(
        jid="juliet@example.org/balcony", filename="très cool.jpg",
        size=23456, content_type="image/jpeg")
    reply = support.request(
        ("127.0.0.1", program.port), "POST", "/slot", body, [
            ("Content-Type", "application/json"),
            ("Authorization", support.authorization(body=body))])
    assert reply.status == 200, reply
    return reply


def one_turn(ours, floor, other, number):
    """What each load gives; who is first changes."""
    programs = [(ours, {}), (floor, CONSTANT), (other, CONSTANT)]
    order = programs if number % 2 else programs[::-1]
    given = {program: load(program, **options) for program, options in order}
    return [given[program] for program, _ in programs]


def one_round(folder, number):
    """Of a slotd that is new, so that its nonces do not get more and more."""
    with slotd(folder, support.s3_config()) as ours:
        reply = sample(ours)
        text = "x" * len(reply.body)
        with bare(reply) as floor, nginx(
                folder, f"location / {{ return 200 {text}; }}") as other:
            for turn in range(TURNS):
                say(f"slots, round {number + 1}, turn {turn + 1}")
                yield one_turn(ours, floor, other, turn)


def measure(folder, rounds):
    return list(figures([result for number in range(rounds)
                         for result in one_round(folder, number)]))


def ratios(results, name, a, b):
    return [result[a][name] / result[b][name] for result in results]


def middle(results, name, which, scale=1):
    values = sorted(result[which][name] * scale for result in results)
    return values[len(values) // 2]


def figures(results):
    ours, floor, other = 0, 1, 2
    yield Figure(
        GROUP, "CPU, over bare libmicrohttpd's",
        ratios(results, "cpu", ours, floor), bound=2.0,
        note="%.1f us a slot, %.1f us a bare reply" % (
            middle(results, "cpu", ours, 1e6),
            middle(results, "cpu", floor, 1e6)))
    yield Figure(
        GROUP, "throughput, of nginx's `return 200`",
        ratios(results, "rate", ours, other), AT_LEAST, 0.6,
        note="{:,.0f} and {:,.0f} a second, one thread each".format(
            middle(results, "rate", ours), middle(results, "rate", other)))
    yield Figure(
        GROUP, "p99, over nginx's", ratios(results, "p99", ours, other),
        bound=2.0, note="%.2f and %.2f ms, 64 connections" % (
            middle(results, "p99", ours, 1e-3),
            middle(results, "p99", other, 1e-3)))
