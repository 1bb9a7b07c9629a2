"""The console examples of all pages: each is run, and shows what the page shows.

``pytest tests/docs/test_examples.py --update-examples -k how-to/nox`` writes the present outputs
into that page. ``support.console_pages`` explains what a page can say.
"""

import sys
from pathlib import Path
from typing import Any

import pytest

from support.console_pages import parse
from support.console_sessions import ROOT, check, make_sandbox
from support.pages import pages

exhaustive = pytest.mark.exhaustive

PAGES = pages()

SKIPPED: frozenset[tuple[str, str]] = frozenset()
"""Pages, and the reasons for which one of their examples is not run."""


def cases() -> list[Any]:
    """The pages with console examples; those that new users read first are quick."""
    return [
        pytest.param(
            path,
            id=name,
            marks=[] if name.startswith(("README", "index", "tutorial/")) else [exhaustive],
        )
        for name, path in PAGES.items()
        if "```console" in path.read_text("utf-8")
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="the examples are those of Linux")
@pytest.mark.parametrize("path", cases())
def test_console_examples(path: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    text = path.read_text("utf-8")
    page = parse(text)
    problems, present = check(page, text, make_sandbox(tmp_path, page))
    if pytestconfig.getoption("update_examples"):
        path.write_text(present, "utf-8")
        problems = [problem for problem in problems if not problem.is_outdated]
    if problems:
        name = path.relative_to(ROOT)
        advice = "To write the present outputs into the page, add --update-examples."
        told = [f"{name}:", *(problem.text for problem in problems), advice]
        pytest.fail("\n\n".join(told), pytrace=False)


def test_only_what_cannot_be_run_is_skipped() -> None:
    skipped = {
        (name, reason)
        for name, path in PAGES.items()
        for reason in parse(path.read_text("utf-8")).skipped
    }
    assert skipped == SKIPPED
