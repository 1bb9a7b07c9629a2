"""The project's own configuration: what it names is there."""

import re
from collections import Counter
from pathlib import Path

import tomli

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "keys" / "lbuild_keys", ROOT / "frontend" / "lbuild_frontend")
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


def test_modules_have_one_subject_each_and_wings_can_be_overlooked() -> None:
    modules = [path for package in PACKAGES for path in package.rglob("*.py")]
    lines = {path.name: path.read_text("utf-8").count("\n") for path in modules}
    assert {name: count for name, count in lines.items() if count > 350} == {}
    wings = Counter(path.parent for path in modules if path.name != "__init__.py")
    assert {name: count for name, count in wings.items() if count > 14} == {}
