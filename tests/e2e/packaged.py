"""debian/slotd.conf as an operator changes it: its comments say how."""

import re

import reloading
import support

PATH = support.ROOT / "debian/slotd.conf"
FOLDER_BLOCK = r'(?s)^storage = \{\n\ttype = "fs";\n.*?^\};\n'
S3_BLOCK = r'(?s)^#storage = \{\n#\ttype = "s3";\n.*?^#\};\n'
HTTP = 'public_url = "http://127.0.0.1:8364";\n'


def without_hash(match):
    return re.sub("^#", "", match[0], flags=re.M)


def replaced(pattern, by, text):
    text, count = re.subn(pattern, by, text, flags=re.M)
    assert count == 1, pattern
    return text


def with_s3(text):
    """Without the block of the folder, and with that of S3."""
    text = replaced(FOLDER_BLOCK, "", text)
    return replaced(S3_BLOCK, without_hash, text)


def without_s3(text):
    return replaced(S3_BLOCK, "", text)


def with_https(text):
    assert text.count(HTTP) == 1
    return replaced("^#(?=public_url)", "", text.replace(HTTP, ""))


def with_component(text):
    return replaced("^#(?=components = )", "", text)


def with_all(text):
    """With each setting that is left behind a # and no blank."""
    return re.sub(r"^(\t?)#(?=\t?[a-z_]+ = )", r"\1", text, flags=re.M)


def moved(text, folder, listen, public):
    """The same in another folder and on other ports."""
    for before, after in (("/etc/slotd", folder), ("8363", listen),
                          ("/var/lib/slotd", folder / "var"),
                          ("8364", public)):
        assert before in text
        text = text.replace(before, str(after))
    return text


class Place:
    """A folder in place of /etc/slotd and /var/lib/slotd, with ports."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = support.free_port(), support.free_port()
        (folder / "var").mkdir()
        for name, text in (("xmpp.secret", support.SECRET),
                           ("component.secret", support.SECRET),
                           ("slotd.key", "a-key-for-tests-" * 2),
                           ("s3.secret", support.ACCESS_SECRET),
                           ("janitor.secret", support.ACCESS_SECRET)):
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o600)

    def text(self, *changes):
        text = PATH.read_text()
        for change in changes:
            text = change(text)
        return moved(text, self.folder, *self.ports)

    def run(self, command, *rest, changes=()):
        path = support.write_config(self.folder, self.text(*changes))
        return path, support.run(command, "-c", path, *rest)

    def serve(self, start):
        """A slotd that read it by a reload, as after its first change."""
        listen, public = self.ports
        slotd = start({
            "listen": {"address": "127.0.0.1", "port": listen},
            "public": {"address": "127.0.0.1", "port": public},
            "public_url": f"http://127.0.0.1:{public}",
            "key_file": self.folder / "slotd.key",
            "callers": [{"id": "xmpp", "secret": support.SECRET}],
            "storage": {"type": "fs", "path": self.folder / "var"},
            "quota": {"state_file": self.folder / "var/quota.state"}})
        self.reload(slotd)
        return slotd

    def reload(self, slotd, *changes):
        """Nothing is wrong, and nothing waits for a restart."""
        said = reloading.reload(slotd, self.text(*changes))
        assert not [line for line in said if "level=info" not in line]
