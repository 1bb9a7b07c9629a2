"""What holds for every page: its length, its opening, its links, its words."""

import re
import tomllib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from support.console_pages import blocks
from support.pages import (
    DOCS,
    DOORS,
    ROOT,
    anchor_of,
    anchors,
    headings,
    links,
    opening,
    page_named,
    pages,
    prose,
    without_code,
)

PAGES = {name: path.read_text("utf-8") for name, path in pages().items()}
LONGEST = 1200
"""Words of a page."""

FORBIDDEN = {
    r"answers otherwise": "output changed",
    r"effortless\w*|blazing\w*|seamless\w*|powerful": "what it does",
    r"is no (kind|TOML)": "invalid",
    r"lest": "so that not",
    r"let's|let us|our|ours|us|we": "lbuild, or you",
    r"lies": "is, is stored, is listed",
    r"mend|mends|put right": "fix, correct",
    r"obviously|of course|simply": "nothing",
    r"of no use": "unusable, unused",
    r"says? again": "replay",
    r"see to|sees to": "ensure",
    r"tells": "reports, prints, describes",
    r"the one of lbuild": "lbuild's",
    r"whom|whoever": "who",
}
"""Words that no page has, and what to write instead."""

ADDS_NO_HEADINGS = frozenset(
    f"{{{name}}}"
    for name in (
        "figure",
        "image",
        "list-table",
        "literalinclude",
        "note",
        "tip",
        "toctree",
        "warning",
    )
)
"""Directives."""

MACHINE = re.compile(r"(?<![\w./-])/(?:work|root|tmp/w)\b")


def is_generated(page: Path) -> bool:
    """Whether a directive adds headings to a page: only Sphinx knows their anchors."""
    languages = {block.language for block in blocks(page.read_text("utf-8"))}
    return any(one.startswith("{") and one.split()[0] not in ADDS_NO_HEADINGS for one in languages)


def broken(check: Callable[[str, str], object]) -> dict[str, object]:
    """Return what a check finds wrong, by page."""
    return {name: found for name, text in PAGES.items() if (found := check(name, text))}


def test_every_page_is_behind_one_of_four_doors() -> None:
    docs = {name for name in PAGES if (DOCS / name).is_file()}
    assert {f"{door}/index.md" for door in DOORS} <= docs
    assert [path.name for path in DOCS.glob("*.md")] == ["index.md"]


def test_no_page_is_too_long() -> None:
    assert broken(lambda _, text: len(text.split()) > LONGEST and len(text.split())) == {}


def test_every_page_begins_with_one_title() -> None:
    def check(_: str, text: str) -> object:
        levels = [heading.level for heading in headings(text)]
        skipped = any(level > before + 1 for before, level in pairwise(levels))
        return levels[:1] != [1] or 1 in levels[1:] or skipped

    assert broken(check) == {}


def test_every_page_says_first_what_the_reader_gets() -> None:
    def check(_: str, text: str) -> object:
        return "" if re.match(r"[\w`*\[\"]", opening(text)) else opening(text) or "nothing"

    assert broken(check) == {}


def test_links_to_other_files_lead_to_a_file_and_to_a_heading_of_it() -> None:
    def check(name: str, text: str) -> object:
        path = pages()[name]
        wrong = []
        for link in links(text):
            if re.match(r"\w+:", link):
                continue
            target, _, anchor = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            if not file.exists() or ROOT not in file.parents:
                wrong.append(link)
            elif anchor and file.suffix == ".md" and not is_generated(file):
                known = anchors(file.read_text("utf-8"))
                wrong += [link] if anchor not in known else []
        return wrong

    assert broken(check) == {}


def test_links_to_other_sites_are_encrypted() -> None:
    def check(_: str, text: str) -> object:
        return [link for link in links(text) if re.match(r"\w+:", link) and link[:8] != "https://"]

    assert broken(check) == {}


def test_links_are_written_so_that_they_are_checked() -> None:
    """Sphinx and these tests know ``[text](target)`` and ``<https://...>``."""

    def check(_: str, text: str) -> object:
        return re.findall(r"(?<![<(\[`\w/])https?://\S+", without_code(text))

    assert broken(check) == {}


@pytest.mark.parametrize("words", FORBIDDEN)
def test_words(words: str) -> None:
    pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE)
    found = broken(lambda name, text: name in DOCS_PAGES and pattern.findall(without_code(text)))
    assert found == {}, f"write instead: {FORBIDDEN[words]}"


DOCS_PAGES = frozenset(name for name in PAGES if (DOCS / name).is_file())


def test_no_page_names_folders_of_the_machine_it_was_written_on() -> None:
    assert broken(lambda _, text: MACHINE.findall(text)) == {}


def test_anchors() -> None:
    text = "# A `b`: c_d, e-f!\n\n(label)=\n## [A link](x.md)\n\n```sh\n# no\n```\n"
    assert anchors(text) == {"a-b-c_d-e-f", "label", "a-link"}
    assert anchor_of("What lbuild cannot see") == "what-lbuild-cannot-see"


def test_links_and_openings() -> None:
    text = "# T\n\n<!-- c -->\n\n[a `b`](c.md#d), ![p](e.svg), <https://x.org>, `[n](o)`\n"
    text += "\n```sh\n[n](o)\n```"
    assert list(links(text)) == ["c.md#d", "e.svg", "https://x.org"]
    assert opening(text).startswith("[a")
    assert opening("# T\n\n## U\n") == "## U"
    assert opening("# T\n") == ""
    assert prose(text).count("\n") == text.count("\n")


def test_the_address_of_the_repository_is_the_same_everywhere() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    urls = pyproject["project"]["urls"]
    repositories = re.findall(r"repo: (https\S+)", page_named("pre-commit.md").read_text("utf-8"))
    assert set(repositories) == {urls["Source"]}
    assert [url for url in urls.values() if not url.startswith(urls["Source"])] == []


def test_the_address_of_the_documentation_is_a_file_of_the_repository() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    urls = pyproject["project"]["urls"]
    prefix = f"{urls['Source']}/blob/main/"
    for name in ("Documentation", "Changelog"):
        assert (ROOT / urls[name].removeprefix(prefix)).is_file()
