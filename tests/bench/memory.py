"""What slotd keeps in memory: idle, with many connections, after a flood."""

import contextlib
import resource
import socket
import time

import support
from figures import Figure, say
from programs import AS_USUAL, resident, slotd

GROUP = "Resident memory"
BOUND = 14
CONNECTIONS = 1000
FLOOD = 4000
PATIENCE = 5    # seconds in which a flood's memory is to be given back


def ask(port, pad=0):
    """A signed request."""
    body = support.slot_body(
        jid="juliet@example.org/balcony", filename="très cool.jpg",
        size=23456, content_type="image/jpeg", ignored="x" * pad)
    line = support.authorization(body=body)
    return (f"POST /slot HTTP/1.1\r\nHost: x\r\nAuthorization: {line}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def answered(sock):
    answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 "), answer


def connect(stack, port):
    sock = socket.create_connection(("127.0.0.1", port), support.PATIENCE)
    return stack.enter_context(sock)


def with_connections(program):
    """MiB while they are open, and each has got a slot."""
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            sock = connect(stack, program.port)
            sock.sendall(ask(program.port))
            answered(sock)
        return resident(program.pid)


def after_flood(program):
    """MiB, a while after as many connections as may be have each sent the
    largest request there is, all at once."""
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(FLOOD):
            text = ask(program.port, 16000)
            sock = connect(stack, program.port)
            sock.sendall(text[:-1])
            socks.append((sock, text[-1:]))
        for sock, end in socks:
            sock.sendall(end)
            answered(sock)
        most = resident(program.pid)
    end = time.monotonic() + PATIENCE
    while (left := resident(program.pid)) > BOUND:
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    return most, left


def one_round(folder):
    config = support.s3_config(limits={"connections": FLOOD + 96})
    config["listen"].update(AS_USUAL)
    with slotd(folder, config) as program:
        idle = resident(program.pid)
        return (idle, with_connections(program), *after_flood(program))


def measure(folder, rounds):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * FLOOD
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    results = []
    for number in range(rounds):
        say(f"memory, round {number + 1}")
        results.append(one_round(folder))
    idle, held, most, left = zip(*results)
    return [
        Figure(GROUP, "idle", idle, unit="MiB"),
        Figure(GROUP, f"{CONNECTIONS:,} connections that have a slot", held,
               bound=BOUND, unit="MiB"),
        Figure(GROUP, f"{PATIENCE} s after a flood", left, bound=BOUND,
               unit="MiB", note=f"of {FLOOD:,} requests of 16 KB at once, "
               f"in which it had {max(most):.0f} MiB")]
