"""What slotd doctor says of how files end, in front of a real store."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from doctor_report import KEY, doctor, environment
from lab import statement
from support import PATIENCE, SLOTD, write_config

KEEP = {"keep": "30 days"}
ENDED = "20200101T000000Z/AbCdEfGhIjKlMnOpQrStUv/cat.jpg"
NOTE = "slotd-erase/AbCdEfGhIjKlMnOpQrStUv"
RIGHTS = ["ListBucket", "DeleteObject"]
OBJECT = "arn:aws:s3:::doctor-janitor/"


@pytest.fixture(scope="module")
def signer(lab):
    return lab.store.add_user("doctor-signer")


@pytest.fixture(scope="module")
def janitor(lab):
    return lab.store.add_user("doctor-sweep")


@pytest.fixture
def bucket(lab, signer, janitor):
    """Gives the janitor these rights, and those to read the notes."""
    name = "doctor-janitor"
    lab.owners.create_bucket(Bucket=name)

    def may(rights, notes=True, signers=("PutObject",)):
        lab.set_policy(
            name, statement(name, list(signers), signer),
            *[statement(name, rights, janitor)] * bool(rights),
            *[{"Effect": "Allow", "Action": "s3:GetObject",
               "Principal": {"AWS": [f"arn:aws:iam:::user/{janitor.name}"]},
               "Resource": OBJECT + "slotd-erase/*"}] * notes)
        return name
    yield may
    for key in lab.listing(name):
        lab.owners.delete_object(Bucket=name, Key=key)
    lab.owners.delete_bucket(Bucket=name)


@pytest.fixture
def examine(lab, tmp_path, signer, janitor):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)

    def examine(bucket, janitor=janitor, user=signer, **over):
        own = {} if janitor is None else {"janitor": {
            "access_key_id": janitor.key, "access_key_secret": janitor.secret}}
        report = doctor(tmp_path, lab.config(
            bucket, user=user, storage=own, policy=KEEP, key_file=str(key),
            **over))
        assert janitor is None or janitor.secret not in report.text
        return report
    return examine


def test_all_well(lab, examine, bucket):
    report = examine(bucket(RIGHTS))
    report.says("keep", "ok", "files are kept: message 30 days")
    report.says("janitor", "ok", "storage.janitor's key may list the bucket; "
                "whether it may delete is not tried")
    # The tidying is the signer's, who may not: nothing was removed.
    assert set(lab.listing("doctor-janitor")) == {KEY}


def test_it_may_not_list(lab, examine, bucket, janitor):
    name = bucket(["DeleteObject"])
    report = examine(name)
    report.says("janitor", "failure", "is refused: 403 AccessDenied",
                "needs the right s3:ListBucket", "user/slotd-sweep")
    # What it says to set is enough.
    change = report.checks["janitor"]["change"]
    policy = json.loads(
        change[change.index("{"):change.index("]}\n") + 2])
    for one in policy["Statement"]:
        one["Principal"] = {"AWS": [f"arn:aws:iam:::user/{janitor.name}"]}
    policy["Statement"].append(statement(name, ["PutObject"]))
    lab.owners.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    examine(name).says("janitor", "ok")


def test_it_may_not_read_notes(lab, examine, bucket):
    name = bucket(RIGHTS)
    lab.owners.put_object(Bucket=name, Key=NOTE, Body=b"x")
    examine(name).says("janitor", "ok", "and read the notes of erasures;")
    report = examine(bucket(RIGHTS, notes=False))
    report.says("janitor", "failure", "reading slotd-erase/",
                "403 AccessDenied", "s3:GetObject for slotd-erase/*")


@pytest.mark.parametrize("part, code, words", [
    ({"secret": "fake-and-wrong-1"}, "SignatureDoesNotMatch", "The secret"),
    ({"key": "FAKEANDWRONG00000001"}, "InvalidAccessKeyId", "is mistyped")])
def test_a_wrong_key(examine, bucket, janitor, part, code, words):
    report = examine(bucket(RIGHTS), janitor=janitor._replace(**part))
    report.says("janitor", "failure", "403 " + code, words)


def test_no_janitor(lab, examine, bucket):
    """The signer's key may not list, and no rule removes anything."""
    report = examine(bucket(RIGHTS), janitor=None)
    report.says("janitor", "warning", "storage.janitor is not set",
                "403 AccessDenied", "janitor = {", '"s3:DeleteObject"')
    report = examine(bucket(RIGHTS), janitor=None, user=lab.owner)
    report.says("janitor", "ok", "uses slotd's own key")
    report.says("key", "warning", "a key of its own, in storage.janitor")


def test_late(lab, examine, bucket):
    name = bucket(RIGHTS)
    lab.owners.put_object(Bucket=name, Key=ENDED, Body=b"x")
    report = examine(name)
    report.says("janitor", "warning", "a file that ended at "
                "2020-01-01T00:00:00Z is still there", "slotd-sweep.timer")
    assert ENDED in lab.listing(name)


def test_its_secret_is_for_others(lab, tmp_path, bucket, signer, janitor):
    """doctor goes on without it; as does who may not read it."""
    secret = tmp_path / "janitor.secret"
    config = lab.config(
        bucket(RIGHTS), user=signer, policy=KEEP, storage={"janitor": {
            "access_key_id": janitor.key,
            "access_key_secret_file": str(secret)}})
    report = doctor(tmp_path, config)
    report.says("janitor", "failure", f"cannot read {secret}: No such file",
                f"install -m 640 -g slotd-sweep /dev/stdin {secret}")
    report.says("put", "ok")
    secret.write_text(janitor.secret + "\n")
    secret.chmod(0o600)
    doctor(tmp_path, config).says("janitor", "ok", "may list the bucket")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_as_the_service(lab, bucket, signer, janitor):
    """Who may not read the janitor's secret is told who may."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)
        secret = pathlib.Path(folder) / "janitor.secret"
        secret.write_text(janitor.secret + "\n")
        secret.chmod(0o600)
        path = write_config(pathlib.Path(folder), lab.config(
            bucket(RIGHTS), user=signer, policy=KEEP, storage={"janitor": {
                "access_key_id": janitor.key,
                "access_key_secret_file": str(secret)}}))
        os.chmod(path, 0o644)
        program = shutil.copy(SLOTD, folder)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             program, "doctor", "-c", path, "--json"],
            capture_output=True, timeout=PATIENCE, env=environment())
    [storage] = json.loads(done.stdout)
    found = {c["check"]: c for c in storage["checks"]}["janitor"]
    assert found["verdict"] == "ok", found
    assert f"this user may not read {secret}" in found["seen"]
    assert "runuser -u slotd-sweep -- slotd doctor" in found["change"]
