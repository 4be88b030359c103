"""The modules' own compilers and linters have nothing to say."""

import subprocess

import pytest

import ejabberd
import prosody
import support


def luacheck(*paths):
    return subprocess.run(
        ["luacheck", "--no-color", "--no-cache", *paths], text=True,
        stdin=subprocess.DEVNULL, capture_output=True,
        timeout=support.PATIENCE)


def test_lua():
    done = luacheck(prosody.MODULES, prosody.LAB)
    assert done.returncode == 0, done.stdout + done.stderr


def test_erlang(tmp_path):
    beams = {path.name for path in ejabberd.compile_module(tmp_path).iterdir()}
    assert "mod_http_upload_slotd.beam" in beams


def test_they_can_tell(tmp_path):
    module = tmp_path / "mod_x.lua"
    module.write_text("local unused = 1;\n")
    assert luacheck(module).returncode == 1
    (tmp_path / "x.erl").write_text(
        "-module(x).\n-export([f/1]).\nf(Unused) -> ok.\n")
    with pytest.raises(AssertionError, match="is unused"):
        ejabberd.compile_module(tmp_path, tmp_path)
