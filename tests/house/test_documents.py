"""What the documents say of the tree is so."""

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
