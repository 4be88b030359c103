"""How Redis is reached: TCP, TLS, a unix socket; user and password."""

import re
import subprocess

import pytest

import certs
import configs
import driver
import support

SECRET = "not-a-secret-of-redis"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return certs.make(tmp_path_factory.mktemp("certs"))


def test_tcp(redis, drive):
    one = drive(address="127.0.0.1", port=redis().port)
    assert one.take(slots=1)[0] == "ok"
    assert one.take(slots=1)[0] == "rate-limited"


@pytest.mark.parametrize("address", ("127.0.0.1", "localhost"))
@pytest.mark.parametrize("version", ("TLSv1.2", "TLSv1.3"))
def test_tls(redis, drive, certificates, address, version):
    server = redis("--tls-protocols", version, certificates=certificates)
    one = drive(address=address, port=server.port, tls=1,
                tls_ca=certificates.ca)
    assert one.take(slots=3)[0] == "ok"
    client = server.client()
    # A new connection after one that the server closed while it was idle.
    client("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert one.take(slots=3)[0] == "ok"
    one.load(4, rounds=50)
    assert one.count("join")[0] == 200
    assert one.stats()["faults"] == 0
    client.close()


@pytest.mark.parametrize("version", ("TLSv1", "TLSv1.1"))
def test_old_tls(redis, drive, certificates, version):
    server = redis("--tls-protocols", version, "--tls-ciphers",
                   "DEFAULT:@SECLEVEL=0", certificates=certificates)
    one = drive(address="127.0.0.1", port=server.port, tls=1,
                tls_ca=certificates.ca)
    one.hear("TLS fails")
    assert one.take(slots=1)[0] == "unavailable"


def refuses(drive, server, ca, text, address="127.0.0.1", **more):
    one = drive(address=address, port=server.port, tls=1, tls_ca=ca, **more)
    said = one.hear("TLS fails")
    assert text in said and said.startswith("warning Redis at " + address)
    assert one.take(slots=1)[0] == "unavailable"
    stats = one.stats()
    assert stats["tls"] >= 1 and not stats["up"]


def test_another_authority(redis, drive, certificates, tmp_path):
    server = redis(certificates=certificates)
    refuses(drive, server, certs.make(tmp_path).ca, "issuer is unknown")


def test_a_certificate_for_another_name(redis, drive, tmp_path):
    made = certs.make(tmp_path, "DNS:redis.example.org")
    refuses(drive, redis(certificates=made), made.ca, "name")
    refuses(drive, redis(certificates=made), made.ca, "name", "localhost")


def test_the_system_does_not_know_it(redis, drive, certificates):
    server = redis(certificates=certificates)
    one = drive(address="127.0.0.1", port=server.port, tls=1)
    assert "issuer is unknown" in one.hear("TLS fails")


def test_tls_where_none_is_spoken(redis, drive, certificates):
    # Redis waits for the end of what it takes for a line.
    one = drive(address="127.0.0.1", port=redis().port, tls=1,
                tls_ca=certificates.ca, timeout_ms=50)
    one.hear("warning Redis at 127.0.0.1")
    assert one.take(slots=1)[0] == "unavailable"


def test_no_tls_where_it_is_wanted(redis, drive, certificates):
    server = redis(certificates=certificates)
    one = drive(address="127.0.0.1", port=server.port)
    one.hear("warning Redis at 127.0.0.1")
    assert one.take(slots=1)[0] == "unavailable"


def test_an_authority_that_is_none(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate\n")
    done = subprocess.run(
        [driver.PROGRAM, "address=127.0.0.1", "port=1", "tls=1",
         f"tls_ca={tmp_path}/ca.pem"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=support.PATIENCE)
    assert done.returncode == 1
    assert f"{tmp_path}/ca.pem: no certificate" in done.stderr


# What the manual says: a line of redis.conf, as its --user here is.
ENOUGH = re.search(
    r"^user slotd on >PASSWORD resetkeys (~slotd:\* -@all .*)$",
    (support.ROOT / "deploy/redis/README.md").read_text(), re.M)[1].split()


def test_user_and_password(redis, drive):
    """These rights are enough for all that there is."""
    server = redis("--user", "slotd", "on", ">" + SECRET, *ENOUGH,
                   "--user", "admin", "on", ">" + SECRET, "~*", "+@all",
                   "--user", "default", "off")
    one = drive(server, username="slotd", password=SECRET, database=1)
    limits = {"slots": 9, "size": 5, "bytes": 99, "domain_bytes": 99}
    nonce = ("prosody", "n0nce-1234", "example.org", 2_000_000_000)
    taken = one.take(**limits, nonce=nonce)
    assert taken[0] == "ok"
    one.take(**limits)
    one.back(taken[3], **limits)
    assert one.use()[:2] == [1, 5]
    client = server.client("admin", SECRET)
    client("SCRIPT", "FLUSH")
    assert one.take(**limits)[0] == "ok"
    assert one.ask("nonce", *nonce) == ["replayed"]
    assert one.ask("reset", "juliet@example.org") == ["ok"]
    assert one.stats()["faults"] == 0
    client.close()


def test_the_default_users_password(redis, drive):
    one = drive(redis("--requirepass", SECRET), password=SECRET)
    assert one.take(slots=1)[0] == "ok"


@pytest.mark.parametrize("settings", (
    {"password": "wrong"}, {"username": "nobody", "password": SECRET}, {}))
def test_wrong_password(redis, drive, settings):
    """Told in plain words, and no secret among them."""
    one = drive(redis("--requirepass", SECRET), **settings)
    said = one.hear("does not accept this user name and password")
    assert SECRET not in said and "slots are refused" in said
    assert one.take(slots=1)[0] == "unavailable"
    assert one.stats()["auth"] >= 1


def test_a_password_where_none_is_set(redis, drive):
    one = drive(redis(), password=SECRET)
    one.hear("does not accept this user name and password")


@pytest.mark.parametrize("name", ({}, {"username": "slotd"}))
def test_a_redis_that_does_not_know_auth(redis, drive, name):
    """It quotes what came with an unknown command; the log must not."""
    one = drive(redis("--rename-command", "AUTH", ""), password=SECRET, **name)
    said = one.hear("does not accept this user name and password")
    assert one.take(slots=1)[0] == "unavailable"
    assert one.stats()["auth"] >= 1
    assert SECRET not in said + "".join(one.said.queue)


@pytest.mark.parametrize("missing", (
    "+set", "+evalsha", "+hset", "+time", "~slotd:*"))
def test_a_user_without_rights(redis, drive, missing):
    rules = [rule for rule in ENOUGH if rule != missing]
    server = redis("--user", "slotd", "on", ">" + SECRET, *rules,
                   "--user", "admin", "on", ">" + SECRET, "~*", "+@all",
                   "--user", "default", "off")
    one = drive(server, username="slotd", password=SECRET, allow=1)
    assert one.take(slots=1)[0] == "ok"
    assert one.take(slots=1)[0] == "ok"
    said = one.hear("its user lacks rights")
    assert "+evalsha" in said and "slots are granted uncounted" in said
    # Once it may, it does, by itself.
    admin = server.client("admin", SECRET)
    admin("ACL", "SETUSER", "slotd", missing)
    one.hear("works again")
    assert one.take("romeo@example.org", slots=1)[0] == "ok"
    assert one.take("romeo@example.org", slots=1)[0] == "rate-limited"
    admin.close()


def test_a_user_who_may_not_load_scripts(redis, drive):
    rules = [rule for rule in ENOUGH if rule != "+script|load"]
    one = drive(redis("--user", "slotd", "on", ">" + SECRET, *rules,
                      "--user", "default", "off"),
                username="slotd", password=SECRET)
    assert one.take(slots=1)[0] == "ok"
    assert one.take(slots=1)[0] == "rate-limited"


def test_nobody_there_at_the_start(redis, drive, tmp_path):
    """It starts all the same, and finds Redis when that comes."""
    port = configs.free_port()
    one = drive(address="127.0.0.1", port=port)
    assert one.take(slots=1)[0] == "unavailable"
    assert f"127.0.0.1:{port}: it cannot be reached" in one.hear("warning")
    redis(port=port)
    one.hear("works again")
    assert one.take(slots=1)[0] == "ok"


def test_a_name_that_nobody_has(drive):
    one = drive(address="redis.invalid", port=1, allow=1)
    assert one.take(slots=1)[0] == "ok"
    one.hear("redis.invalid:1: it cannot be reached")
