"""slotd doctor --fix in front of a real store; boto3 reads what it set."""

import json
import os
import pty
import re
import subprocess
import threading

import pytest
from botocore.exceptions import ClientError

import browser
import terminal
from doctor_report import environment
from lab import statement
from support import PATIENCE, SLOTD, run, write_config

KEYS = "{purpose}/{until}/{random}/{filename}"
POLICY = {"keep": "30 days", "purposes": [
    {"name": "profile", "keep": 0}, {"name": "ephemeral", "keep": "1 hour"}]}
THEIRS = {"ID": "theirs", "AllowedOrigins": ["https://a.example"],
          "AllowedMethods": ["GET"], "ExposeHeaders": ["ETag"]}
OURS = {"ID": "slotd-web", "AllowedOrigins": ["*"], "AllowedHeaders": ["*"],
        "AllowedMethods": ["GET", "HEAD", "PUT"], "MaxAgeSeconds": 86400}


# With BlockPublicAcls Ceph refuses every upload.
BLOCK = {"IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}


def ours(prefix, days, **more):
    return {"ID": "slotd-" + prefix, "Filter": {"Prefix": prefix},
            "Status": "Enabled", "Expiration": {"Days": days},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            **more}


class Bucket:
    """A bucket, its configuration, and what boto3 says of it."""

    def __init__(self, lab, folder, name, **place):
        self.lab = lab
        self.folder = folder
        self.name = name
        self.config = lab.config(name, **place)

    def fix(self, *args, admin=None, env=None):
        path = write_config(self.folder, self.config)
        admin = admin or self.lab.owner
        done = run("doctor", "-c", path, "--fix", *args, env=environment(
            AWS_ACCESS_KEY_ID=admin.key, AWS_SECRET_ACCESS_KEY=admin.secret,
            **(env or {})), patience=2 * PATIENCE)
        assert admin.secret.encode() not in done.stdout + done.stderr
        assert b"Signature=" not in done.stdout + done.stderr
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def get(self, what, key):
        try:
            return getattr(self.lab.owners, what)(Bucket=self.name)[key]
        except ClientError as error:
            assert error.response["Error"]["Code"].startswith("NoSuch")
            return None

    @property
    def cors(self):
        rules = self.get("get_bucket_cors", "CORSRules")
        for rule in rules or ():
            rule["AllowedMethods"].sort()
        return rules

    @cors.setter
    def cors(self, rules):
        self.lab.owners.put_bucket_cors(
            Bucket=self.name, CORSConfiguration={"CORSRules": rules})

    @property
    def lifecycle(self):
        rules = self.get("get_bucket_lifecycle_configuration", "Rules")
        return rules and sorted(rules, key=lambda rule: rule["ID"])

    @lifecycle.setter
    def lifecycle(self, rules):
        self.lab.owners.put_bucket_lifecycle_configuration(
            Bucket=self.name, LifecycleConfiguration={"Rules": rules})

    @property
    def block(self):
        """Which of its settings are on."""
        block = self.get("get_public_access_block",
                         "PublicAccessBlockConfiguration")
        return {name for name, on in block.items() if on}

    def puts(self):
        """What was set with a presigned URL, as slotd does."""
        log = (self.lab.store.folder / "client.rgw.x.log").read_text()
        return re.findall(
            rf'"PUT /{self.name}/\?X-Amz-\S*&(\w+)=&X-Amz-Signature', log)


@pytest.fixture
def bucket(lab, tmp_path, request):
    """A new one, whose files end and stay private."""
    name = request.node.name.replace("test_", "fix-").replace("_", "-")
    lab.bucket(name)
    return Bucket(lab, tmp_path, name, policy=POLICY, storage={
        "get": "presigned", "key": KEYS})


# --- what it sets -----------------------------------------------------------


def test_nothing_there(bucket):
    code, said, _ = bucket.fix("--yes")
    assert code == 0, said
    assert bucket.cors == [OURS]
    assert bucket.lifecycle == [
        ours("ephemeral/20", 1), ours("message/20", 30)]
    assert bucket.block == BLOCK
    assert "/?cors: there is none" in said
    assert "\n            <Prefix>message/20</Prefix>\n" in said
    before, after = said.split('storage "default"')[1:]
    assert "   slotd doctor --fix\n" in before
    assert "web pages may not upload" in before
    assert "web pages may upload" in after
    # A second time there is nothing to do.
    assert bucket.puts() == ["cors", "lifecycle", "publicAccessBlock"]
    code, said, _ = bucket.fix("--yes")
    assert code == 0 and "PUT http" not in said
    assert said.count('storage "default"') == 1
    assert "message/20* after 30 days" in said
    assert "public access is blocked already" in said
    assert len(bucket.puts()) == 3


def test_rules_of_others(bucket):
    theirs = [
        {"ID": "a&b <c>", "Prefix": "x/", "Status": "Disabled",
         "Expiration": {"Days": 3}},
        {"ID": "tags", "Status": "Enabled", "Filter": {"And": {
            "Prefix": "y/", "Tags": [{"Key": "k", "Value": "v"}]}},
         "NoncurrentVersionExpiration": {"NoncurrentDays": 2}}]
    bucket.cors = [THEIRS]
    bucket.lifecycle = theirs
    stood = bucket.lifecycle
    code, said, _ = bucket.fix("--yes")
    assert code == 0, said
    assert bucket.cors == [THEIRS, OURS]
    found = bucket.lifecycle
    assert [rule for rule in found if rule in stood] == stood
    assert {rule["ID"]: rule["Expiration"]["Days"] for rule in found
            if rule not in stood} == {
        "slotd-message/20": 30, "slotd-ephemeral/20": 1}
    assert bucket.fix("--yes")[1].count('storage "default"') == 1


def test_ours_are_old(bucket):
    old = ours("message/20", 5, Status="Disabled")
    bucket.cors = [{**OURS, "AllowedMethods": ["GET"]}, THEIRS]
    bucket.lifecycle = [old, ours("permanent/20", 9)]
    code, said, _ = bucket.fix("--yes")
    assert code == 0, said
    assert bucket.cors == [OURS, THEIRS]
    assert bucket.lifecycle == [
        ours("ephemeral/20", 1), ours("message/20", 30),
        ours("permanent/20", 9)]
    # What it wrote once and needs no more, it names.
    assert "does not need: slotd-permanent/20." in said


def test_below_a_path(lab, tmp_path):
    name = lab.bucket("fix-path")
    bucket = Bucket(lab, tmp_path, name, prefix="/deep/pr%26%20e",
                    policy=POLICY, storage={"get": "presigned", "key": KEYS})
    assert bucket.fix("--yes")[0] == 0
    assert ours("deep/pr& e/message/20", 30) in bucket.lifecycle


def test_public_files(lab, tmp_path):
    """Nothing is blocked, and without {purpose} no rule can know an end."""
    name = lab.public_bucket("fix-public")
    bucket = Bucket(lab, tmp_path, name, policy={"keep": "30 days"})
    code, said, _ = bucket.fix("--yes")
    assert code == 0, said
    assert bucket.cors == [OURS]
    assert bucket.lifecycle is None and bucket.block == set()
    assert "slotd sweep alone removes" in said


def test_two_storages(lab, tmp_path):
    names = [lab.bucket("fix-one"), lab.bucket("fix-two")]
    bucket = Bucket(lab, tmp_path, names[0])
    storages = []
    for name in names:
        storages.append({**lab.config(name)["storage"], "name": name,
                         "get": "presigned"})
    storage = bucket.config.pop("storage")
    bucket.config["storages"] = storages
    assert storage["bucket_url"] == storages[0]["bucket_url"]
    code, said, _ = bucket.fix("--yes", "--storage", "fix-two")
    assert code == 0, said
    assert bucket.cors is None
    bucket.name = "fix-two"
    assert bucket.cors == [OURS]
    code, said, _ = bucket.fix("--yes")
    bucket.name = "fix-one"
    assert code == 0 and bucket.cors == [OURS]
    assert said.count('fix "fix-') == 2


# --- what it leaves ---------------------------------------------------------


def test_strangers_may_read(lab, bucket):
    """A policy of others keeps its effect."""
    lab.set_policy(bucket.name, statement(bucket.name, ["GetObject"]))
    code, said, _ = bucket.fix("--yes")
    assert code == 0 and bucket.block == set()
    assert "the bucket's policy may let everybody in" in said
    assert "get-bucket-policy --bucket " + bucket.name in said


def test_a_block_of_others(lab, bucket):
    lab.owners.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration={
            "BlockPublicAcls": False, "IgnorePublicAcls": True,
            "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    code, said, _ = bucket.fix("--yes")
    assert code == 0 and bucket.block == {"IgnorePublicAcls"}
    assert "a public access block of others" in said


def test_uploads_are_blocked(lab, bucket):
    lab.owners.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True,
            "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
    code, said, _ = bucket.fix("--yes")
    assert code == 1 and bucket.block == BLOCK | {"BlockPublicAcls"}
    assert "with which Ceph refuses every upload" in said


def test_a_rule_answers_first(bucket):
    """Ceph takes the first rule that has the origin."""
    first = {"ID": "first", "AllowedOrigins": ["*"],
             "AllowedMethods": ["GET"]}
    bucket.cors = [first]
    bucket.fix("--yes")
    assert bucket.cors == [first, OURS]
    code, said, _ = bucket.fix("--yes")
    assert code == 1 and bucket.cors == [first, OURS]
    assert "the rule slotd-web is there already" in said
    assert "get-bucket-cors --bucket " + bucket.name in said


# --- who may ----------------------------------------------------------------


def untouched(bucket):
    assert bucket.cors is None and bucket.lifecycle is None
    assert bucket.block == set() and bucket.puts() == []


def test_no_rights(lab, bucket):
    code, said, _ = bucket.fix("--yes", admin=lab.store.add_user("fix-none"))
    assert code == 1
    for right in ("GetBucketCORS", "GetLifecycleConfiguration",
                  "GetBucketPublicAccessBlock"):
        assert f"needs the right s3:{right} for" in " ".join(said.split())
    untouched(bucket)


def test_may_only_read(lab, bucket):
    admin = lab.store.add_user("fix-reader")
    lab.set_policy(bucket.name, statement(bucket.name, [
        "GetBucketCORS", "GetLifecycleConfiguration",
        "GetBucketPublicAccessBlock", "GetBucketPolicyStatus",
        "GetBucketAcl"], admin))
    code, said, _ = bucket.fix("--yes", admin=admin)
    assert code == 1
    assert "setting the CORS rules: 403 AccessDenied" in said
    assert "needs the right s3:PutBucketCORS for" in " ".join(said.split())
    bucket.lab.owners.delete_bucket_policy(Bucket=bucket.name)
    assert bucket.cors is None and bucket.lifecycle is None


@pytest.mark.parametrize("part, words", [
    ({"secret": "fake-and-wrong-1"}, "AWS_SECRET_ACCESS_KEY in the"),
    ({"key": "FAKEANDWRONG00000001"}, "AWS_ACCESS_KEY_ID in the")])
def test_wrong_key(lab, tmp_path, part, words):
    bucket = Bucket(lab, tmp_path, lab.bucket(
        "fix-wrong-" + list(part)[0]), storage={"get": "presigned"})
    code, said, _ = bucket.fix("--yes", admin=lab.owner._replace(**part))
    assert code == 1 and words in said
    untouched(bucket)


def test_no_key(bucket):
    path = write_config(bucket.folder, bucket.config)
    for env in ({}, {"AWS_ACCESS_KEY_ID": "FAKE"},
                {"AWS_ACCESS_KEY_ID": "FA/KE", "AWS_SECRET_ACCESS_KEY": "x"}):
        done = run("doctor", "-c", path, "--fix", env=environment(**env))
        assert done.returncode == 1 and done.stdout == b""
        assert b"AWS_ACCESS_KEY_ID" in done.stderr
    for args in (["--yes"], ["--fix", "--json"], ["--fix", "--prometheus"]):
        assert run("doctor", "-c", path, *args).returncode == 2


# --- the question -----------------------------------------------------------


def test_no_terminal(bucket):
    code, said, fault = bucket.fix()
    assert code == 1
    assert "nothing was set: there is no terminal" in fault
    assert "PUT http" in said
    untouched(bucket)


def answered(bucket, answer):
    """What a terminal shows, and the exit status."""
    path = write_config(bucket.folder, bucket.config)
    main, side = pty.openpty()
    owner = bucket.lab.owner
    process = subprocess.Popen(
        [SLOTD, "doctor", "-c", path, "--fix"], stdout=side, stderr=side,
        stdin=side, start_new_session=True, env=environment(
            AWS_ACCESS_KEY_ID=owner.key, AWS_SECRET_ACCESS_KEY=owner.secret))
    os.close(side)
    limit = threading.Timer(2 * PATIENCE, process.kill)
    limit.start()
    text = b""
    while piece := terminal.read(main):
        text += piece
        if answer and text.endswith(b"Set this? [y/N] "):
            answer(process, main)
            answer = None
    os.close(main)
    limit.cancel()
    return process.wait(PATIENCE), text.decode()


@pytest.mark.parametrize("answer", ["n", "", "yesterday", "\x04"])
def test_no(lab, tmp_path, answer):
    name = "fix-no-" + (answer.strip("\x04") or str(len(answer)))
    bucket = Bucket(lab, tmp_path, lab.bucket(name),
                    storage={"get": "presigned"})
    end = "" if answer == "\x04" else "\n"
    code, said = answered(
        bucket, lambda _, tty: os.write(tty, (answer + end).encode()))
    assert code == 1 and "nothing was set" in said
    untouched(bucket)


def test_no_twice(lab, tmp_path):
    """The end of a long answer is none to the next question."""
    bucket = Bucket(lab, tmp_path, lab.bucket("fix-no-twice"))
    storage = {**bucket.config.pop("storage"), "get": "presigned"}
    bucket.config["storages"] = [
        {**storage, "name": "one"}, {**storage, "name": "two"}]
    code, said = answered(
        bucket, lambda _, tty: os.write(tty, b"nothingy\nn\n"))
    assert code == 1 and said.count("nothing was set") == 2
    untouched(bucket)


def test_interrupted(bucket):
    code, said = answered(bucket, lambda process, _: process.terminate())
    assert code == 1 and "nothing was set" in said
    assert "interrupted" in said
    untouched(bucket)


def test_yes(bucket):
    code, said = answered(bucket, lambda _, tty: os.write(tty, b"y\n"))
    assert code == 0, said
    assert bucket.cors == [OURS] and bucket.block == BLOCK


# --- a page of another origin in a browser ----------------------------------


def test_browser(lab, tmp_path, slotd):
    """It may upload and download after it, where it might not before."""
    bucket = Bucket(lab, tmp_path, lab.public_bucket("fix-browser"))
    with browser.Browser(tmp_path) as window:
        def upload():
            done = slotd(bucket.config, "slot", "--jid", "a@example.org",
                         "--size", "5", "cat.txt")
            slot = json.loads(done.stdout)
            return window.run("""
                const done = await fetch(put, {method: "PUT", body: "12345"});
                return [done.status, await (await fetch(get)).text()]
                """, put=slot["put"], get=slot["get"])
        assert "TypeError" in upload()
        assert bucket.fix("--yes")[0] == 0
        assert upload() == [200, "12345"]
