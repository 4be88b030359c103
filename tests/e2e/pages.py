"""slotd's configuration, as the pages of the tree have it."""

import re

import support

PAGES = [support.ROOT / "README.md",
         *sorted((support.ROOT / "deploy").rglob("*.md"))]
# What a page leaves out where it shows a part.
BESIDE = {
    "callers": """( { id = "prosody"; secret_file =
                  "/etc/slotd/prosody.secret"; } )""",
    "storage": '{ type = "fs"; path = "/var/lib/slotd"; }',
    "public_url": '"https://upload.example.org"',
    "key_file": '"/etc/slotd/slotd.key"',
}


def blocks(language, text):
    pairs = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.S | re.M)
    return [block for tag, block in pairs if tag == language]


def has(text, setting):
    return re.search(rf"^{setting}\b", text, re.M)


def samples():
    """(page and number, text) of each block that is a configuration or a
    part of one."""
    for page in PAGES:
        texts = [text for text in blocks("", page.read_text())
                 if re.search(r'^[a-z_]+\s*= [({"]', text, re.M)]
        for number, text in enumerate(texts):
            yield f"{page.relative_to(support.ROOT)} {number}", text


def whole(text):
    return text + "".join(f"{setting} = {value};\n"
                          for setting, value in BESIDE.items()
                          if not has(text, setting))


def filled(folder, text):
    """The file, as slotd takes it here: secrets are made, an access key takes
    the place of what the store has given, paths lead into the folder."""
    for name in re.findall(r"/etc/slotd/([\w.-]+)", text):
        (folder / name).write_text(f"not-a-secret-but-a-test-of-{name}-0001\n")
        (folder / name).chmod(0o600)
    (folder / "store").mkdir(exist_ok=True)
    text = re.sub('access_key_id = "[^"]*…"',
                  f'access_key_id = "{support.ACCESS_KEY}"', text)
    return support.write_config(
        folder, text.replace("/etc/slotd", str(folder))
        .replace("/var/lib/slotd", str(folder / "store")))
