"""debian/slotd.conf as an operator changes it: its comments say how."""

import re

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
