"""Who gives credentials does what it should not: what is told of it, and that
it has an end."""

import pytest

import aws
import flood
import support
from test_creds import WHO, lack

pytestmark = pytest.mark.usefixtures("no_aws")


@pytest.mark.parametrize("word", aws.USE)
@pytest.mark.parametrize("status", [203, 500])
def test_credentials_under_a_wrong_status(start, monkeypatch, server,
                                          tmp_path, word, status):
    """Nothing of them is in the log, or in what anybody may ask for."""
    def fault(server, call):
        right = server.answer(call)
        if "fake/secret" not in right[1]:
            return None
        return status, *right[1:]

    server.fault = fault
    aws.USE[word](monkeypatch, server, tmp_path)
    slotd = start(aws.config(word))
    line = slotd.wait_line('msg="no credentials"')
    why = lack(slotd)
    assert why.startswith(f"{WHO[word]} answered {status}"), why
    assert f"{WHO[word]} answered {status}" in line
    given = server.given[0]
    for text in (why, "\n".join(slotd.lines)):
        for secret in (given.access_key_secret, given.session_token,
                       "fake/secret", "FakeToken", given.access_key_id):
            assert secret not in text


@pytest.mark.parametrize("shape", flood.SHAPES)
def test_headers_without_an_end(start, monkeypatch, server, tmp_path, shape):
    """They do not fill the memory."""
    with flood.Flood(shape) as server:
        aws.use_instance(monkeypatch, server, tmp_path)
        slotd = start(aws.config("instance"))
        slotd.wait_line('msg="no credentials"')
        assert lack(slotd) == (
            "instance metadata answered more than 65536 bytes of headers")
        slotd.stop()
        assert not server.taken()


def test_the_doctor_has_an_end(monkeypatch, tmp_path):
    with flood.Flood("trailers") as server:
        config = support.s3_config(
            storage={"bucket_url": server.url + "/bucket"})
        path = support.write_config(tmp_path, config)
        done = support.run("doctor", "-c", path)
        assert done.returncode == 1
        assert not server.taken()


def test_the_end_waits_for_no_name(start, monkeypatch, server, tmp_path,
                                   slow_name):
    aws.use_sts(monkeypatch, server, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://slow.invalid:9/")
    slotd = start(aws.config())
    slotd.wait_line("^slow name$")
    slotd.stop()
    assert slow_name.exists()
