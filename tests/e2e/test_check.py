"""`slotd check`: every fault, each with its file and line."""

import contextlib
import errno
import re
import socket

import pytest

import support

SECRET = "a secret of enough bytes"

# Changed in one place by each row below. {dir} is the test's folder.
BASE = """\
listen = {
  address = "127.0.0.1";
  port = 8363;
};
key_file = "{dir}/key";
auth = {
  max_skew = 300;
};
callers = (
  {
    id = "one";
    secret = "the secret of caller one";
  },
  {
    id = "two";
    secret_file = "{dir}/secret";
    allow_domains = ( "example.org" );
  }
);
storage = {
  type = "s3";
  bucket_url = "https://bucket.s3.example.org";
  region = "us-east-2";
  access_key_id = "AKIDFAKE";
  access_key_secret = "fake-secret-of-the-store";
  put_ttl = 600;
  set_public = false;
  key = "{random}/{filename}";
};
policy = {
  max_size = 1000;
};
limits = {
  connections = 100;
};
log = {
  level = "info";
};
"""


@pytest.fixture
def check(tmp_path):
    for name, text in (("key", "k" * 32), ("secret", "the secret of two"),
                       ("third", "the secret of three"),
                       ("short", "fifteen bytes!!"), ("empty", ""),
                       ("line", "\n"), ("short_key", "k" * 31),
                       ("open", "a secret that others may write")):
        (tmp_path / name).write_text(text + "\n" * (name != "empty"))
        (tmp_path / name).chmod(0o666 if name == "open" else 0o600)

    def go(text):
        text = text.replace("{dir}", str(tmp_path))
        path = support.write_config(tmp_path, text)
        return path, support.run("check", "-c", path)
    return go


def faults(path, done):
    """(line, setting, what) of each line on stderr."""
    found = []
    for line in done.stderr.decode().splitlines():
        match = re.fullmatch(
            re.escape(str(path)) + r":([0-9]+): ([A-Za-z0-9_.\[\]]+): (.+)",
            line)
        assert match, line
        found.append((int(match[1]), match[2], match[3]))
    return found


def line_of(text, mark):
    return text[:text.index(mark)].count("\n") + 1


def test_base_is_right(check):
    path, done = check(BASE)
    assert (done.returncode, done.stderr) == (0, b""), done
    assert done.stdout == f"{path}: ok\n".encode()


# (what stands in BASE, what takes its place, the setting that is named)
WRONG = [
    # unknown, and of the wrong type
    ("log = {", "bogus = 1;\nlog = {", "bogus"),
    ("put_ttl = 600", "put_tll = 600", "storage.put_tll"),
    ("port = 8363", "port = \"8363\"", "listen.port"),
    ("port = 8363", "port = 8363.0", "listen.port"),
    ("set_public = false", "set_public = 1", "storage.set_public"),
    ("region = \"us-east-2\"", "region = 5", "storage.region"),
    ("id = \"one\"", "id = 1", "callers[0].id"),
    ("( \"example.org\" )", "\"example.org\"", "callers[1].allow_domains"),
    ("( \"example.org\" )", "( 5 )",
     "callers[1].allow_domains[0]"),
    ("id = \"one\"", "id = \"one\"; bogus = 1", "callers[0].bogus"),
    ("log = {", "public = 5;\nlog = {", "public"),
    # out of range
    ("port = 8363", "port = 0", "listen.port"),
    ("port = 8363", "port = 65536", "listen.port"),
    ("port = 8363", "port = -1", "listen.port"),
    ("put_ttl = 600", "put_ttl = 0", "storage.put_ttl"),
    ("put_ttl = 600", "put_ttl = 604801", "storage.put_ttl"),
    ("max_skew = 300", "max_skew = -1", "auth.max_skew"),
    ("connections = 100", "connections = 0", "limits.connections"),
    ("max_size = 1000", "max_size = 0", "policy.max_size"),
    ("max_size = 1000", "max_size = -5", "policy.max_size"),
    ("max_size = 1000", 'max_size = "5 QB"', "policy.max_size"),
    ("max_size = 1000", 'max_size = "-1"', "policy.max_size"),
    ("max_size = 1000", 'max_size = ""', "policy.max_size"),
    ("max_size = 1000", 'max_size = "99999999999 GiB"', "policy.max_size"),
    # what libconfig would change in silence
    ("max_size = 1000", "max_size = 5368709120", "policy.max_size"),
    ("max_size = 1000", "max_size = 99999999999999999999L",
     "policy.max_size"),
    ("put_ttl = 600", "put_ttl = 0600", "storage.put_ttl"),
    ("max_size = 1000", "max_size = 1000.0", "policy.max_size"),
    ('access_key_id = "AKIDFAKE"', 'access_key_id = "AKID\\x00FAKE"',
     "storage.access_key_id"),
    # files
    ("{dir}/secret", "{dir}/nowhere", "callers[1].secret_file"),
    ("{dir}/secret", "{dir}", "callers[1].secret_file"),
    ("{dir}/secret", "{dir}/empty", "callers[1].secret_file"),
    ("{dir}/secret", "{dir}/line", "callers[1].secret_file"),
    ("{dir}/secret", "{dir}/short", "callers[1].secret_file"),
    ("{dir}/secret", "{dir}/open", "callers[1].secret_file"),
    ("{dir}/key", "{dir}/nowhere", "key_file"),
    ("{dir}/key", "{dir}/short_key", "key_file"),
    # callers
    ("the secret of caller one", "fifteen bytes!!", "callers[0].secret"),
    ('secret_file = "{dir}/secret"', 'secret = "the secret of caller one"',
     "callers[1].secret"),
    ('id = "two"', 'id = "one"', "callers[1].id"),
    ('id = "two"', 'id = "a b"', "callers[1].id"),
    ('id = "two"', 'id = ""', "callers[1].id"),
    ('id = "two"', f'id = "{"x" * 65}"', "callers[1].id"),
    # storage
    ('type = "s3"', 'type = "swift"', "storage.type"),
    ('"us-east-2"', '"us east"', "storage.region"),
    ('"us-east-2"', '""', "storage.region"),
    ("https://bucket.s3", "ftp://bucket.s3", "storage.bucket_url"),
    ("https://bucket.s3", "bucket.s3", "storage.bucket_url"),
    ("example.org\";", "example.org/?x=1\";", "storage.bucket_url"),
    ("example.org\";", "example.org/#x\";", "storage.bucket_url"),
    ("example.org\";", "example.org/a b\";", "storage.bucket_url"),
    ("example.org\";", "example.org/é\";", "storage.bucket_url"),
    ("example.org\";", "example.org/a+b\";", "storage.bucket_url"),
    ("example.org\";", "example.org/%zz\";", "storage.bucket_url"),
    ("example.org\";", "example.org/a%2Fb\";", "storage.bucket_url"),
    ("example.org\";", "example.org/a%00b\";", "storage.bucket_url"),
    ("example.org\";", "example.org/%2E%2e/b\";", "storage.bucket_url"),
    ("example.org\";", "example.org:0/\";", "storage.bucket_url"),
    ("example.org\";", "example.org:65536/\";", "storage.bucket_url"),
    ("https://bucket", "https://u:p@bucket", "storage.bucket_url"),
    ("https://bucket.s3.example.org", "https://", "storage.bucket_url"),
    ("{random}/{filename}", "{filename}", "storage.key"),
    ("{random}/{filename}", "{random}/{bogus}", "storage.key"),
    ("{random}/{filename}", "{random}/{filename", "storage.key"),
    ("{random}/{filename}", "/{random}", "storage.key"),
    ("{random}/{filename}", "a//{random}", "storage.key"),
    ("{random}/{filename}", "../{random}", "storage.key"),
    ("{random}/{filename}", "a b/{random}", "storage.key"),
    ("{random}/{filename}", "{random}", None),
    # the rest
    ('level = "info"', 'level = "loud"', "log.level"),
    ('level = "info"', 'format = "xml"', "log.format"),
    ("127.0.0.1", "localhost.invalid", "listen.address"),
    ("127.0.0.1", "300.0.0.1", "listen.address"),
]


@pytest.mark.parametrize("old, new, setting", WRONG)
def test_fault(check, old, new, setting):
    assert BASE.count(old) == 1, old
    text = BASE.replace(old, new)
    path, done = check(text)
    if setting is None:
        assert done.returncode == 0, done
        return
    assert (done.returncode, done.stdout) == (1, b""), done
    found = faults(path, done)
    assert [f[1] for f in found] == [setting], found
    # The line is the one where the setting stands.
    assert found[0][0] == line_of(BASE, old), found
    for secret in ("the secret of", "fake-secret", "fifteen"):
        assert secret not in done.stderr.decode()


@pytest.mark.parametrize("setting, size", [
    ("bucket_url", 5000), ("bucket_url", 1025), ("download_url", 5000)])
def test_urls_have_a_bound(check, setting, size):
    url = "https://h/"
    url += "b" * (size - len(url))
    text = BASE.replace("region = ", f'{setting} = "{url}";\n  region = ')
    if setting == "bucket_url":
        text = text.replace(
            '  bucket_url = "https://bucket.s3.example.org";\n', "")
    path, done = check(text)
    assert (done.returncode, done.stdout) == (1, b""), done
    assert [f[1:] for f in faults(path, done)] == [
        (f"storage.{setting}", "it is too long: over 1024 bytes")]


# (what is taken away, the setting that is missing, the line that is named)
MISSING = [
    ('  region = "us-east-2";\n', "storage.region", "storage = {"),
    ('  bucket_url = "https://bucket.s3.example.org";\n',
     "storage.bucket_url", "storage = {"),
    ('  access_key_id = "AKIDFAKE";\n', "storage.access_key_id",
     "storage = {"),
    ('  access_key_secret = "fake-secret-of-the-store";\n',
     "storage.access_key_secret", "storage = {"),
    ('  type = "s3";\n', "storage.type", "storage = {"),
    ('    secret = "the secret of caller one";\n', "callers[0].secret",
     "  {\n    id = \"one\""),
    ('    id = "one";\n', "callers[0].id", "  {\n    secret"),
    (BASE[BASE.index("callers"):BASE.index("storage")], "callers", None),
    (BASE[BASE.index("storage"):BASE.index("policy")], "storage", None),
]


@pytest.mark.parametrize("gone, setting, mark", MISSING)
def test_missing(check, gone, setting, mark):
    text = BASE.replace(gone, "")
    assert text != BASE
    path, done = check(text)
    assert (done.returncode, done.stdout) == (1, b""), done
    line = line_of(text, mark) if mark else 1
    assert [f[:2] for f in faults(path, done)] == [(line, setting)]


@pytest.mark.parametrize("callers", ["( )", "( { id = \"one\"; } )"])
def test_no_caller_with_a_secret(check, callers):
    start, end = BASE.index("callers"), BASE.index("storage")
    text = BASE[:start] + f"callers = {callers};\n" + BASE[end:]
    path, done = check(text)
    assert done.returncode == 1
    assert all(f[1].startswith("callers") for f in faults(path, done))


@pytest.mark.parametrize("old, new, setting", [
    ('secret = "the', 'secret_file = "{dir}/third"; secret = "the',
     "callers[0]"),
    ('access_key_secret = "',
     'access_key_secret_file = "{dir}/secret"; access_key_secret = "',
     "storage.access_key_secret"),
])
def test_a_setting_beside_its_file(check, old, new, setting):
    path, done = check(BASE.replace(old, new))
    assert done.returncode == 1
    found = faults(path, done)
    assert found and all(f[1].startswith(setting) for f in found), found


def test_all_in_one_run(check):
    text = BASE.replace("8363", "0").replace("us-east-2", "us east")
    text = text.replace("{random}/{filename}", "{filename}")
    text = text.replace('id = "two"', 'id = "one"') + "bogus = 1;\n"
    path, done = check(text)
    assert done.returncode == 1
    assert {f[1] for f in faults(path, done)} == {
        "listen.port", "storage.region", "storage.key", "callers[1].id",
        "bogus"}


def test_key_is_needed(check):
    text = BASE.replace('key_file = "{dir}/key";\n', "")
    assert check(text)[1].returncode == 0
    text = text.replace("{random}/{filename}", "{random}/{owner}")
    path, done = check(text)
    assert done.returncode == 1
    assert "openssl rand -hex 32" in done.stderr.decode()
    assert [f[1] for f in faults(path, done)][0] in (
        "key_file", "storage.key")


def test_embedded_store(check, tmp_path):
    start, end = BASE.index("storage"), BASE.index("policy")
    text = BASE[:start] + (
        'storage = {\n  type = "fs";\n  path = "{dir}/store";\n};\n'
    ) + BASE[end:]
    path, done = check(text)
    assert [f[:2] for f in faults(path, done)] == [(1, "public_url")]
    text += 'public_url = "https://upload.example.org";\n'
    assert check(text)[1].returncode == 0
    assert not (tmp_path / "store").exists()
    path, done = check(text.replace('  path = "{dir}/store";\n', ""))
    assert [f[1] for f in faults(path, done)] == ["storage.path"]
    path, done = check(text.replace("127.0.0.1", "0.0.0.0"))
    assert done.returncode == 0
    assert done.stdout == f"{path}: ok\n".encode()
    assert b"warning" in done.stderr


def test_syntax(check):
    path, done = check(BASE + "oops oops\n")
    assert (done.returncode, done.stdout) == (1, b"")
    line = BASE.count("\n") + 1
    found = re.match(re.escape(str(path)) + r":(\d+): ", done.stderr.decode())
    assert found and abs(int(found[1]) - line) <= 1, done
    assert len(done.stderr.splitlines()) == 1


def test_read_by_others(check, tmp_path):
    (tmp_path / "secret").chmod(0o644)
    path, done = check(BASE)
    assert done.returncode == 0
    assert done.stdout == f"{path}: ok\n".encode()
    assert len(done.stderr.splitlines()) == 1
    assert b"callers[1].secret_file: " in done.stderr


def test_links_are_followed(check, tmp_path):
    (tmp_path / "secret").rename(tmp_path / "real")
    (tmp_path / "secret").symlink_to(tmp_path / "real")
    assert check(BASE)[1].returncode == 0


def test_arrays_and_units(check):
    text = BASE.replace('( "example.org" )', '[ "example.org", "a.org" ]')
    for size in ('"100 MiB"', '"5 GB"', '"1000"', "5368709120L"):
        path, done = check(text.replace("1000", size))
        assert done.returncode == 0, done


def test_what_is_included(check, tmp_path):
    """A fault in an included file has that file's name and line."""
    other = tmp_path / "other.conf"
    other.write_text("\n\nbogus = 1;\n")
    path, done = check(BASE + f'@include "{other}"\n')
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"{other}:3: bogus: ")


def test_binary_rubbish(check, tmp_path):
    for text in ("", "\x00", "\xff" * 100, "{" * 5000, "(" * 50000,
                 'a = "' + "x" * 10**6):
        path, done = check(text)
        assert done.returncode == 1, done
        assert done.stderr.startswith(str(path).encode() + b":")


PLACES = [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.2"),
          ("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"),
          ("::", "127.0.0.1"), ("0.0.0.0", "::"), ("::", "::1"),
          ("0.0.0.0", "::1"), ("::1", "127.0.0.1"),
          ("::ffff:127.0.0.1", "0.0.0.0"), ("::ffff:0.0.0.0", "127.0.0.1"),
          ("::ffff:127.0.0.1", "127.0.0.1"), ("::1", "::ffff:0.0.0.0")]


@pytest.mark.parametrize("one, other", PLACES)
def test_two_listeners_of_a_port(check, one, other):
    """check refuses two addresses where the kernel does."""
    port = support.free_port()
    possible = True
    with contextlib.ExitStack() as stack:
        for address in (one, other):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            sock = stack.enter_context(socket.socket(family))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if ":" in address:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                sock.bind((address, port))
                sock.listen()
            except OSError as error:
                assert error.errno == errno.EADDRINUSE
                possible = False
    text = BASE.replace("127.0.0.1", one).replace("8363", str(port))
    text += f'public = {{ address = "{other}"; port = {port}; }};\n'
    path, done = check(text)
    assert (done.returncode == 0) == possible, done
    if not possible:
        assert [f[1] for f in faults(path, done)] == ["public"]
