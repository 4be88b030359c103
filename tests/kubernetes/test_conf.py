"""slotd itself checks the slotd.conf of each overlay."""

import os
import re

import manifests

FAKE = "not-a-secret-only-for-tests-0123456789"


def prepare(overlay, root):
    """What the pod would see, below root; gives the path of slotd.conf.

    A secret holds what slotd.conf asks for, and nothing else.
    """
    conf = overlay.conf
    etc = root / "etc/slotd"
    etc.mkdir(parents=True)
    for place in overlay.mounts:
        (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(
            re.findall(r'_?file = "/etc/slotd/(.*?)";', conf)):
        (etc / path).write_text(f"{FAKE}-{number}\n")
        (etc / path).chmod(0o440)
    rewritten = re.sub(r'"(/(?:etc|var)/)', rf'"{root}\1', conf)
    (etc / "slotd.conf").write_text(rewritten)
    (etc / "slotd.conf").chmod(0o440)
    return etc / "slotd.conf"


def environment(overlay, root):
    found = dict(overlay.environment)
    token = found.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    if token:
        path = root / token.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("not-a-token\n")
        path.chmod(0o440)
        found["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(path)
    plain = {name: value for name, value in os.environ.items()
             if not name.startswith("AWS_")}
    return {**plain, **found}


def check(overlay, root):
    path = prepare(overlay, root)
    return manifests.run(manifests.SLOTD, "check", "-c", path,
                         env=environment(overlay, root)), path


# Of what the overlay cannot mend.
PLAIN_TEXT = (r"\S+/slotd.conf:\d+: components\[0\]\.server: warning: is not "
              r"loopback, and the connection is not encrypted: [^\n]*\n")


def test_check(pods, tmp_path):
    """Without a fault, and without a warning but that."""
    done, path = check(pods, tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{path}: ok\n")
    assert re.fullmatch(
        PLAIN_TEXT if pods.name == "component" else "", done.stderr)


def test_the_token_is_where_it_is_mounted(overlays):
    for kind in "Deployment", "CronJob":
        the_token_is_there(overlays["s3-by-hand"].pods_of(kind))


def the_token_is_there(overlay):
    folder, _, name = overlay.environment[
        "AWS_WEB_IDENTITY_TOKEN_FILE"].rpartition("/")
    (source,) = overlay.mounts[folder]["projected"]["sources"]
    assert source["serviceAccountToken"]["path"] == name
    assert source["serviceAccountToken"]["audience"] == "sts.amazonaws.com"


def test_files_are_mounted(pods):
    """Every path that slotd.conf names is mounted, or lies below what is."""
    named = re.findall(r'"(/(?:etc|var)/[^"]*)"', pods.conf)
    assert "/etc/slotd/%s.secret" % (
        "component" if pods.name == "component" else "prosody") in named
    for path in named:
        assert any((path + "/").startswith(place + "/")
                   for place in pods.mounts)


def test_the_secret_of_the_readme(overlay, tmp_path, kubectl):
    """Its commands make what slotd.conf asks for, fit to be used."""
    text = (manifests.DEPLOY / "README.md").read_text()
    block, for_s3, for_component = [block for block in re.findall(
        r"^```sh\n(.*?)^```$", text, re.S | re.M)
        if "create secret generic slotd " in block]
    if overlay.name.startswith("s3"):
        block = re.sub(r"^kubectl .* secret .*\n", "", block, flags=re.M)
        block += for_s3
    elif overlay.name == "component":
        block = re.sub(r"^.* > prosody.secret\n|^kubectl .* secret .*\n", "",
                       block, flags=re.M) + for_component
    # No cluster is here: only what kubectl would send.
    script = re.sub(r"^kubectl create namespace .*\n", "", block, flags=re.M)
    assert script.count("create secret generic slotd ") == 1
    script = script.replace(
        "create secret", "create --dry-run=client -o yaml secret")
    done = manifests.run("sh", "-euc", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    secret = manifests.yaml.safe_load(done.stdout)
    assert secret["metadata"] == {
        "name": "slotd", "namespace": "slotd", "creationTimestamp": None}
    asked = set(re.findall(r'_?file = "/etc/slotd/(.*?)";', overlay.conf))
    assert set(secret["data"]) == asked
    for name in secret["data"]:
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        assert len((tmp_path / name).read_text().strip()) == 64
