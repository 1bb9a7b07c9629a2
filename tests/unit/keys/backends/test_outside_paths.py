"""Files outside of a project: those that its configuration names, and ignore files."""

import datetime as dt
from pathlib import Path

import pytest
import tomli

from lbuild_keys.backends.outside_paths import enclosing_ignore_files, mentioned, mentioned_in_text


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "packages" / "demo"
    plant(
        project, "src/a.py", "../shared/data-1.txt", "../README.md", "../../LICENSE", "../.hidden"
    )
    return project


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", []),
        ("readme = '../README.md'", ["../README.md"]),
        ("readme = '../../LICENSE'", ["../../LICENSE"]),
        ("a.b.c = [1, true, {d = ['../shared']}]", ["../shared"]),
        ("[force-include]\n'../shared' = 'demo/shared'", ["../shared"]),
        ("a = '../shared/'", ["../shared"]),
        ("a = '../shared/*.txt'", ["../shared"]),
        ("a = '../shared/**/[ab].txt'", ["../shared"]),
        ("a = '..\\shared\\data-1.txt'", ["../shared/data-1.txt"]),
        ("a = './../README.md'", ["../README.md"]),
        ("a = 'src/../../README.md'", ["../README.md"]),
        ("a = '../.hidden'", ["../.hidden"]),
        ("a = '../demo/src'", ["../demo/src"]),
        ("a = ['../README.md', '../LICENSE', '../README.md']", ["../README.md"]),
        ("a = '..'", [".."]),
        ("a = '../../*'", ["../.."]),
        ("root = '..'", []),
        ("[tool.setuptools_scm]\nfallback_root = '../..'", []),
        ("[tool.uv.sources]\nx = {path = '../shared'}", []),
        ("[tool.lbuild]\nextra-inputs = ['../README.md']", []),
        ("[tool.uv.build-backend]\ndata = '../shared'", ["../shared"]),
        ("a = 'README.md'", []),
        ("a = '..README.md'", []),
        ("a = 'see ../README.md'", []),
        ("a = '../missing.txt'", []),
        ("a = '../\\u0000'", []),
        (f"a = '../{'x' * 5000}'", []),
        ("a = 2024-02-29", []),
    ],
)
def test_what_is_named(project: Path, toml: str, expected: list[str]) -> None:
    assert mentioned(project, tomli.loads(toml)) == expected


@pytest.mark.parametrize("glob", ["../shared/data-*.txt", "../shared/d?ta-1.txt", "../shar*/*.txt"])
def test_a_glob_that_begins_within_a_name(project: Path, glob: str) -> None:
    found = mentioned(project, {"include": [glob]})
    covered = [project / "../shared/data-1.txt", project / "../shared", project / ".."]
    assert any(project / path in covered for path in found)


def test_an_absolute_path_of_a_file(project: Path) -> None:
    readme = project.parent / "README.md"
    toml = {"readme": str(readme), "license": f"{readme}.missing", "folder": str(project.parent)}
    assert mentioned(project, toml) == [str(readme)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("readme = file: ../README.md", ["../README.md"]),
        ("open('../shared/data-1.txt')", ["../shared/data-1.txt"]),
        ("include(../../packages/demo/../README.md)", ["../../packages/README.md"]),
        ("long_description = file: ../README.md, ../../LICENSE", ["../../LICENSE", "../README.md"]),
        ("# see ../missing and ..", []),
    ],
)
def test_what_a_text_names(project: Path, text: str, expected: list[str]) -> None:
    assert mentioned_in_text(project, text) == expected


def test_nothing_else_in_the_file_is_a_path(project: Path) -> None:
    assert mentioned(project, {"a": dt.date(2024, 2, 29), "b": None, "c": 0.5}) == []


# Ignore files above the project


def test_the_nearest_ignore_file_above_counts(tmp_path: Path) -> None:
    project = tmp_path / "repository" / "packages" / "demo"
    plant(project, "a")
    assert enclosing_ignore_files(project) == []
    plant(tmp_path, "repository/.gitignore", "repository/.git/HEAD")
    assert enclosing_ignore_files(project) == ["../../.gitignore"]
    plant(tmp_path, "repository/packages/.gitignore", "repository/packages/.hgignore")
    assert enclosing_ignore_files(project) == ["../.gitignore", "../.hgignore"]
    plant(project, ".gitignore")
    assert enclosing_ignore_files(project) == ["../.hgignore"]


def test_nothing_beyond_the_repository_counts(tmp_path: Path) -> None:
    project = tmp_path / "repository" / "demo"
    plant(tmp_path, ".gitignore", ".hgignore", "repository/.git/HEAD", "repository/demo/a")
    assert enclosing_ignore_files(project) == ["../../.hgignore"]
    plant(project, ".hg/store", ".git")
    assert enclosing_ignore_files(project) == []
