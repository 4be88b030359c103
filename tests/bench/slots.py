"""What a slot costs beside an empty reply."""

import support
from figures import AT_LEAST, Figure, say
from programs import bare, load, nginx, slotd

GROUP = "Slots"


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


def measure(folder, rounds):
    results = []
    with slotd(folder, support.s3_config()) as ours:
        reply = sample(ours)
        text = "x" * len(reply.body)
        with bare(reply) as floor, nginx(
                folder, f"location / {{ return 200 {text}; }}") as other:
            for number in range(rounds):
                say(f"slots, round {number + 1}")
                results.append([load(ours), *(
                    load(program, ready=10000, after="again")
                    for program in (floor, other))])
    return list(figures(results))


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
