"""Declared inputs: every form that is valid, the defaults, and every mistake by its key path."""

import pytest
import tomli

from lbuild_keys.config.cache_keys import (
    CacheKey,
    DirectoryKey,
    EnvironmentKey,
    FileKey,
    GitKey,
)
from lbuild_keys.config.settings import read_settings
from lbuild_keys.model import declared
from support.refused_settings import BRACKETS, QUOTES, require_refused


def read(text: str) -> tuple[CacheKey, ...]:
    return read_settings(tomli.loads(text)).cache_keys


def shown(keys: tuple[CacheKey, ...]) -> list[tuple[object, ...]]:
    """Each key as what it names, without its source; a pattern as its text."""
    rows: list[tuple[object, ...]] = []
    for key in keys:
        match key:
            case FileKey(pattern=pattern):
                rows.append(("file", pattern.text))
            case DirectoryKey(path=path):
                rows.append(("dir", path))
            case GitKey(commit=commit, tags=tags):
                rows.append(("git", commit, tags))
            case EnvironmentKey(name=name):
                rows.append(("env", name))
    return rows


DEFAULTS = [("file", "pyproject.toml"), ("file", "setup.py"), ("file", "setup.cfg"), ("dir", "src")]


def test_the_defaults() -> None:
    found = read("")
    assert shown(found) == DEFAULTS
    assert {key.source for key in found} == {declared("default of tool.uv.cache-keys")}


CACHE_KEYS = [
    ("[]", []),
    ("['a.txt']", [("file", "a.txt")]),
    ("[{file = 'src/**/*.py'}]", [("file", "src/**/*.py")]),
    ("['!b.txt']", [("file", "!b.txt")]),
    ("[{dir = 'src'}]", [("dir", "src")]),
    ("[{env = 'CC'}]", [("env", "CC")]),
    ("[{git = true}]", [("git", True, False)]),
    ("[{git = false}]", [("git", False, False)]),
    ("[{git = {}}]", [("git", False, False)]),
    ("[{git = {commit = true}}]", [("git", True, False)]),
    ("[{git = {commit = false, tags = true}}]", [("git", False, True)]),
    ("['a', 'a', {dir = 'a'}]", [("file", "a"), ("file", "a"), ("dir", "a")]),
]


@pytest.mark.parametrize(("array", "expected"), CACHE_KEYS)
def test_cache_keys(array: str, expected: list[tuple[object, ...]]) -> None:
    found = read(f"[tool.uv]\ncache-keys = {array}")
    assert shown(found) == expected
    assert [key.source for key in found] == [
        declared(f"tool.uv.cache-keys[{index}]") for index in range(len(expected))
    ]
    more = read(f"[tool.lbuild]\nextra-inputs = {array}")
    assert shown(more) == [*DEFAULTS, *expected]
    assert [key.source for key in more[4:]] == [
        declared(f"tool.lbuild.extra-inputs[{index}]") for index in range(len(expected))
    ]


def test_cache_keys_with_an_underscore_are_ignored_as_by_uv() -> None:
    assert shown(read("[tool.uv]\ncache_keys = 1")) == DEFAULTS


ONE_OF = 'Write "GLOB" or a table with one of file, dir, git or env.'

MISTAKES = [
    (
        "[tool.uv]\ncache-keys = {file = 'a'}",
        "tool.uv.cache-keys",
        "expected an array, not a table",
        BRACKETS,
    ),
    (
        "[tool.uv]\ncache-keys = ['a', 1]",
        "tool.uv.cache-keys[1]",
        "expected a string or a table, not an integer",
        ONE_OF,
    ),
    (
        "[tool.uv]\ncache-keys = [{}]",
        "tool.uv.cache-keys[0]",
        "expected one of file, dir, git and env, not none",
        ONE_OF,
    ),
    (
        "[tool.uv]\ncache-keys = [{file = 'a', dir = 'b'}]",
        "tool.uv.cache-keys[0]",
        "expected one of file, dir, git and env, not file and dir",
        ONE_OF,
    ),
    (
        "[tool.uv]\ncache-keys = [{files = 'a'}]",
        "tool.uv.cache-keys[0].files",
        "unknown setting",
        "Did you mean 'file'?",
    ),
    (
        "[tool.uv]\ncache-keys = [{file = 'a', tags = true}]",
        "tool.uv.cache-keys[0].tags",
        "unknown setting",
        "Known settings: file, dir, git, env.",
    ),
    *(
        (
            f"[tool.uv]\ncache-keys = [{{{kind} = 1}}]",
            f"tool.uv.cache-keys[0].{kind}",
            "expected a string, not an integer",
            QUOTES,
        )
        for kind in ("file", "dir", "env")
    ),
    (
        "[tool.uv]\ncache-keys = [{git = 'commit'}]",
        "tool.uv.cache-keys[0].git",
        "expected a boolean or a table, not a string",
        "Write git = true or git = { commit = true, tags = true }.",
    ),
    (
        "[tool.uv]\ncache-keys = [{git = {commit = 1}}]",
        "tool.uv.cache-keys[0].git.commit",
        "expected a boolean, not an integer",
        "Write true or false.",
    ),
    (
        "[tool.uv]\ncache-keys = [{git = {tag = true}}]",
        "tool.uv.cache-keys[0].git.tag",
        "unknown setting",
        "Did you mean 'tags'?",
    ),
    (
        "[tool.uv]\ncache-keys = ['a', '[']",
        "tool.uv.cache-keys[1]",
        "'[' is not a valid glob: ",
        "Fix the pattern.",
    ),
    (
        "[tool.lbuild]\nextra-inputs = [{file = '{'}]",
        "tool.lbuild.extra-inputs[0]",
        "'{' is not a valid glob: ",
        "Fix the pattern.",
    ),
    (
        "[tool.lbuild]\nextra-inputs = 'a'",
        "tool.lbuild.extra-inputs",
        "expected an array, not a string",
        BRACKETS,
    ),
]


@pytest.mark.parametrize(
    ("text", "where", "problem", "remedy"), MISTAKES, ids=[row[0][:50] for row in MISTAKES]
)
def test_mistakes(text: str, where: str, problem: str, remedy: str) -> None:
    require_refused(text, where, problem, remedy)
