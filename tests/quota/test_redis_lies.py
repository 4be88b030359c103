"""What answers is broken, or no Redis: nothing of it is taken for true, and
nobody gets what was meant for another."""

import pytest

import fake
import support

GRANTED = fake.numbers(0, 1_800_000_000_000, 0, 0)
LIMITED = fake.numbers(1, 1_800_000_000_000, 1_800_000_060, 0)
NONCE = ("c", "n0nce-1234", "x", 2_000_000_000)


@pytest.fixture
def liar():
    server = fake.Fake()
    yield server
    server.close()


@pytest.fixture
def one(liar, drive):
    """A part that has found it good."""
    driver = drive(address="127.0.0.1", port=liar.port, pool=1,
                   timeout_ms=support.PATIENCE * 1000)
    assert driver.take(slots=1)[0] == "ok"
    return driver


@pytest.mark.parametrize("answer", (
    b"+OK\r\n", b":0\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n",
    fake.numbers(0, 1, 0), fake.numbers(0, 1, 0, 0, 0),
    b"*4\r\n:0\r\n:1\r\n:0\r\n$1\r\n0\r\n", GRANTED + b"\r\n",
    GRANTED + GRANTED), ids=repr)
def test_another_form(liar, one, answer):
    liar.answers["take"] = answer
    assert one.take(slots=1)[0] == "unavailable"
    assert "what answers is not Redis" in one.hear("warning")
    stats = one.stats()
    assert stats["connection"] == 1 and stats["undone"] == 1
    one.hear("works again")
    assert one.take(slots=1)[0] == "ok"
    assert liar.asked.count("probe") == 2


def test_an_answer_too_many_is_nobody_elses(liar, one):
    liar.answers["take"] = GRANTED + GRANTED
    assert one.take(slots=1)[0] == "unavailable"
    one.hear("works again")
    liar.answers["take"] = LIMITED
    assert one.take("romeo@example.org", slots=1)[0] == "rate-limited"


@pytest.mark.parametrize("answer", (
    b"*1000000000\r\n", b"*17\r\n", b"*4\r\n*17\r\n",
    b"$1000000000\r\n" + b"x" * 20000), ids=lambda answer: answer[:20])
def test_more_than_an_answer_can_be(liar, one, answer):
    """Refused by its head: neither waited for nor given room."""
    liar.answers["take"] = answer
    assert one.take(slots=1)[0] == "unavailable"
    one.hear("does not speak Redis' protocol")
    one.hear("works again")
    assert one.take(slots=1)[0] == "ok"


@pytest.mark.parametrize("ask, name, answer", (
    (("nonce", *NONCE), "SET", b":1\r\n"),
    (("nonce", *NONCE), "SET", GRANTED),
    (("reset", "juliet@example.org"), "reset", b"+OK\r\n"),
    (("reset", "juliet@example.org"), "reset", b"$-1\r\n"),
    (("reset", "juliet@example.org"), "reset", b":1\r\n")))
def test_other_calls(liar, one, ask, name, answer):
    liar.answers[name] = answer
    assert one.ask(*ask) == ["unavailable"]
    one.hear("what answers is not Redis")
    one.hear("works again")
    assert one.ask(*ask) == ["ok"]


@pytest.mark.parametrize("number", (-1, -(1 << 63), (1 << 53) + 1,
                                    (1 << 63) - 1))
@pytest.mark.parametrize("place", range(4))
def test_a_number_that_cannot_be(liar, one, number, place):
    values = [0, 1_800_000_000_000, 0, 0]
    values[place] = number
    liar.answers["take"] = fake.numbers(*values)
    assert one.take(slots=1)[0] == "unavailable"
    one.hear("a number that cannot be")
    assert one.take(slots=1)[0] == "ok"


def test_the_largest_number(liar, one):
    liar.answers["take"] = fake.numbers(0, 1, 0, 1 << 53)
    assert one.take(slots=1, bytes=1)[2] == 1 << 53


def test_a_probe_of_another_form(liar, drive):
    liar.answers["probe"] = b"+OK\r\n"
    one = drive(address="127.0.0.1", port=liar.port)
    one.hear("what answers is not Redis")
    one.hear("works again")
    assert one.take(slots=1)[0] == "ok"
