"""What the README and the demo tell a newcomer to do works as it stands."""

import json
import re
import signal
import subprocess

import pytest

from demo import alive, Demo
import pages
import support

README = (support.ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo") / "the demo")
    done = demo.run()
    assert done.returncode == 0, done
    demo.output = done.stdout
    yield demo
    demo.run("stop")


def test_demo(demo):
    assert (demo.folder / "hello.txt").read_bytes() == (
        demo.folder / "hello.copy.txt").read_bytes()
    assert "the same, byte for byte" in demo.output
    assert "  201\n" in demo.output
    assert alive(demo.pid)
    assert (demo.folder / "demo.secret").stat().st_mode & 0o777 == 0o600
    secret = (demo.folder / "demo.secret").read_text().strip()
    assert secret not in demo.output
    assert secret not in (demo.folder / "slotd.log").read_text()


def test_demo_replaces_an_earlier_one(demo):
    earlier = demo.pid
    done = demo.run()
    assert done.returncode == 0, done
    assert demo.pid != earlier
    assert alive(demo.pid) and not alive(earlier)


def test_demo_fails_with_a_sentence(tmp_path):
    demo = Demo(tmp_path / "demo")
    demo.env["SLOTD"] = "/nowhere/slotd"
    done = demo.run()
    assert done.returncode == 1
    assert "The demo failed: /nowhere/slotd is not there" in done.stderr
    assert demo.run("stop").returncode == 0


def test_demo_stops_only_its_own(tmp_path):
    """A number of a process that is not the demo's slotd is left alone."""
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "slotd.pid").write_text(f"{other.pid}\n")
        done = Demo(tmp_path).run("stop")
        assert "No slotd of the demo is running." in done.stdout
        assert other.poll() is None
        other.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("number", [0, 1])
def test_first_request(demo, number):
    text = pages.blocks("sh", README)[number]
    for theirs, ours in (
            ("build/demo/", "demo/"), ("build/slotd", support.SLOTD),
            ("127.0.0.1:8363", f"127.0.0.1:{demo.port}"), ("curl ", "curl -sS ")):
        assert theirs in text or theirs == "build/slotd"
        text = text.replace(theirs, ours)
    (demo.folder / "demo").exists() or (demo.folder / "demo").symlink_to(".")
    done = subprocess.run(
        ["bash", "-euc", text], cwd=demo.folder, capture_output=True,
        text=True, timeout=support.PATIENCE)
    assert done.returncode == 0, done
    answer = json.loads(done.stdout)
    assert answer["get"].endswith("/cat.jpg"), done


def check(folder, text):
    """That `slotd check` has nothing to say of a sample."""
    done = support.run("check", "-c", pages.filled(folder, text))
    assert (done.returncode, done.stderr) == (0, b"")


def test_s3_in_ten_lines(tmp_path):
    text = next(block for block in pages.blocks("", README)
                if "bucket_url" in block)
    assert len(text.splitlines()) <= 10
    check(tmp_path, text)


SAMPLES = dict(pages.samples())


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(tmp_path, name):
    check(tmp_path, pages.whole(SAMPLES[name]))


def test_there_are_samples():
    assert len(SAMPLES) == 40
    assert {name.split("/")[1] for name in SAMPLES if "/" in name} == {
        "component", "ejabberd", "kubernetes", "moving", "prosody", "redis",
        "storage"}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_with_a_public_url(name):
    """The web servers' samples pass it on to `public`."""
    text = SAMPLES[name]
    assert pages.has(text, "public") or not pages.has(text, "public_url")


def anchors(path):
    """Where a link into a page may lead, by GitHub's rule."""
    titles = re.findall("^#+ (.*)", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
            for title in titles}


def test_links():
    for file in ("README.md", "CONTRIBUTING.md"):
        text = (support.ROOT / file).read_text()
        for link in re.findall(r"\]\(([^)]+)\)", text):
            name, _, anchor = link.partition("#")
            path = support.ROOT / (name or file)
            assert path.exists(), link
            assert not anchor or anchor in anchors(path), link
