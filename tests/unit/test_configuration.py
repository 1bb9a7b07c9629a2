"""The project's own configuration: what it names is there."""

import re
from pathlib import Path

import tomli

ROOT = Path(__file__).parents[2]
SETTINGS = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _spelled_out(pattern: str) -> list[str]:
    """A glob with one level of braces as globs without."""
    braces = re.fullmatch(r"(.*)\{([^{}]+)\}(.*)", pattern)
    if braces is None:
        return [pattern]
    start, inner, end = braces.groups()
    return [f"{start}{one}{end}" for one in inner.split(",")]


def test_exceptions_to_the_linter_name_files_that_are_there() -> None:
    patterns = SETTINGS["tool"]["ruff"]["lint"]["per-file-ignores"]
    spelled = [one for pattern in patterns for one in _spelled_out(pattern)]
    missing = [one for one in spelled if not list(ROOT.glob(one))]
    assert missing == []
