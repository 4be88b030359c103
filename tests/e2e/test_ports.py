"""Suites that run side by side do not get into each other's way."""

import os
import pathlib
import subprocess
import sys

import configs


def test_another_process_gets_other_ports():
    port, own = configs.free_port(), 100000 + os.getpid()
    done = subprocess.run(
        [sys.executable, "-c", "import configs, sys; "
         "print([configs.reserve_port(int(port)) for port in sys.argv[1:]])",
         *map(str, (port, port, own, own))], capture_output=True, text=True,
        cwd=pathlib.Path(__file__).parent, timeout=60)
    assert done.stdout == "[False, False, True, False]\n", done
