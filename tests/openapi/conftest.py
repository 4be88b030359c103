"""api/openapi.yaml as code generators see it."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import fixtures  # noqa: E402

program = fixtures.program
start_once = fixtures.start_once
