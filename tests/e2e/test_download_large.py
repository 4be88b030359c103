"""Files that are sent without being read: beyond 64 KiB, without TLS."""

import os
import pathlib
import socket
import urllib.parse

import pytest

import support

SIZES = [1, 65535, 65536, 65537, 131072, 131073, 262144, 262145, 5_000_001]


def path_of(fs, url):
    return pathlib.Path(fs.config["storage"]["path"]) / "files" / \
        urllib.parse.unquote(url.split("/f/")[1])


def store(fs, data):
    answer = fs.slot(size=len(data))
    assert support.fetch("PUT", answer["put"], data).status == 201
    return answer["get"]


def get(url, first, last):
    return support.fetch("GET", url, headers={"Range": f"bytes={first}-{last}"})


def assert_given(url, data):
    """Whole, and all sorts of parts."""
    size = len(data)
    reply = support.fetch("GET", url)
    assert (reply.status, reply.body) == (200, data)
    assert reply.headers["Content-Length"] == str(size)
    for first, last in [(0, 0), (size - 1, size - 1), (1, size - 1),
                        (4095, 4097), (70_000, 140_000), (4096, 135_167),
                        (4096, 135_168), (1_000_000, 4_300_000)]:
        if first >= size:
            continue
        reply = get(url, first, last)
        assert reply.status == 206
        assert reply.body == data[first:last + 1], (first, last)


@pytest.mark.parametrize("size", SIZES)
def test_sizes(keeper, size):
    data = os.urandom(size)
    assert_given(store(keeper, data), data)


@pytest.mark.parametrize("size", SIZES)
def test_not_in_memory(start, tmp_path, size):
    """The disk is asked by the pool, for what the system has dropped."""
    fs = start(support.fs_config(tmp_path / "store"))
    data = os.urandom(size)
    url = store(fs, data)
    with path_of(fs, url).open("rb") as file:
        for _ in range(2):
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            assert support.fetch("GET", url).body == data
    assert_given(url, data)


def test_never_in_memory(start, tmp_path, preload, monkeypatch):
    """A file system that has a cache of its own, or none."""
    asked = tmp_path / "asked"
    preload("no_cache.c")
    monkeypatch.setenv("NO_CACHE", str(asked))
    fs = start(support.fs_config(tmp_path / "store"))
    for size in SIZES:
        data = os.urandom(size)
        assert_given(store(fs, data), data)
    assert len(asked.read_text()) > len(SIZES)


def test_of_another_user(start, tmp_path):
    """What is in memory is not told of others' files: they are read."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    fs = start(support.fs_config(tmp_path / "store"))
    data = os.urandom(3_000_000)
    url = store(fs, data)
    os.chown(path_of(fs, url), 12345, 12345)
    assert_given(url, data)


def test_cut_meanwhile(start, tmp_path):
    """A file that has become shorter: the connection ends, for the length was
    promised."""
    fs = start(support.fs_config(tmp_path / "store"))
    size = 64 << 20
    url = store(fs, os.urandom(1 << 20) * 64)
    address, target = support.split_url(url)
    with socket.create_connection(address, support.PATIENCE) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        os.truncate(path_of(fs, url), 1 << 20)
        total = sum(iter(lambda: len(sock.recv(1 << 20)), 0))
        assert total < size
    fs.wait_line(f"route=/f/ .*size={size} status=200 .*ended=early")
    assert fs.healthy()


def test_many_at_once(start, tmp_path):
    """Each gets its own file, whatever numbers descriptors have."""
    fs = start(support.fs_config(tmp_path / "store"))
    files = [os.urandom(300_000) for _ in range(6)]
    urls = [store(fs, data) for data in files]
    for _ in range(4):
        socks = []
        for url in urls:
            address, target = support.split_url(url)
            sock = socket.create_connection(address, support.PATIENCE)
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n"
                         "Connection: close\r\n\r\n".encode())
            socks.append(sock)
        for sock, data in zip(socks, files):
            with sock, sock.makefile("rb") as answer:
                assert answer.read().partition(b"\r\n\r\n")[2] == data


def test_the_type_is_not_that_of_before(start, tmp_path):
    """Attributes are remembered until they change."""
    fs = start(support.fs_config(tmp_path / "store"))
    url = store(fs, b"abc")
    path = path_of(fs, url)
    for kind in "image/png", "text/csv", "image/png", "audio/ogg":
        # Until the time stamp moves, which it does with the clock's ticks.
        before = path.stat().st_ctime_ns
        while path.stat().st_ctime_ns == before:
            os.setxattr(path, "user.mime_type", kind.encode())
        for _ in range(3):
            assert support.fetch("GET", url).headers["Content-Type"] == kind
