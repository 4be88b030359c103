"""Clients that have said all and wait for the answer (nc -N)."""

import socket
import threading

import pytest

import dialects
import stub_store
import support

DATA = b"bytes of a test\n"
AT_ONCE = 12
TIMES = 10


def half_closed(address, data):
    """What comes until the end, of a client that closed its own half."""
    with socket.create_connection(address, support.PATIENCE) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return sock.makefile("rb").read()


def head(line, body=b"", *headers):
    lines = [line + " HTTP/1.1", "Host: x", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask_for_a_slot(slotd):
    body = support.slot_body(size=len(DATA), filename="a.txt")
    return half_closed(slotd.address, head(
        "POST /slot", body, "Content-Type: application/json",
        "Authorization: " + support.authorization(body=body)))


def answered(answer, status):
    """One whole answer, and then the end."""
    assert support.statuses(answer) == [status], answer
    lines, _, body = answer.partition(b"\r\n\r\n")
    for line in lines.split(b"\r\n"):
        if line.lower().startswith(b"content-length: "):
            assert int(line[16:]) == len(body)
    return body


@pytest.fixture(scope="module")
def slotd(start_once, tmp_path_factory):
    return start_once(support.fs_config(
        tmp_path_factory.mktemp("store"), callers=dialects.callers(),
        limits={"connections_per_address": 0}))


def test_slots(slotd):
    """Many at once, so that some wait for the disk."""
    answers = []

    def ask():
        for _ in range(TIMES):
            answers.append(ask_for_a_slot(slotd))

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == AT_ONCE * TIMES
    for answer in answers:
        answered(answer, 200)


def test_upload_and_download(slotd):
    for number in range(TIMES):
        one = dialects.Pass("external-v1", f"n{number}/a.txt", len(DATA))
        answer = half_closed(
            slotd.address, head("PUT " + one.put, DATA))
        answered(answer, 201)
        answer = half_closed(slotd.address, head("GET " + one.get))
        assert answered(answer, 200) == DATA
        answer = half_closed(slotd.address, head("GET " + one.get + "x"))
        answered(answer, 404)


def test_a_large_file(slotd):
    """More than one read of the disk, and more than sockets hold."""
    data = DATA * (1 << 18)
    one = dialects.Pass("external-v1", "large/a.txt", len(data))
    answered(half_closed(slotd.address, head("PUT " + one.put, data)), 201)
    answer = half_closed(slotd.address, head("GET " + one.get))
    assert answered(answer, 200) == data


def test_through_the_relay(start, tmp_path):
    with stub_store.Store() as store:
        slotd = start(stub_store.config(store, tmp_path))
        for _ in range(TIMES):
            put = slotd.slot(size=len(DATA))["put"]
            _, target = support.split_url(put)
            answered(half_closed(
                slotd.address, head("PUT " + target, DATA)), 201)


def test_a_body_that_ends_too_early(slotd):
    """Is no upload, and the connection does not stay."""
    one = dialects.Pass("external-v1", "early/a.txt", len(DATA))
    whole = head("PUT " + one.put, DATA)
    assert half_closed(slotd.address, whole[:-1]) == b""
    assert slotd.ask("GET", one.get).status == 404
