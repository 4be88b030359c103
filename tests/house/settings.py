"""Every setting there is, as `slotd check` knows it.

Each word of the parser's sources is tried as a setting in each group; what is
not said to be unknown is one. So nothing has to know how the parser is
written, and what is added to it is seen.
"""

import re
import subprocess

import house

WORD = re.compile(r"[a-z][a-z0-9_]*")
FAULT = re.compile(r"^[^:\n]*:\d+: ([a-z0-9_.\[\]]+): (?!warning: )(.*)$",
                   re.M)
BATCH = 300     # fewer than the faults that are kept
KEYWORDS = {"true", "false"}


def faults(folder, text):
    """What `slotd check` says of a configuration: {path: sentence}."""
    path = folder / "slotd.conf"
    path.write_text(text)
    path.chmod(0o600)
    said = subprocess.run(
        [house.SLOTD, "check", "-c", str(path)], text=True, timeout=60,
        cwd=folder, capture_output=True)
    assert said.returncode in (0, 1), said.stderr
    return {re.sub(r"\[0\]", "", name): sentence
            for name, sentence in FAULT.findall(said.stderr)}


def words():
    found = set()
    for path in house.files("src/conf", endings=(".c", ".h")):
        found |= set(WORD.findall(path.read_text()))
    return sorted(found - KEYWORDS)


class Parser:
    """groups[path] is what stands around a group's members."""

    def __init__(self, folder):
        self.folder = folder
        self.words = words()
        self.groups = {"": ("", "")}
        self.settings = {}
        self.later = set()
        left = [""]
        while left:
            left += self.probe(left.pop())

    def probe(self, group):
        """Puts a group's members into settings; gives the groups in it."""
        inside = []
        prefix = group and group + "."
        before, after = self.groups[group]
        for start in range(0, len(self.words), BATCH):
            batch = self.words[start:start + BATCH]
            said = faults(self.folder, before + "".join(
                f"{word} = 1;\n" for word in batch) + after)
            for word in batch:
                sentence = said.get(prefix + word, "")
                if sentence.startswith("unknown setting"):
                    continue
                if sentence == "not supported yet":
                    self.later.add(prefix + word)
                    continue
                self.settings[prefix + word] = sentence
                opened = self.opening(word, sentence)
                if opened:
                    self.groups[prefix + word] = (
                        before + opened[0], opened[1] + after)
                    inside.append(prefix + word)
        return inside

    @staticmethod
    def opening(word, sentence):
        if sentence.startswith("must be a group"):
            return f"{word} = {{\n", "};\n"
        if re.match(r"must be a list .*groups", sentence):
            return f"{word} = ( {{\n", "} );\n"
        return None

    def sentence(self, group, line, beside=""):
        """What is said of the settings in a line that stands in a group: of
        the type that has it."""
        before, after = self.groups[group]
        name = (group and group + ".") + WORD.match(line)[0]
        said = faults(self.folder, before + beside + line + "\n" + after)
        variant = re.match(r'belongs to \w+ type "(\w+)"', said.get(name, ""))
        if variant and not beside:
            return self.sentence(group, line, f'type = "{variant[1]}";\n')
        return {path: text for path, text in said.items()
                if path == name or path.startswith((name + "[",
                                                    name + "."))}
