"""deploy/compose is what deploy/kubernetes is, where both have it."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

import manifests

COMPOSE = manifests.ROOT / "deploy/compose"
# Settings that have to differ: the name, another XMPP server, no load balancer
# that needs a delay, other networks.
OTHERS = {"public_url", "callers", "limits", "trusted_proxies"}
SLOTDS = ("slotd", "slotd-s3")


def settings(text):
    """name: value, of the settings at the top level, without comments."""
    text = re.sub(r"[ \t]*#.*", "", text)
    text = re.sub(r"\n\s*\n", "\n", text)
    return dict(re.findall(r"^(\w+) = (.*?);\n(?=\w|\Z)", text, re.M | re.S))


def plain(value):
    return re.sub(r"\s+", " ", value)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((COMPOSE / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def base():
    text = (manifests.DEPLOY / "base/deployment.yaml").read_text()
    return yaml.safe_load(text)["spec"]["template"]["spec"]


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def test_one_configuration():
    theirs, ours = (settings(path.read_text()) for path in (
        manifests.DEPLOY / "overlays/embedded/slotd.conf",
        COMPOSE / "slotd.conf"))
    assert set(theirs) == set(ours) >= OTHERS
    for name in set(ours) - OTHERS:
        assert plain(ours[name]) == plain(theirs[name]), name
    caller = '{ id = "prosody"; secret_file = "/etc/slotd/prosody.secret"; }'
    assert plain(theirs["callers"]) == f"( {caller} )"
    assert plain(ours["callers"]).startswith(f"( {caller}, ")
    for limit in "connections = 1024;", "drain_timeout = 25;":
        assert limit in ours["limits"] and limit in theirs["limits"]


def test_both_stores_are_configured_alike():
    embedded, bucket = (settings((COMPOSE / name).read_text()) for name in (
        "slotd.conf", "slotd-s3.conf"))
    assert embedded.pop("storage") != bucket.pop("storage")
    assert embedded == bucket


@pytest.mark.parametrize("name", ["slotd.conf", "slotd-s3.conf"])
def test_slotd_has_nothing_against_it(name, tmp_path):
    """But for ejabberd's own way, as README.md says."""
    text = (COMPOSE / name).read_text()
    for secret in re.findall(r'"/etc/slotd/([\w.]+)"', text):
        (tmp_path / secret).write_text(f"not-a-secret-of-anybody-{secret}-1\n")
        (tmp_path / secret).chmod(0o600)
    path = tmp_path / name
    path.write_text(text.replace("/etc/slotd", str(tmp_path))
                    .replace("/var/lib/slotd", str(tmp_path / "files")))
    done = subprocess.run([manifests.SLOTD, "check", "-c", path], text=True,
                          capture_output=True, timeout=manifests.PATIENCE)
    assert done.returncode == 0, done.stderr
    assert [re.sub(r"^.*?: ", "", line)[:32]
            for line in done.stderr.splitlines()] == [
                "callers[1].dialect: warning: is "]


@pytest.mark.parametrize("name", SLOTDS)
def test_one_user_one_probe_one_limit(compose, base, name):
    ours = compose["services"][name]
    pod = base["securityContext"]
    theirs = base["containers"][0]
    assert ours["image"] == theirs["image"] == "slotd"
    assert ours["user"] == f"{pod['runAsUser']}:{pod['runAsGroup']}"
    assert ours["read_only"] is theirs["securityContext"][
        "readOnlyRootFilesystem"] is True
    assert ours["cap_drop"] == theirs["securityContext"]["capabilities"][
        "drop"]
    assert "cap_add" not in ours
    assert "no-new-privileges" in ours["security_opt"]
    probe, health = theirs["livenessProbe"], ours["healthcheck"]
    # `slotd health` asks /healthz of `listen`.
    assert health["test"] == "slotd health"
    assert probe["httpGet"] == {"path": "/healthz", "port": "listen"}
    assert seconds(health["interval"]) == probe["periodSeconds"]
    assert seconds(health["timeout"]) == probe["timeoutSeconds"]
    start = theirs["startupProbe"]
    assert seconds(health["start_period"]) == (
        start["periodSeconds"] * start["failureThreshold"])
    limits = ours["deploy"]["resources"]["limits"]
    assert limits["memory"] + "i" == theirs["resources"]["limits"]["memory"]
    drain = int(re.search(r"drain_timeout = (\d+)", (
        COMPOSE / "slotd.conf").read_text())[1])
    assert seconds(ours["stop_grace_period"]) > drain
    assert "ports" not in ours


def test_every_service_is_restricted(compose):
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}, name
        assert service["security_opt"] == ["no-new-privileges"], name
        assert service["user"].split(":")[0] not in ("0", "root"), name
        assert service["healthcheck"]["test"], name
        limits = service["deploy"]["resources"]["limits"]
        assert {"memory", "pids"} <= set(limits), name
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), (name, port)


def test_secrets_are_files(compose):
    """Each comes from secrets/, which setup.sh makes, but for the bucket's;
    and nothing in the environment, where it would be seen."""
    made = set(re.findall(r"^keep (\S+)", (COMPOSE / "setup.sh").read_text(),
                          re.M))
    assert set(compose["secrets"]) == made | {"s3.secret"}
    for name, secret in compose["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for service in compose["services"].values():
        assert "environment" not in service and "env_file" not in service


@pytest.mark.skipif(os.geteuid() != 0, reason="setup.sh wants root")
def test_a_secret_is_changed_by_removing_it(tmp_path):
    """What is left stays, but for ejabberd's URL, which has the secret."""
    shutil.copy(COMPOSE / "setup.sh", tmp_path)
    secrets = tmp_path / "secrets"

    def setup():
        subprocess.run(["sh", tmp_path / "setup.sh"], check=True,
                       capture_output=True, timeout=manifests.PATIENCE)
        return {path.name: path.read_text() for path in secrets.iterdir()}

    first = setup()
    assert setup() == first
    (secrets / "ejabberd.secret").unlink()
    second = setup()
    assert {name for name in first if first[name] != second[name]} == {
        "ejabberd.secret", "ejabberd.yml"}
    assert f":{second['ejabberd.secret'].strip()}@" in second["ejabberd.yml"]
    assert {(path.stat().st_gid, path.stat().st_mode & 0o777)
            for path in secrets.iterdir()} == {(8363, 0o440)}


def test_volumes_are_named(compose):
    used = {volume.split(":")[0] for service in compose["services"].values()
            for volume in service["volumes"] if not volume.startswith(".")}
    assert used == set(compose["volumes"])


@pytest.mark.parametrize("xmpp", ["prosody", "ejabberd"])
@pytest.mark.parametrize("store", ["embedded", "s3"])
def test_profiles(compose, xmpp, store):
    """Two of them start one XMPP server and one slotd, of one name."""
    services = {name: one for name, one in compose["services"].items()
                if set(one.get("profiles", [xmpp])) & {xmpp, store}}
    slotd = {"embedded": "slotd", "s3": "slotd-s3"}[store]
    more = {"sweep"} if store == "s3" else set()
    assert set(services) == {"caddy", xmpp, slotd} | more
    assert services[slotd]["container_name"] == "slotd"
