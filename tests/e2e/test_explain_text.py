"""slotd explain, with what people have at hand: a URL, a slot, a log line.

What a real store answers is in tests/s3.
"""

import html
import json

import pytest

import support

RIGHT = ("This URL is as slotd signs it, for a PUT of exactly 10 bytes. If the "
         "store refuses it, the client\n")


@pytest.fixture
def path(tmp_path):
    return support.write_config(tmp_path, support.s3_config(
        storage={"get": "presigned"}))


def slot(path):
    done = support.run("slot", "-c", path, "--jid", "a@example.org",
                       "--size", 10, "my cat.jpg")
    assert done.returncode == 0, done
    return done.stdout


def explain(path, argument, stdin=b""):
    done = support.run("explain", "-c", path, argument, stdin=stdin)
    assert done.stderr == b""
    assert support.ACCESS_SECRET.encode() not in done.stdout
    return done.returncode, done.stdout.decode()


def test_an_argument(path):
    url = json.loads(slot(path))["put"]
    code, text = explain(path, url)
    assert code == 0 and text.startswith(RIGHT)
    code, text = explain(path, url.replace("us-east-2", "eu-west-1"))
    assert code == 1 and text.startswith("region: slotd signs\n   us-east-2")


def test_as_xml_has_it(path):
    url = html.escape(json.loads(slot(path))["put"])
    assert "&amp;X-Amz-Date" in url
    code, text = explain(path, url)
    assert code == 0 and text.startswith(RIGHT)
    code, text = explain(
        path, "-", f"<slot><put url='{url}'/></slot>".encode())
    assert code == 0 and text.startswith("put: " + RIGHT)


def test_a_slot(path):
    answer = slot(path)
    code, text = explain(path, "-", answer)
    assert code == 0
    assert "put: " + RIGHT in text
    assert "get: This URL is as slotd signs it, for GET and no oth" in text
    both = json.loads(answer)
    both["put"], both["get"] = both["get"], both["put"]
    code, text = explain(path, "-", json.dumps(both).encode())
    assert code == 1
    assert text.count("this URL is signed for another method") == 2


def test_a_file(path, tmp_path):
    file = tmp_path / "answer"
    file.write_text("<Error><Code>EntityTooLarge</Code><MaxSizeAllowed>"
                    "5368709120</MaxSizeAllowed></Error>")
    code, text = explain(path, file)
    assert code == 1 and "MaxSizeAllowed is 5368709120 bytes" in text


def test_a_store_without_credentials(tmp_path, monkeypatch):
    """The URLs of another one are explained as ever."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    config = support.s3_config(storage={"get": "presigned"})
    config["storages"] = [{
        "type": "s3", "name": "lacks", "region": "us-east-2",
        "bucket_url": "https://lacks.s3.example.org",
        "credentials": "file"}]
    path = support.write_config(tmp_path, config)
    done = support.run("slot", "-c", path, "--jid", "a@example.org",
                       "--size", 10, "my cat.jpg")
    url = json.loads(done.stdout)["put"]
    done = support.run("explain", "-c", path, url)
    assert done.returncode == 0
    assert done.stdout.decode().startswith(RIGHT)
    assert done.stderr.startswith(b"slotd explain: storage lacks: credential")
    done = support.run("explain", "-c", path, url.replace(
        "bucket.s3", "lacks.s3"))
    assert done.returncode == 1
    assert done.stdout.startswith(b"storage lacks has no credentials now")
