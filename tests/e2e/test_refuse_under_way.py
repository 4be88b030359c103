"""A refusal reaches a client that writes everything before it reads.

A server that closes with the body unread makes the kernel send a reset, and
the reset destroys the answer that was on its way.
"""

import http.client
import socket

import pytest

import front
import support

BODY = b"\xa5" * (20 * 10**6)
TIMES = 20


@pytest.fixture(scope="module")
def nginx(fs, tmp_path_factory):
    with front.Front(tmp_path_factory.mktemp("nginx"), fs.address[1]) as nginx:
        yield "127.0.0.1", nginx.port


@pytest.fixture(params=["directly", "through nginx"])
def door(request, fs):
    if request.param == "directly":
        return fs.address
    return request.getfixturevalue("nginx")


def write_all_then_read(address, method, target, headers=()):
    """The whole body first; a failing write is the failure that is meant."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1",
             f"Content-Length: {len(BODY)}", *headers]
    with socket.create_connection(address, support.PATIENCE) as sock:
        sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        sock.sendall(BODY)
        response = http.client.HTTPResponse(sock, method=method)
        response.begin()
        return support.Reply(response, response.read())


def assert_arrives(door, code, method, target, headers=()):
    for _ in range(TIMES):
        reply = write_all_then_read(door, method, target, headers)
        support.assert_problem(reply, code)


def test_forged(fs, door):
    assert_arrives(door, "slot-invalid", "PUT", "/u/forged/a/b.jpg")


def test_already_there(fs, door):
    answer = fs.slot(size=len(BODY))
    assert support.fetch("PUT", answer["put"], BODY).status == 201
    target = support.split_url(answer["put"])[1]
    assert_arrives(door, "already-exists", "PUT", target)


def test_another_length(fs, door):
    target = support.split_url(fs.slot(size=5)["put"])[1]
    assert_arrives(door, "length-mismatch", "PUT", target)


def test_not_found(fs, door):
    assert_arrives(door, "not-found", "PUT", "/nothing/here")


def test_slot_request(fs, door):
    assert_arrives(door, "body-too-large", "POST", "/slot",
                   ["Content-Type: application/json"])


def test_chunked(fs, door):
    """Nobody knows how long it will be; it is refused all the same."""
    target = support.split_url(fs.slot(size=5)["put"])[1]
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for _ in range(TIMES):
        with socket.create_connection(door, support.PATIENCE) as sock:
            sock.sendall(f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n".encode())
            # At once: slotd reads on for some seconds only.
            sock.sendall(80 * piece + b"0\r\n\r\n")
            response = http.client.HTTPResponse(sock)
            response.begin()
            reply = support.Reply(response, response.read())
            support.assert_problem(reply, "length-required")


def test_uploads_through_nginx(fs, nginx):
    answer = fs.slot(size=len(BODY))
    target = support.split_url(answer["put"])[1]
    reply = support.request(nginx, "PUT", target, BODY)
    assert reply.status == 201
    target = support.split_url(answer["get"])[1]
    assert support.request(nginx, "GET", target).body == BODY
