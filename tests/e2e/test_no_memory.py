"""What lacks memory is not told as the client's fault, and ends at once."""

import http.client
import signal

import pytest

import allocations
import dialects
import stub_store
import support

pytestmark = pytest.mark.skipif(
    support.SANITIZED, reason="it has a malloc of its own")


def test_a_body_that_cannot_be_kept(start, tmp_path, preload):
    preload("no_memory.c")
    slotd = start(support.fs_config(
        tmp_path / "store", callers=dialects.callers()))
    for length, status in ((4999, 200), (5000, 503), (5001, 200)):
        # Jansson reads it, for there is a member that slotd does not know.
        reply = slotd.post(support.slot_body(filename="a" * length, later=1))
        assert reply.status == status, reply
        if status == 503:
            support.assert_problem(reply, "unavailable")
        ticket = dialects.Pass(
            "jwt", f"of{length}/a", 4, "text/plain", later="a" * length)
        reply = slotd.ask("PUT", ticket.put, b"data", ticket.headers)
        assert reply.status == {200: 201, 503: 503}[status], reply
    slotd.wait_line(r"route=/slot .*status=503 code=unavailable")


def put(slotd, data, failing, nth):
    """Of an upload during which this allocation fails: its status, or None
    when it was cut off, and whether it came so far."""
    target = support.split_url(slotd.slot(size=len(data))["put"])[1]
    failing.fail(nth=nth)
    try:
        status = slotd.ask("PUT", target, data).status
    except (ConnectionError, http.client.HTTPException):
        status = None
    failed = failing.failed
    failing.fail()
    return status, failed


@pytest.mark.parametrize("again", [False, True])
def test_each_allocation_of_a_relayed_upload(
        start, tmp_path, preload, monkeypatch, again):
    """On a connection that is new, or was used before. No upload waits for
    what does not come, and the next one is well."""
    data = b"0123456789abcdef" * 10000
    preload("nth_malloc.c")
    failing = allocations.Allocations(tmp_path / "allocations")
    monkeypatch.setenv("NTH_MALLOC", str(tmp_path / "allocations"))
    with stub_store.Store(keep=False) as store:
        slotd = start(stub_store.config(
            store, tmp_path / "slotd", limits={"body_timeout": 3600}))
        assert put(slotd, data, failing, 0) == (201, 0)
        nth = failed = 1
        while failed:
            if not again:
                store.drop_all()
            status, failed = put(slotd, data, failing, nth)
            assert status in ((201, 503, None) if failed else (201,)), nth
            assert put(slotd, data, failing, 0) == (201, 0), nth
            nth += 1
        assert 10 < nth < 1000


@pytest.mark.skipif(support.is_script(), reason="the shell's would fail")
def test_each_allocation_of_a_command(tmp_path, preload, monkeypatch):
    """libc does not abort for want of memory for what threads need. (Without
    memory libconfig itself ends in several ways, by its version; `serve` lets
    another process read.)"""
    preload("nth_malloc.c")
    failing = allocations.Allocations(tmp_path / "allocations")
    monkeypatch.setenv("NTH_MALLOC", str(tmp_path / "allocations"))
    path = support.write_config(tmp_path, support.s3_config())
    failing.fail()
    assert support.run("check", "-c", path).returncode == 0
    for nth in range(1, failing.count + 1):
        failing.fail(nth=nth)
        done = support.run("check", "-c", path)
        assert done.returncode in (0, 1) or b"libconfig" in done.stderr or (
            done.returncode == -signal.SIGSEGV), (nth, done)
