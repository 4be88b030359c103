"""What the documents say of the tree is so."""

import json
import re

import house


def text(name):
    return (house.ROOT / name).read_text()


def version():
    return re.search(r'SLOTD_VERSION "(.*)"', text(
        "include/slotd/version.h"))[1]


def named_tests(document):
    """(file, function or None) of each `tests/…` and `tests/…::name`; `::name`
    alone is of the file before it."""
    path = None
    for name in re.findall(r"`((?:tests/[\w./]+)?(?:::\w+)?)`", document):
        if not name:
            continue
        file, _, function = name.partition("::")
        path = file or path
        yield path, function or None


def test_the_tests_that_security_names_are_there():
    named = list(named_tests(text("SECURITY.md")))
    missing = [(path, function) for path, function in named
               if not (house.ROOT / path).exists() or (
                   function and not re.search(
                       rf"^(def|static void) {function}\(", text(path), re.M))]
    assert not missing
    assert len(named) > 20


def test_one_version():
    assert f"\n## [{version()}]" in text("CHANGELOG.md")
    assert text("debian/changelog").startswith(f"slotd ({version()}) ")
    assert f'image.version="{version()}"' in text("Dockerfile")


def test_the_package_is_built_with_what_the_program_is():
    """Build-Depends has each library of packages.sh's `build`."""
    wanted = re.search(r'^build="([^"]*)"', text("tests/packages.sh"),
                       re.M)[1].split()
    depends = re.search(r"^Build-Depends: (.*?)^\S", text("debian/control"),
                        re.M | re.S)[1]
    named = {re.split(r"[ (<]", item.strip())[0]
             for item in depends.split(",")}
    libraries = {name for name in wanted if name.endswith("-dev")}
    assert libraries - {"libc6-dev"} <= named    # that is build-essential
    assert len(libraries) > 4


def policies(page):
    """(the section's title, the policy) of each bucket policy, in order."""
    title = ""
    for heading, block in re.findall(
            r"^#+ ([^\n]*)$|^```json\n(.*?)^```$", page, re.M | re.S):
        title = heading or title
        if '"Principal"' in block and '"s3:' in block:
            yield title, json.loads(block)


def for_everybody(policy):
    return any(statement["Principal"] in ("*", {"AWS": ["*"]})
               for statement in policy["Statement"])


def test_nobody_makes_a_bucket_public_who_wants_redirects():
    """The samples say get = "redirect": a policy that lets everybody read has
    a section of its own, which says that it takes their place."""
    found = []
    for page in house.files("deploy/storage", endings=(".md",)):
        for title, policy in policies(page.read_text()):
            found.append((house.name(page), for_everybody(policy)))
            assert for_everybody(policy) == (title == "Public reading"), page
            text = page.read_text()
            assert not for_everybody(policy) or (
                "\n## Public reading\n\nInstead of redirects" in text), page
    assert ("deploy/storage/ceph.md", False) in found
    assert ("deploy/storage/ceph.md", True) in found


STORES = {
    "AWS": "aws", "Ceph": "ceph", "OpenStack Swift": "swift",
    "Garage": "garage", "SeaweedFS": "seaweedfs", "RustFS": "rustfs",
    "VersityGW": "versitygw", "Wasabi": "wasabi", "Cloudflare R2": "r2",
    "Backblaze B2": "b2", "Hetzner": "hetzner", "OVHcloud": "ovh",
    "Scaleway": "scaleway", "DigitalOcean": "digitalocean",
    "Storj": "storj", "IDrive e2": "idrive-e2", "MinIO": "minio"}


def test_each_store_has_its_page():
    """With where it is from, and when; and a row in the table, whole."""
    folder = house.ROOT / "deploy/storage"
    rows = re.findall(r"^\| \[([^]]+)\]\(([\w-]+)\.md\) \|(.*)\|$",
                      (folder / "README.md").read_text(), re.M)
    assert {name: page for name, page, _ in rows} == STORES
    assert {path.stem for path in folder.glob("*.md")} == {
        "README", *STORES.values()}
    for name, page, row in rows:
        text = (folder / (page + ".md")).read_text()
        cells = [cell.strip() for cell in row.split("|")]
        assert len(cells) == 7 and all(cells), name
        tested = "\nTested with " in text
        assert cells[0] == ("tested" if tested else "read"), name
        assert tested or re.search(
            r"^Read in its documentation( and source)? on 20\d\d-\d\d-\d\d\b",
            text, re.M), name
        for word in ("janitor", "CORS", "sweep", "Cost", "key_file"):
            assert word in text, (name, word)
