"""slotd-sweep.service and its timer under a real systemd, as
deploy/systemd/README.md and deploy/prometheus/README.md say."""

import re

import pytest

import stub_bucket
import stub_store
import support
import test_booted

machine = test_booted.machine
service = test_booted.service
ENDED = "20200101T000000Z/AbCdEfGhIjKlMnOpQrStUv/cat.jpg"
STAYS = "never/AbCdEfGhIjKlMnOpQrStUv/cat.jpg"


@pytest.fixture
def swept(machine, service):
    """A service in front of a bucket, with a janitor's key that it cannot
    read: as the README makes it."""
    bucket = stub_bucket.Bucket({ENDED: 3, STAYS: 5})
    command = re.search(r"^sudo (install .* /etc/slotd/janitor\.secret)",
                        (test_booted.UNITS / "README.md").read_text(), re.M)[1]
    with stub_store.Store(bucket) as store:
        machine.run("sh", "-c", "echo " + support.ACCESS_SECRET + "|"
                    + command)
        service.configure(support.s3_config(
            storage={"bucket_url": store.url, "janitor": {
                "access_key_id": "AKIAJANITOR",
                "access_key_secret_file": "/etc/slotd/janitor.secret"}},
            policy={"keep": "30 days"}))
        service.ctl("start", "slotd")
        yield bucket
        service.ctl("stop", "slotd-sweep.timer", "slotd-sweep.service")
        service.ctl("reset-failed", "slotd-sweep.service", check=False)


def test_sweep(machine, service, swept):
    """By its timer; and the service goes on without the secret, which it
    cannot have."""
    as_user = ["runuser", "-u", "slotd", "--"]
    assert machine.run(*as_user, "cat", "/etc/slotd/janitor.secret",
                       check=False).returncode == 1
    service.ctl("start", "slotd-sweep.timer")
    assert service.ctl("show", "-P", "Unit", "slotd-sweep.timer"
                       ).stdout == "slotd-sweep.service\n"
    service.ctl("start", "slotd-sweep")
    assert set(swept.sizes) == {STAYS}
    said = machine.journal("slotd-sweep")
    assert "storage default: listed 1, removed 1 (3 bytes), kept 0" in said
    test_booted.reload(machine)
    service.slot()
    check = machine.run("runuser", "-u", "slotd-sweep", "--", "slotd", "check")
    assert "janitor" not in check.stderr
    check = machine.run(*as_user, "slotd", "check")
    assert "janitor.secret: Permission denied" in check.stderr


def test_sweep_for_prometheus(machine, service, swept):
    """deploy/prometheus: a whole file after a success; a failure leaves it."""
    folder = "/var/lib/prometheus/node-exporter"
    machine.run("rm", "-rf", folder)
    machine.run("mkdir", "-p", folder)
    dropped = "/etc/systemd/system/slotd-sweep.service.d"
    machine.run("install", "-D", "-m", "644", "/root/slotd-sweep.conf",
                dropped + "/prometheus.conf")
    service.ctl("daemon-reload")
    try:
        service.ctl("start", "slotd-sweep")
        name = f"{folder}/slotd-sweep.prom"
        assert machine.run("find", folder, "-type", "f", "-perm", "644"
                           ).stdout == name + "\n"
        text = machine.run("cat", name).stdout
        assert 'slotd_sweep_removed_objects{storage="default"} 1\n' in text
        swept.sizes[ENDED] = 3
        swept.on_delete = lambda peer, key: peer.answer(403, "AccessDenied")
        done = service.ctl("start", "slotd-sweep", check=False)
        assert done.returncode != 0
        assert machine.run("cat", name).stdout == text
        assert "s3:DeleteObject" in machine.journal("slotd-sweep")
    finally:
        machine.run("rm", "-r", dropped)
        service.ctl("daemon-reload")
