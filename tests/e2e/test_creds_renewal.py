"""Temporary credentials that come to their end.

They are for an hour, and slotd's clock is moved instead of waiting.
"""

import pytest

import aws
import support
from test_creds import (assert_no_secret, assert_signed, is_ready, lack,
                        signer_of)

pytestmark = pytest.mark.usefixtures("no_aws")

# They are renewed at the latest a quarter of an hour before their end; at SOON
# slots end when they do.
SOON, OVER = 3100, 3700


@pytest.mark.parametrize("word", aws.USE)
def test_renewed_before_they_end(start, monkeypatch, server, tmp_path, clock,
                                 word):
    """In the background, with the token file as it is by then."""
    token = aws.USE[word](monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config()))

    def signer():
        return signer_of(clock.slot(slotd))

    assert signer() == "ASIAFAKE0001"
    before = len(server.calls)
    if token:
        token.write_text("another-fake-one")
    server.fault = aws.hanging
    server.lifetime = 2 * 3600
    clock.move(SOON)
    call = server.wait_calls(before + 1)
    # While it hangs slots are made with the old ones.
    assert signer() == "ASIAFAKE0001"
    server.released.set()
    support.wait_for("the new ones", lambda: signer() == "ASIAFAKE0002")
    assert is_ready(slotd)
    assert_no_secret(slotd, "another-fake-one")
    if word == "web-identity":
        assert dict(call.form)["WebIdentityToken"] == "another-fake-one"
    elif word == "container":
        assert call.headers["authorization"] == "another-fake-one"
    else:
        assert call.target == "/latest/api/token"


def test_old_ones_serve_until_they_end(start, monkeypatch, server, tmp_path,
                                       clock):
    aws.use_sts(monkeypatch, server, tmp_path)
    slotd = aws.ready(start(aws.config()))
    ends = aws.stamp(server.given[0].expires)
    server.fault = aws.denied
    reason = ("STS answered 403 AccessDenied: Not authorized to perform "
              '"sts:AssumeRoleWithWebIdentity"')
    clock.move(SOON)
    line = slotd.wait_line("credentials cannot be renewed")
    assert "level=warn" in line and "source=auto" in line
    assert reason.replace('"', '\\"') in line
    assert f"expires={server.given[0].expires}" in line
    assert clock.slot(slotd)["expires"] == ends
    assert is_ready(slotd)
    clock.move(OVER)
    line = slotd.wait_line('msg="no credentials"')
    assert "level=error" in line and reason.replace('"', '\\"') in line
    assert line.split()[0].removeprefix("ts=") >= ends
    support.assert_problem(clock.post(slotd), "unavailable")
    assert lack(slotd) == reason
    assert slotd.ask("GET", "/healthz").status == 200
    server.lifetime, server.fault = 2 * 3600, aws.well
    line = slotd.wait_line("credentials are back")
    assert "level=info" in line
    assert_signed(
        monkeypatch, clock.slot(slotd), server.given[1].storage())
    assert is_ready(slotd)
    assert sum("cannot be renewed" in line for line in slotd.lines) == 1
    assert_no_secret(slotd)


def endless(server, call):
    """They name no end, and are asked for every quarter of an hour."""
    text, kind = aws.document(server.give())
    return 200, text.replace('"Expiration"', '"X"'), kind


def test_a_clock_that_was_ahead(start, monkeypatch, server, tmp_path, clock):
    """They are asked for at once, and not five hours and a quarter later."""
    aws.use_container(monkeypatch, server, tmp_path)
    server.fault = endless
    clock.move(5 * 3600)
    slotd = aws.ready(start(aws.config()))
    assert signer_of(clock.slot(slotd)) == "ASIAFAKE0001"
    clock.move(0)
    server.wait_calls(2)
    support.wait_for("the new ones", lambda: (
        signer_of(clock.slot(slotd)) == "ASIAFAKE0002"))
    assert len(server.calls) == 2
