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
        "expected a table, not an integer",
        "Write it as [build-system].",
    ),
    ("[build_system]", "build_system", "unknown table", "Did you mean [build-system]?"),
    ("[build-sytem]", "build-sytem", "unknown table", "Did you mean [build-system]?"),
    (
        "[build-system]",
        "build-system",
        "requires is missing",
        'Add it: requires = ["setuptools"], for example.',
    ),
    (
        "[build-system]\nrequires = 'a'",
        "build-system.requires",
        "expected an array, not a string",
        BRACKETS,
    ),
    (
        "[build-system]\nrequires = ['a', 1]",
        "build-system.requires[1]",
        "expected a string, not an integer",
        QUOTES,
    ),
    (
        "[build-system]\nrequires = ['a', 'b>>1']",
        "build-system.requires[1]",
        "'b>>1' is not a valid requirement: ",
        'Write it as in "setuptools>=61".',
    ),
    (
        "[build-system]\nrequires = ['b @ file://[a']",
        "build-system.requires[0]",
        "'b @ file://[a' is not a valid requirement: ",
        'Write it as in "setuptools>=61".',
    ),
    (
        "[build-system]\nrequires = []\nbuild_backend = 'a'",
        "build-system.build_backend",
        "unknown setting",
        "Did you mean 'build-backend'?",
    ),
    (
        "[build-system]\nrequires = []\ncolour = 'a'",
        "build-system.colour",
        "unknown setting",
        "Known settings: requires, build-backend, backend-path.",
    ),
    (
        "[build-system]\nrequires = []\nbuild-backend = ['a']",
        "build-system.build-backend",
        "expected a string, not an array",
        QUOTES,
    ),
    *(
        (
            f"[build-system]\nrequires = []\nbuild-backend = '{name}'",
            "build-system.build-backend",
            f"'{name}' is not a path of a Python object",
            'Write "module" or "module:object", for example "hatchling.build".',
        )
        for name in ("", "a-b", "a:", ":a", "a..b", "a:b:c", "a b", "backend.py:x-y")
    ),
    (
        "[build-system]\nrequires = []\nbackend-path = 'a'",
        "build-system.backend-path",
        "expected an array, not a string",
        BRACKETS,
    ),
    (
        "[build-system]\nrequires = []\nbackend-path = [true]",
        "build-system.backend-path[0]",
        "expected a string, not a boolean",
        QUOTES,
    ),
]


@pytest.mark.parametrize(
    ("text", "where", "problem", "remedy"), MISTAKES, ids=[row[0][:50] for row in MISTAKES]
)
def test_mistakes(text: str, where: str, problem: str, remedy: str) -> None:
    require_refused(text, where, problem, remedy)
