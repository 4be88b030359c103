"""Each IPv6 /64 counts as one address: seen in a network of its own."""

import concurrent.futures
import ctypes
import os
import shutil
import socket
import subprocess

import pytest

import support
from dial import Lines

CLONE_NEWNET = 0x40000000


def is_there(address):
    """Nothing is sent: the kernel only looks for a way, from it and to it."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
            sock.connect((address, 9))
        except OSError:
            return False
    return True


def in_a_network_of_its_own(addresses, test):
    """Runs test in a thread whose network, and its children's, is new."""
    ip = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert ip, "`ip` is missing: tests/packages.sh check installs it"
    libc = ctypes.CDLL(None, use_errno=True)

    def run():
        if libc.unshare(CLONE_NEWNET) != 0:
            return "a network namespace: " + os.strerror(ctypes.get_errno())
        for args in ("link set lo up", *(
                f"-6 addr add {x}/128 dev lo nodad" for x in addresses)):
            done = subprocess.run(
                [ip, *args.split()], capture_output=True, text=True,
                timeout=support.PATIENCE)
            if done.returncode:
                return f"ip {args}: {done.stderr.strip()}"
        # The kernel takes an address in hand, and gives it its route later.
        for address in addresses:
            support.wait_for(address, lambda: is_there(address))
        test()
        return None
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        missing = pool.submit(run).result()
    if missing:
        pytest.skip(missing)


SERVER = "fd00::1"
FIRST = ["fd00:0:0:1::1", "fd00:0:0:1:ffff:ffff:ffff:ffff",
         "fd00:0:0:1:8000::"]
SECOND, THIRD, PROXY = "fd00:0:0:2::1", "fd00:0:1:1::1", "fd00:0:0:9::1"


def test_networks_of_64_bits(start):
    def test():
        slotd = start(support.s3_config(
            listen={"address": "::"},
            limits={"connections_per_address": 3, "header_timeout": 600},
            trusted_proxies=["fd00:0:0:9::/64"]))
        with Lines((SERVER, slotd.address[1])) as lines:
            assert lines.served(2, FIRST[0]) == 2
            assert lines.served(2, FIRST[1]) == 1
            assert lines.served(1, FIRST[2]) == 0
            assert lines.served(4, SECOND) == 3
            assert lines.served(4, THIRD) == 3
            assert lines.served(5, PROXY) == 5
            found = slotd.wait_line("connections_per_address reached")
            assert "client=fd00::1:ffff:ffff:ffff:ffff " in found
        slotd.stop()
    in_a_network_of_its_own([SERVER, *FIRST, SECOND, THIRD, PROXY], test)


HOME = ["fd00:0:0:%x::1" % (0x100 + i) for i in range(5)]


def test_a_subscriber_of_many_networks(start):
    """All of a /56 have 4 times what a /64 has."""
    def test():
        slotd = start(support.s3_config(
            listen={"address": "::"},
            limits={"connections_per_address": 2, "header_timeout": 600},
            trusted_proxies=[]))
        with Lines((SERVER, slotd.address[1])) as lines:
            served = [lines.served(3, one) for one in HOME]
            assert served == [2, 2, 2, 2, 0]
            assert lines.served(3, SECOND) == 2
        slotd.stop()
    in_a_network_of_its_own([SERVER, SECOND, *HOME], test)
