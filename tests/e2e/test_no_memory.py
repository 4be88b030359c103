"""What lacks memory is not told as the client's fault."""

import pytest

import dialects
import support


@pytest.mark.skipif(support.SANITIZED, reason="it has a malloc of its own")
def test_a_body_that_cannot_be_kept(start, tmp_path, preload):
    preload("no_memory.c")
    slotd = start(support.fs_config(
        tmp_path / "store", callers=dialects.callers()))
    for length, status in ((4999, 200), (5000, 503), (5001, 200)):
        reply = slotd.post(support.slot_body(filename="a" * length))
        assert reply.status == status, reply
        if status == 503:
            support.assert_problem(reply, "unavailable")
        ticket = dialects.Pass(
            "jwt", f"of{length}/a", 4, "text/plain", later="a" * length)
        reply = slotd.ask("PUT", ticket.put, b"data", ticket.headers)
        assert reply.status == {200: 201, 503: 503}[status], reply
    slotd.wait_line(r"route=/slot .*status=503 code=unavailable")
