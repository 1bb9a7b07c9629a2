"""The state of a TOML file by its values."""

from pathlib import Path

import pytest

from lbuild_keys.model import ABSENT, State
from lbuild_keys.observe import toml_tables

TABLES = [("project",), ("tool", "demo")]
NO_USE = {("tool", "demo"): frozenset({"dev"})}
TEXT = """\
[project]
name = "demo"
version = "1"
[project.urls]
a = "https://a.example"
b = "https://b.example"
[tool.demo]
dev = 1
"""


def observe(file: Path, text: str) -> State:
    file.write_text(text, "utf-8")
    parsed = toml_tables.read(str(file))
    return parsed if isinstance(parsed, State) else toml_tables.state_of(parsed, TABLES, NO_USE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pyproject.toml"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('version = "1"', "version = '1'  # a comment"),
        ("[project]", "# a comment\n\n[tool.ruff]\nline-length = 100\n[project]"),
        ("[tool.demo]", "[dependency-groups]\ndev = []\n[tool.demo]"),
        ("dev = 1", "dev = 2"),
        ("\n", "\r\n"),
        ("[project.urls]\na = ", "[project.urls]\n'a' = "),
    ],
)
def test_an_edit_that_changes_no_value(file: Path, old: str, new: str) -> None:
    then = observe(file, TEXT)
    now = observe(file, TEXT.replace(old, new))
    assert now == then
    assert then.known


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('version = "1"', 'version = "2"', "[project].version"),
        ('version = "1"', "version = 1", "[project].version"),
        ('version = "1"', "version = 1.0", "[project].version"),
        ('version = "1"', "version = 2026-11-30", "[project].version"),
        ('version = "1"\n', "", "[project].version"),
        ("a.example", "c.example", "[project].urls"),
        ('a = "https://a.example"\nb', 'b = "https://a.example"\na', "[project].urls"),
        ("dev = 1", "", "[tool.demo]"),
        ("[tool.demo]\ndev = 1", "[tool]\ndemo = 3", "[tool.demo]"),
        ("[project]", "[tool.demo.deep]\nx = 1\n[project]", "[tool.demo].deep"),
        (
            '"1"',
            '"2"\na = 1\nb = 1\nc = 1',
            "[project].version, [project].a, [project].b and 1 more",
        ),
    ],
)
def test_an_edit_that_changes_a_value(file: Path, old: str, new: str, names: str) -> None:
    then = observe(file, TEXT)
    now = observe(file, TEXT.replace(old, new))
    assert now != then
    assert toml_tables.changed_names(then, now) == names


def test_an_empty_table_is_more_than_none(file: Path) -> None:
    """``[tool.setuptools_scm]`` without a key turns setuptools-scm on."""
    assert observe(file, "[tool.demo]") != observe(file, "")


@pytest.mark.parametrize("text", ["[project", "version = 1\nversion = 2", f"a = {'9' * 5000}"])
def test_what_cannot_be_parsed_equals_nothing(file: Path, text: str) -> None:
    assert not observe(file, text).known


def test_a_file_that_is_gone(file: Path) -> None:
    assert toml_tables.read(str(file)) == ABSENT


NEWER = ["a = {b = 1,\n c = 2}", "a = {b = 1,}", "a = {b = {c = 1},\n d = {}}", "a = {b = '}',\n}"]
NEWER += [r'a = "\e"', r'a = "\x41"', "a = 12:30", "a = 2026-11-30 12:30"]


@pytest.mark.parametrize("text", NEWER)
def test_a_file_that_only_newer_parsers_take(file: Path, text: str) -> None:
    file.write_text(f"{text}\n")
    assert toml_tables.needs_newer_parser(str(file))


@pytest.mark.parametrize(
    "text",
    ["a = [{b = 1},\n{b = 2},\n]", "a = '{'", "a = 12:30:00", 'a = """\n{\n"""', "[a]\nb = {}"],
)
def test_a_file_that_all_parsers_take(file: Path, text: str) -> None:
    file.write_text(f"{text}\n")
    assert not toml_tables.needs_newer_parser(str(file))
