"""The pages that people read: the documentation, and the files at the top of the repository."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from support.console_pages import blocks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOORS = ("tutorial", "how-to", "reference", "explanation")
"""The folders of the documentation, one for each kind of page (https://diataxis.fr)."""

_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
_AUTOLINK = re.compile(r"<(\w+://[^>\s]+)>")


class Heading(NamedTuple):
    """A heading: the line it is in, its level, and its text."""

    line: int
    level: int
    text: str


def pages() -> Mapping[str, Path]:
    """Return the pages by their names, those of the documentation without ``docs/``."""
    top = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
    found = {name: ROOT / name for name in top}
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS)
        if name.parts[0] in DOORS or name.as_posix() == "index.md":
            found[name.as_posix()] = path
    return found


def page_named(name: str) -> Path:
    """Return the one page of the documentation with a name, wherever it is."""
    [path] = [path for path in DOCS.rglob(name) if "_build" not in path.parts]
    return path


def prose(text: str) -> str:
    """Return a page without its fenced blocks and comments; its lines keep their numbers."""
    lines = text.splitlines()
    for block in blocks(text):
        for at in range(block.line, block.end + 1):
            lines[at] = ""
    whole = "\n".join(lines)
    return re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n"), whole, flags=re.DOTALL)


def without_code(text: str) -> str:
    """Return a page without blocks, inline code, and the targets of links."""
    inline = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "CODE", prose(text), flags=re.DOTALL)
    return re.sub(r"\]\([^)]*\)|<\w+://[^>]*>", "]", inline)


def headings(text: str) -> tuple[Heading, ...]:
    """Return the headings of a page."""
    return tuple(
        Heading(at, len(found[1]), found[2].strip())
        for at, line in enumerate(prose(text).splitlines())
        if (found := re.fullmatch(r"(#{1,6}) +(.*?) *#*", line))
    )


def anchors(text: str) -> frozenset[str]:
    """Return the anchors of a page: those that GitHub gives headings, and named ones."""
    found = {anchor_of(heading.text) for heading in headings(text)}
    whole = prose(text)
    for pattern in (r"^\(([\w.-]+)\)=$", r"\{#([\w.-]+)[ }]", r'<a (?:id|name)="([^"]+)"'):
        found.update(re.findall(pattern, whole, re.MULTILINE))
    return frozenset(found)


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub and MyST give a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def links(text: str) -> Iterator[str]:
    """Yield the targets of the links and pictures of a page, as they are written."""
    inline = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "CODE", prose(text))
    for pattern in (_LINK, _IMAGE, _AUTOLINK):
        yield from (found[1] for found in pattern.finditer(inline))


def opening(text: str) -> str:
    """Return the first block below the title, apart from labels and comments; "" if none is."""
    lines = prose(text).splitlines()
    [title, *_] = headings(text)
    below = "\n".join(lines[title.line + 1 :])
    for block in re.split(r"\n\s*\n", below):
        if block.strip() and not re.fullmatch(r"\s*\([\w.-]+\)=\s*", block):
            return block.strip()
    return ""
