"""make install and make help."""

import subprocess

import house


def run(*command, **options):
    return subprocess.run(
        command, cwd=house.ROOT, text=True, capture_output=True, **options)


def test_install(tmp_path):
    build = house.SLOTD.rpartition("/")[0]
    # Only what is built already is installed: no compiler runs here.
    done = run("make", f"BUILD={build}", f"DESTDIR={tmp_path}", "PREFIX=/usr",
               "-o", "all", "install")
    assert done.returncode == 0, done.stderr
    program = tmp_path / "usr/bin/slotd"
    assert program.stat().st_mode & 0o777 == 0o755
    version = run(str(program), "--version")
    assert version.returncode == 0 and version.stdout
    docs = {path.name for path in (tmp_path / "usr/share/doc/slotd").iterdir()}
    assert docs == {"README.md", "LICENSE", "openapi.yaml",
                    "slotd.conf.example"}


def test_help_names_the_targets():
    done = run("make", "help")
    targets = {line.split()[0] for line in done.stdout.splitlines()}
    assert targets >= {
        "all", "demo", "check", "check-unit", "check-e2e", "check-house",
        "check-asan", "lint", "fmt", "install", "help"}
