"""`components` in a configuration: what check and a reload say of it, and that
nothing else needs a caller. The XMPP servers are in tests/xmpp."""

import support
from reloading import failed, reload
from scrape import scrape

SECRET = "not-a-secret-of-a-component"


def config(folder, **over):
    """Of a slotd with one component, which nobody listens for."""
    component = {"jid": "upload.example.org", "secret": SECRET,
                 "port": support.free_port(), **over}
    return support.fs_config(folder, callers=None, components=[component])


def test_check(tmp_path):
    path = support.write_config(
        tmp_path, config(tmp_path / "store", jid="example.org", secret="short",
                         server="192.0.2.1", port=5222))
    done = support.run("check", "-c", path)
    assert (done.returncode, done.stdout) == (0, f"{path}: ok\n".encode())
    assert sorted(line.split(": ")[1]
                  for line in done.stderr.decode().splitlines()) == [
        "components[0]." + name for name in ("jid", "port", "secret",
                                             "server")]


def test_no_command_needs_a_caller(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    assert slotd.ask("GET", "/readyz").status == 200
    for command in (
            ("check",), ("health",), ("user", "juliet@example.org"),
            ("slot", "--jid", "juliet@example.org", "--size", "1", "a.txt"),
            ("files", "juliet@example.org"),
            ("erase", "--dry-run", "juliet@example.org")):
        done = support.run(command[0], "-c", slotd.path, *command[1:])
        assert done.returncode == 0, (command, done)


def test_a_new_secret_is_told_of(start, tmp_path):
    """A stream goes on with the old one; the log does not have either."""
    slotd = start(config(tmp_path / "store"))
    changed = slotd.config
    changed["components"][0]["secret"] = SECRET + "-2"
    said = reload(slotd, changed, "is used at the next connection")
    (line,) = [line for line in said if "setting=" in line]
    assert "level=info msg=reload setting=components.secret " in line
    assert "component=upload.example.org" in line
    assert not [line for line in slotd.lines if SECRET in line]
    said = reload(slotd)
    assert not [line for line in said if "setting=" in line]


def test_one_that_is_removed_is_not_down(start, tmp_path):
    """Or the alert on it would never end."""
    slotd = start(config(tmp_path / "store"))
    up = 'slotd_component_up{component="upload.example.org"} 0\n'
    assert up in scrape(slotd).text
    without = support.fs_config(tmp_path / "store",
                                listen=slotd.config["listen"])
    reload(slotd, without)
    support.wait_for("no sample", lambda: up not in scrape(slotd).text)
    reload(slotd, slotd.config)
    support.wait_for("a sample", lambda: up in scrape(slotd).text)


def test_a_fault_keeps_the_previous(start, tmp_path):
    slotd = start(config(tmp_path / "store"))
    changed = slotd.config
    changed["components"].append(dict(changed["components"][0]))
    said = failed(slotd, changed)
    assert any("components[1].jid: another component already has this jid"
               in line for line in said)
