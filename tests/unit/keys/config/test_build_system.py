"""The build-system table: the defaults, valid forms, and every mistake by its key path."""

import pytest
import tomli

from lbuild_keys.config.build_system import BuildSystem, read_build_system
from support.refused_settings import BRACKETS, QUOTES, require_refused


def test_the_defaults() -> None:
    assert read_build_system({}) == BuildSystem(
        ("setuptools >= 40.8.0",), "setuptools.build_meta:__legacy__", ()
    )


BUILD_SYSTEMS = [
    ("requires = []", BuildSystem((), "setuptools.build_meta:__legacy__", ())),
    (
        "requires = ['hatchling>=1; python_version > \"3\"']\nbuild-backend = 'hatchling.build'",
        BuildSystem(('hatchling>=1; python_version > "3"',), "hatchling.build", ()),
    ),
    (
        "requires = ['x @ file:///a/x']\nbuild-backend = 'backend:a.b'\nbackend-path = ['.', 'b']",
        BuildSystem(("x @ file:///a/x",), "backend:a.b", (".", "b")),
    ),
]


@pytest.mark.parametrize(("table", "expected"), BUILD_SYSTEMS)
def test_build_system(table: str, expected: BuildSystem) -> None:
    assert read_build_system(tomli.loads(f"[build-system]\n{table}")) == expected


MISTAKES = [
    (
        "build-system = 1",
        "build-system",
        "an integer where a table is meant",
        "Write it as [build-system].",
    ),
    ("[build_system]", "build_system", "no such table", "Did you mean [build-system]?"),
    ("[build-sytem]", "build-sytem", "no such table", "Did you mean [build-system]?"),
    (
        "[build-system]",
        "build-system",
        "requires is missing",
        'Add it: requires = ["setuptools"], for example.',
    ),
    (
        "[build-system]\nrequires = 'a'",
        "build-system.requires",
        "a string where an array is meant",
        BRACKETS,
    ),
    (
        "[build-system]\nrequires = ['a', 1]",
        "build-system.requires[1]",
        "an integer where a string is meant",
        QUOTES,
    ),
    (
        "[build-system]\nrequires = ['a', 'b>>1']",
        "build-system.requires[1]",
        "'b>>1' is no requirement: ",
        'Write it as in "setuptools>=61".',
    ),
    (
        "[build-system]\nrequires = ['b @ file://[a']",
        "build-system.requires[0]",
        "'b @ file://[a' is no requirement: ",
        'Write it as in "setuptools>=61".',
    ),
    (
        "[build-system]\nrequires = []\nbuild_backend = 'a'",
        "build-system.build_backend",
        "no such setting",
        "Did you mean 'build-backend'?",
    ),
    (
        "[build-system]\nrequires = []\ncolour = 'a'",
        "build-system.colour",
        "no such setting",
        "Known are requires, build-backend, backend-path.",
    ),
    (
        "[build-system]\nrequires = []\nbuild-backend = ['a']",
        "build-system.build-backend",
        "an array where a string is meant",
        QUOTES,
    ),
    *(
        (
            f"[build-system]\nrequires = []\nbuild-backend = '{name}'",
            "build-system.build-backend",
            f"'{name}' names no Python object",
            'Write "module" or "module:object", for example "hatchling.build".',
        )
        for name in ("", "a-b", "a:", ":a", "a..b", "a:b:c", "a b", "backend.py:x-y")
    ),
    (
        "[build-system]\nrequires = []\nbackend-path = 'a'",
        "build-system.backend-path",
        "a string where an array is meant",
        BRACKETS,
    ),
    (
        "[build-system]\nrequires = []\nbackend-path = [true]",
        "build-system.backend-path[0]",
        "a boolean where a string is meant",
        QUOTES,
    ),
]


@pytest.mark.parametrize(
    ("text", "where", "problem", "remedy"), MISTAKES, ids=[row[0][:50] for row in MISTAKES]
)
def test_mistakes(text: str, where: str, problem: str, remedy: str) -> None:
    require_refused(text, where, problem, remedy)
