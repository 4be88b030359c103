"""A slot whose answer reaches nobody is not left counted."""

import threading

import pytest

import fake
import support
from dial import Line


class Slow(fake.Fake):
    """Says what it has counted when it is told to."""

    def __init__(self):
        self.asked_to_take = threading.Event()
        self.go_on = threading.Event()
        super().__init__()

    def answer(self, words):
        answer = super().answer(words)
        if self.asked[-1] == "take":
            self.asked_to_take.set()
            self.go_on.wait(support.PATIENCE)
        return answer


@pytest.fixture
def slow():
    server = Slow()
    yield server
    server.go_on.set()
    server.close()


@pytest.fixture
def slotd(slow, start):
    return start(support.s3_config(
        policy={"bytes_per_day": 1 << 20},
        quota={"type": "redis", "address": "127.0.0.1", "port": slow.port,
               "timeout": 10000, "on_error": "refuse"}))


def asked(slotd):
    body = support.slot_body()
    line = Line(slotd.address)
    line.send((
        "POST /slot HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {support.authorization(body=body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
    return line


def test_a_client_that_has_gone(slow, slotd):
    line = asked(slotd)
    assert slow.asked_to_take.wait(support.PATIENCE)
    line.reset()
    slow.go_on.set()
    slotd.wait_line("route=/slot .*ended=early")
    support.wait_for("the slot's return", lambda: "back" in slow.asked)
    assert slow.asked.count("take") == slow.asked.count("back") == 1


def test_a_client_that_has_its_answer(slow, slotd):
    line = asked(slotd)
    slow.go_on.set()
    assert line.reply().status == 200
    line.close()
    slotd.wait_line("route=/slot .*status=200")
    slotd.stop()
    assert slow.asked.count("take") == 1 and "back" not in slow.asked
