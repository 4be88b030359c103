"""Fixtures of the tests of what lies below deploy/."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(TESTS / "e2e"), str(TESTS / "s3")]

import fixtures  # noqa: E402

program = fixtures.program
start = fixtures.start
start_once = fixtures.start_once
