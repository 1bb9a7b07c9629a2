"""What pyproject.toml declares: every form that is valid, and every mistake by its key path."""

import copy
import datetime as dt
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.config import sizes
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.config.settings import Settings, read_settings
from lbuild_keys.errors import SettingsError
from lbuild_keys.model import MODES
from support.refused_settings import BRACKETS, QUOTES, require_refused


def read(text: str) -> Settings:
    return read_settings(tomli.loads(text))


def test_nothing_declared() -> None:
    found = read("")
    assert found.build_system == BuildSystem()
    assert len(found.cache_keys) == 4
    assert (found.name, found.cache_dir) == (None, None)
    assert (found.mode, found.cache_mode) == ("traced", "read-write")
    assert (found.ignore, found.reinstall_packages) == ((), frozenset())
    assert not found.always_rebuild
    assert (found.cache_size, found.cache_generations) == (5 * 2**30, 30)
    assert found.environment_max_age == 24 * 60 * 60


@pytest.mark.parametrize("mode", ["tree", "declared"])
def test_the_settings_of_lbuild(mode: str) -> None:
    found = read(f"[tool.lbuild]\ninputs = '{mode}'\nignore = ['*.md']\ncache-dir = '../c'")
    assert (found.mode, found.ignore, found.cache_dir) == (mode, ("*.md",), "../c")


@pytest.mark.parametrize("mode", ["read-write", "read-only"])
def test_whether_the_cache_may_be_written(mode: str) -> None:
    assert read(f"[tool.lbuild]\ncache-mode = '{mode}'").cache_mode == mode
    require_refused(
        "[tool.lbuild]\ncache-mode = 'readonly'",
        "tool.lbuild.cache-mode",
        "'readonly' is not a valid value",
        "Write one of read-write, read-only. Did you mean 'read-only'?",
    )


@pytest.mark.parametrize(
    ("value", "expected"), [("0", 0), ("1_000", 1_000), ("'5 GiB'", 5 * 2**30), ("'0'", 0)]
)
def test_how_large_the_cache_may_be(value: str, expected: int) -> None:
    assert read(f"[tool.lbuild]\ncache-size = {value}").cache_size == expected


@pytest.mark.parametrize("value", [0, 1, 30])
def test_how_many_entries_are_kept(value: int) -> None:
    assert read(f"[tool.lbuild]\ncache-generations = {value}").cache_generations == value


@pytest.mark.parametrize("value", [True, False])
def test_always_rebuild(value: bool) -> None:
    assert read(f"[tool.lbuild]\nalways-rebuild = {str(value).lower()}").always_rebuild is value


def test_reinstall_packages_are_normalised() -> None:
    found = read("[tool.uv]\nreinstall-package = ['My.Demo', 'other']")
    assert found.reinstall_packages == {"my-demo", "other"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[project]\nname = 'My_Demo'", "my-demo"),
        ("[tool.poetry]\nname = 'My.Demo'", "my-demo"),
        ("[project]\nname = 'a'\n[tool.poetry]\nname = 'b'", "a"),
        ("[project]\ndynamic = ['name']", None),
        ("[project]\nname = 1", None),
        ("project = 1", None),
        ("[tool]\npoetry = 1", None),
    ],
)
def test_the_static_name(text: str, name: str | None) -> None:
    assert read(text).name == name


MISTAKES = [
    ("tool = 1", "tool", "expected a table, not an integer", "Write it as [tool]."),
    ("[tool]\nuv = []", "tool.uv", "expected a table, not an array", "Write it as [tool.uv]."),
    (
        "[tool]\nlbuild = ''",
        "tool.lbuild",
        "expected a table, not a string",
        "Write it as [tool.lbuild].",
    ),
    *(
        (
            f'[tool.lbuild]\ncache-dir = "{text}"',
            "tool.lbuild.cache-dir",
            f"{shown} is not a path of a folder",
            'Write a path, such as "~/.cache/lbuild".',
        )
        for text, shown in (("", "''"), (r"a\u0000b", r"'a\x00b'"))
    ),
    (
        "[tool.uv]\nreinstall-package = 'a'",
        "tool.uv.reinstall-package",
        "expected an array, not a string",
        BRACKETS,
    ),
    (
        "[tool.lbuild]\ninputs = 'declare'",
        "tool.lbuild.inputs",
        "'declare' is not a valid value",
        "Write one of traced, tree, declared. Did you mean 'declared'?",
    ),
    (
        "[tool.lbuild]\ninputs = 'x'",
        "tool.lbuild.inputs",
        "'x' is not a valid value",
        "Write one of traced, tree, declared.",
    ),
    (
        "[tool.lbuild]\ninputs = true",
        "tool.lbuild.inputs",
        "expected a string, not a boolean",
        QUOTES,
    ),
    (
        "[tool.lbuild]\nignore = '*.md'",
        "tool.lbuild.ignore",
        "expected an array, not a string",
        BRACKETS,
    ),
    (
        "[tool.lbuild]\nignores = []",
        "tool.lbuild.ignores",
        "unknown setting",
        "Did you mean 'ignore'?",
    ),
    (
        "[tool.lbuild]\ncache-dir = 1",
        "tool.lbuild.cache-dir",
        "expected a string, not an integer",
        QUOTES,
    ),
    *(
        (
            f"[tool.lbuild]\nenvironment-max-age = {value}",
            "tool.lbuild.environment-max-age",
            problem,
            'Write seconds, such as 3600, or a string, such as "12 hours" or "1 day".',
        )
        for value, problem in (
            ("true", "expected an integer or a string, not a boolean"),
            ("1.5", "expected an integer or a string, not a float"),
            ("-1", "-1 seconds is not a valid age"),
            ("1_000_000_000_001", "1000000000001 seconds is not a valid age"),
            ("'1d'", "'1d' is not a duration"),
            ("'1  day'", "'1  day' is not a duration"),
            ("'day'", "'day' is not a duration"),
            ("'1.5 days'", "'1.5 days' is not a duration"),
            ("'-1 day'", "'-1 day' is not a duration"),
            ("'1 month'", "'1 month' is not a duration"),
        )
    ),
    (
        "[tool.lbuild]\nalways-rebuild = 'true'",
        "tool.lbuild.always-rebuild",
        "expected a boolean, not a string",
        "Write true or false.",
    ),
    *(
        (f"[tool.lbuild]\ncache-size = {value}", "tool.lbuild.cache-size", problem, sizes.REMEDY)
        for value, problem in (
            ("true", "expected an integer or a string, not a boolean"),
            ("5e9", "expected an integer or a string, not a float"),
            ("-1", "-1 bytes is not a valid size"),
            ("0x8000_0000_0000_0000", "an integer of more than 64 bits"),
            ("'5 GB or so'", "'5 GB or so' is not a size"),
        )
    ),
    *(
        (
            f"[tool.lbuild]\ncache-generations = {value}",
            "tool.lbuild.cache-generations",
            problem,
            "Write a number, such as 30; 0 means no limit.",
        )
        for value, problem in (
            ("false", "expected an integer, not a boolean"),
            ("'30'", "expected an integer, not a string"),
            ("-1", "-1 is not a valid count"),
        )
    ),
]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("3600", 3_600),
        ("'0 days'", 0),
        ("'45 seconds'", 45),
        ("'30 minutes'", 1_800),
        ("'1 hour'", 3_600),
        ("'12 hours'", 43_200),
        ("'1 day'", 86_400),
        ("'2 weeks'", 1_209_600),
    ],
)
def test_how_old_environments_may_be(value: str, seconds: int) -> None:
    found = read(f"[tool.lbuild]\nenvironment-max-age = {value}")
    assert found.environment_max_age == seconds


def test_environments_may_be_a_day_old() -> None:
    assert read("").environment_max_age == 86_400


@pytest.mark.parametrize(
    ("text", "where", "problem", "remedy"), MISTAKES, ids=[row[0][:50] for row in MISTAKES]
)
def test_mistakes(text: str, where: str, problem: str, remedy: str) -> None:
    require_refused(text, where, problem, remedy)


@pytest.mark.parametrize("pattern", ["!", "\\", "a\\"])
def test_an_ignore_pattern_that_git_does_not_know_is_a_mistake(pattern: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"tool": {"lbuild": {"ignore": ["*.md", pattern]}}})
    assert caught.value.where == "pyproject.toml: tool.lbuild.ignore[1]"


@pytest.mark.parametrize("pattern", ["", "A=B", "A B", "a/b", "*A*B*C*D*"])
def test_what_no_variable_is_called_is_a_mistake(pattern: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"tool": {"lbuild": {"ignore-environment": ["CI_*", pattern]}}})
    assert caught.value.where == "pyproject.toml: tool.lbuild.ignore-environment[1]"


def test_names_of_variables_to_ignore() -> None:
    names = ["CI_*", "*_A", "ProgramFiles(x86)", "A"]
    found = read_settings({"tool": {"lbuild": {"ignore-environment": names}}})
    assert found.ignore_environment == tuple(names)


@pytest.mark.parametrize("pattern", ["*a*a*a*a*b", "[!b]*" * 12, "**/a/" * 5, "x/*****a*b*c*d*"])
def test_an_ignore_pattern_that_would_be_matched_for_ever_is_a_mistake(pattern: str) -> None:
    with pytest.raises(SettingsError, match="too many stars") as caught:
        read_settings({"tool": {"lbuild": {"ignore": ["*.md", pattern]}}})
    assert caught.value.where == "pyproject.toml: tool.lbuild.ignore[1]"
    assert caught.value.remedy == "Write at most 4 in a name, and ** at most 4 times."


def test_ignore_patterns_with_many_stars() -> None:
    patterns = ["**/*_test_*/**/*.py*", "*a*a*a*", "**/**/**/**", "*/*/*/*/*/*/*.c", "***********"]
    found = read_settings({"tool": {"lbuild": {"ignore": patterns}}})
    assert found.ignore == tuple(patterns)


BASE: dict[str, Any] = {
    "build-system": {"requires": [], "build-backend": "a", "backend-path": ["."]},
    "project": {"name": "demo"},
    "tool": {
        "poetry": {"name": "demo"},
        "uv": {"cache-keys": ["a", {"git": {"commit": True}}], "reinstall-package": ["a"]},
        "lbuild": {
            "inputs": "tree",
            "ignore": ["a"],
            "extra-inputs": ["a"],
            "always-rebuild": False,
            "environment-max-age": "1 day",
            "cache-dir": "c",
            "cache-size": "5 GiB",
            "cache-generations": 30,
        },
    },
}


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a nested value, and of one thing more in each table and array."""
    found = [path] if path else []
    match value:
        case dict():
            found += [(*path, "more")]
            steps = list(value.items())
        case list():
            steps = list(enumerate(value))
        case _:
            steps = []
    return found + [place for step, inner in steps for place in places(inner, (*path, step))]


words = st.sampled_from(
    ["file", "dir", "git", "env", "commit", "tags", "tree", "a", "[", "{a", "!", "a>=1", "a:b", ""]
)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), words, st.text(), st.dates(), st.times()
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(words, st.text()), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from(places(BASE)), values), min_size=1, max_size=3))
def test_any_value_anywhere_is_read_or_refused(
    changes: list[tuple[tuple[Any, ...], object]],
) -> None:
    toml = copy.deepcopy(BASE)
    for (*path, last), value in changes:
        inner: Any = toml
        try:
            for step in path:
                inner = inner[step]
            inner[last] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change has taken the place away
    try:
        found = read_settings(toml)
    except SettingsError as error:
        assert error.where.startswith("pyproject.toml: ")
        assert error.problem
        assert error.remedy.endswith((".", "?"))
    else:
        assert isinstance(found, Settings)
        assert found.mode in MODES


def test_the_places_are_those_that_matter() -> None:
    assert ("tool", "uv", "cache-keys", 1, "git", "commit") in places(BASE)
    assert ("build-system", "more") in places(BASE)


def test_a_date_is_no_string() -> None:
    toml = {"tool": {"lbuild": {"cache-dir": dt.date(2024, 2, 29)}}}
    with pytest.raises(SettingsError, match="expected a string, not a date or time"):
        read_settings(toml)
