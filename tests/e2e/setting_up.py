"""`slotd init`, and what it wrote and said, moved to where a test can use
it."""

import re

import support

BASIC = {"domain": "example.org", "server": "prosody", "store": "embedded",
         "url": "https://upload.example.org"}
BUCKET = {"store": "bucket",
          "bucket_url": "https://my-bucket.s3.us-east-2.amazonaws.com",
          "region": "us-east-2", "access_key_id": support.ACCESS_KEY,
          "access_key_secret_file": "-"}
SECRETS = {"prosody": "prosody.secret", "ejabberd": "ejabberd.secret",
           "other": "component.secret"}


def arguments(folder, **options):
    """None leaves an option out."""
    words = ["init", "--dir", folder]
    for name, value in {**BASIC, **options}.items():
        if value is not None:
            words += ["--" + name.replace("_", "-"), value]
    return words


def init(folder, stdin=b"", **options):
    return support.run(*arguments(folder, **options), stdin=stdin)


def done_well(folder, stdin=b"", **options):
    """What it says."""
    done = init(folder, stdin, **options)
    assert (done.returncode, done.stderr) == (0, b""), done
    return done.stdout.decode()


def checked(path):
    """Nothing is wrong with it, and there is no warning."""
    done = support.run("check", "-c", path)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (
        0, f"{path}: ok\n", b"")


def text_of(folder, **options):
    """The configuration, as it is in /etc/slotd."""
    done_well(folder, support.ACCESS_SECRET.encode(), **options)
    return (folder / "slotd.conf").read_text().replace(
        str(folder), "/etc/slotd")


class Ports:
    """Free ones in place of those that are written, and a folder in place of
    the service's."""

    def __init__(self, store):
        self.listen, self.public = support.free_port(), support.free_port()
        self.store = store

    def move(self, text):
        return (text.replace("8363", str(self.listen))
                .replace("8364", str(self.public))
                .replace("/var/lib/slotd", str(self.store)))

    def move_file(self, path):
        path.write_text(self.move(path.read_text()))


def with_all(text):
    """The configuration, with each setting that is behind a # and no
    blank."""
    return re.sub(r"^(\t?)#(?=\t?[a-z_]+ = )", r"\1", text, flags=re.M)


def with_url(text, url):
    text, count = re.subn(r'(?m)^public_url = ".*";$',
                          f'public_url = "{url}";', text)
    assert count == 1
    return text


def blocks(said):
    """The texts to paste: paragraphs that are not indented sentences."""
    return [part + "\n" for part in said.rstrip("\n").split("\n\n")
            if not re.match(r"\d\. |   ", part)]


def block(said, begin):
    found = [text for text in blocks(said) if text.startswith(begin)]
    assert found, (begin, said)
    return found[0]
