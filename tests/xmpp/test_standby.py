"""The last part of test_component.py, which began what is waited for here."""

from bare import ALICE, BACKOFF, ask, wait_connected
from matrix import log_in
from stanza import parse_slot


def test_the_second_takes_over(standby):
    """At Prosody it meets conflict, and is there 60 seconds later at the
    most if the first is killed; a reload would cut that short."""
    server, second, seen = standby
    wait_connected(second, seen, BACKOFF + 5)
    with log_in(server, ALICE) as alice:
        slot = parse_slot(ask(alice, server, "a.txt", 5))
    assert slot.put.startswith(second.config["public_url"])
