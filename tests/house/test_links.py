"""Links between the pages lead somewhere, in the source and where `make
install` puts them."""

import re
import subprocess

import house
import links

SOURCE = ("README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md",
          "doc/performance.md")


def test_the_source():
    pages = [house.ROOT / name for name in SOURCE]
    pages += house.files("deploy", endings=(".md",))
    count, dead = links.dead(house.ROOT, pages)
    assert dead == []
    assert count > 50


def test_what_is_installed(tmp_path):
    """With the anchors in it; and commands name files that are there."""
    build = house.SLOTD.rpartition("/")[0]
    done = subprocess.run(
        ["make", f"BUILD={build}", f"DESTDIR={tmp_path}", "PREFIX=/usr",
         "-o", "all", "install"], cwd=house.ROOT, text=True,
        capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    doc = tmp_path / "usr/share/doc/slotd"
    pages = sorted(doc.rglob("*.md"))
    count, dead = links.dead(doc, pages)
    assert dead == []
    assert count > 50
    text = "".join(page.read_text() for page in pages)
    named = set(re.findall(r"/usr/share/doc/slotd/[\w./-]*\w", text))
    assert {"/usr/share/doc/slotd/" + name for name in (
        "slotd.conf.example", "examples/ejabberd/src",
        "examples/prosody/mod_http_upload_slotd")} <= named
    named -= {"/usr/share/doc/slotd/README.Debian"}     # the package's own
    assert [name for name in named if not (tmp_path / name[1:]).exists()] == []
    assert not re.search(r"(?<!tests/)deploy/", text)


def test_an_anchor_is_what_forges_make_of_a_heading():
    assert list(links.anchors(
        "# ejabberd.yml\n## From `mod_s3_upload` to slotd\n"
        "```\n# no heading\n```\n## [A link](b.md), too\n## ejabberd.yml\n"
    )) == ["ejabberdyml", "from-mod_s3_upload-to-slotd", "a-link-too",
           "ejabberdyml-1"]


def test_a_dead_link_is_found(tmp_path):
    (tmp_path / "b.md").write_text("# There\n")
    page = tmp_path / "a.md"
    page.write_text("[1](b.md#there) [2](b.md#gone) [3](c.md) [4](../x)\n"
                    "`[5](no.md)` [6](https://example.org/) [7](#here)\n")
    assert links.dead(tmp_path, [page]) == (
        5, ["a.md: b.md#gone", "a.md: c.md", "a.md: ../x", "a.md: #here"])
