"""Relative links of Markdown pages, and where they lead."""

import re
import urllib.parse

FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.M)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)


def anchors(text):
    """As GitHub and the other forges make them."""
    seen = {}
    for heading in HEADING.findall(FENCE.sub("", text)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        again = seen.get(slug, 0)
        seen[slug] = again + 1
        yield f"{slug}-{again}" if again else slug


def relative(text):
    for match in LINK.finditer(CODE.sub("``", FENCE.sub("", text))):
        link = match[1] or match[2]
        if not re.match(r"[a-z][a-z0-9+.-]*:", link, re.I):
            yield link


def dead(top, pages):
    """(how many relative links the pages have, those that lead nowhere below
    `top`), as "page: link"."""
    count, lost = 0, []
    top = top.resolve()
    for page in pages:
        for link in relative(page.read_text()):
            count += 1
            path, _, anchor = urllib.parse.unquote(link).partition("#")
            target = (page.parent / path if path else page).resolve()
            if (not target.exists() or not target.is_relative_to(top)
                    or (anchor and anchor not in anchors(
                        target.read_text()))):
                lost.append(f"{page.resolve().relative_to(top)}: {link}")
    return count, lost
