"""Key templates: what the path of a file is made from."""

import json
import re
import time

import pytest

import support

BUCKET = "https://bucket.s3.example.org"
KEY = "0123456789abcdef0123456789abcdef0123456789abcdef"


def config(tmp_path, template=None, key_file=True, **over):
    if key_file:
        path = tmp_path / "slotd.key"
        path.write_text(KEY + "\n")
        path.chmod(0o600)
        over["key_file"] = str(path)
    if template:
        over["storage"] = {"key": template}
    return support.write_config(tmp_path, support.s3_config(**over))


def key(path, jid="juliet@example.org", name="Cat.JPG"):
    done = support.run("slot", "-c", path, "--jid", jid, "--size", 1, name)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return support.key_of(answer["get"], BUCKET)


RANDOM = "[A-Za-z0-9_-]{22}"


@pytest.mark.parametrize("template, pattern", [
    ("{random}/{filename}", f"{RANDOM}/Cat[.]JPG"),
    ("{random}.{ext}", f"{RANDOM}[.]jpg"),
    ("{domain}/{random}", f"example[.]org/{RANDOM}"),
    ("{user}/{random}/{filename}", f"{RANDOM}/{RANDOM}/Cat[.]JPG"),
    ("{owner}-{random}", f"{RANDOM}-{RANDOM}"),
    ("a/b~c_d/{random}/e.{ext}", f"a/b~c_d/{RANDOM}/e[.]jpg"),
    ("{random}/{random}", None),
    (None, f"{RANDOM}/{RANDOM}/Cat[.]JPG"),
])
def test_forms(tmp_path, template, pattern):
    path = config(tmp_path, template)
    if pattern:
        made = key(path, "juliet@EXAMPLE.org/balcony")
        assert re.fullmatch(pattern, made), made
    else:
        # Twice the same part: refused or filled in, never half of it.
        done = support.run("check", "-c", path)
        assert done.returncode == 1 or re.fullmatch(
            f"{RANDOM}/{RANDOM}", key(path))


def test_default_without_key_file(tmp_path):
    path = config(tmp_path, key_file=False)
    assert re.fullmatch(f"{RANDOM}/Cat[.]JPG", key(path))


def test_date(tmp_path):
    path = config(tmp_path, "{date}/{random}")
    before = time.strftime("%Y-%m-%d", time.gmtime())
    made = key(path).split("/")[0]
    after = time.strftime("%Y-%m-%d", time.gmtime())
    assert made in (before, after)


@pytest.mark.parametrize("name, ending", [
    ("a.tar.GZ", "gz"), ("none", "bin"), ("dot.", "bin"),
    (".hidden", "bin"), ("x.j\u00f6g", "bin"), ("a b.Mp4", "mp4"),
])
def test_ending(tmp_path, name, ending):
    path = config(tmp_path, "{random}.{ext}")
    assert key(path, name=name).split(".", 1)[1] == ending


def test_user_and_owner(tmp_path):
    path = config(tmp_path, "{user}/{owner}/{random}")
    same = [key(path, jid).split("/") for jid in (
        "juliet@example.org", "juliet@example.org/balcony",
        "juliet@EXAMPLE.ORG.", "juliet@example.org")]
    assert len({user for user, _, _ in same}) == 1
    assert len({owner for _, owner, _ in same}) == 4
    assert len({random for _, _, random in same}) == 4
    others = [key(path, jid).split("/")[0] for jid in (
        "romeo@example.org", "juliet@example.net", "example.org")]
    assert len({same[0][0], *others}) == 4


def test_user_hangs_on_the_first_key(tmp_path):
    path = config(tmp_path, "{user}/{random}")
    user = key(path).split("/")[0]
    key_file = tmp_path / "slotd.key"
    key_file.write_text(KEY + "\n" + "f" * 40 + "\n")
    assert key(path).split("/")[0] == user
    key_file.write_text("f" * 40 + "\n" + KEY + "\n")
    assert key(path).split("/")[0] != user
