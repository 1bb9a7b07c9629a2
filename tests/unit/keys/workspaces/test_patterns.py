"""Patterns of members: which folders they select, and which are excluded."""

import os
from pathlib import Path

import pytest

from lbuild_keys.errors import PatternError
from lbuild_keys.workspaces.patterns import is_excluded, parse

FOLDERS = ["p/a/x", "p/b/x/y", "p/.h", "p/x", "q[1]/a", "P"]


def selected(pattern: str, root: Path) -> list[str]:
    return parse(pattern, "where").expand(root)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("p/*", ["p/.h", "p/a", "p/b", "p/x"]),
        ("./p//*/", ["p/.h", "p/a", "p/b", "p/x"]),
        ("p/../p/?", ["p/a", "p/b", "p/x"]),
        ("p/[ab]", ["p/a", "p/b"]),
        ("p/[!a.]*", ["p/b", "p/x"]),
        ("p/*/x", ["p/a/x", "p/b/x"]),
        ("p/**", ["p/.h", "p/a", "p/a/x", "p/b", "p/b/x", "p/b/x/y", "p/x"]),
        ("p/**/x", ["p/a/x", "p/b/x", "p/x"]),
        ("**/x/**", ["p/b/x/y"]),
        ("*/*/*/*", ["p/b/x/y"]),
        ("p/{a,b}", ["p/{a,b}"]),
        ("p/gone/", ["p/gone"]),
        ("p/g*", []),
        ("gone/*", []),
        ("file/*", []),
        (".", ["."]),
        ("", ["."]),
        ("q[[]1]/*", ["q[1]/a"]),
    ],
)
def test_folders(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "p/file").touch()
    assert selected(pattern, tmp_path) == expected


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    (tmp_path / "p/a").mkdir(parents=True)
    (tmp_path / "other/deep").mkdir(parents=True)
    (tmp_path / "p/link").symlink_to("../other")
    (tmp_path / "other/back").symlink_to("../p")
    (tmp_path / "p/gone").symlink_to("nowhere")
    (tmp_path / "p/.git/hooks").mkdir(parents=True)
    assert selected("p/*", tmp_path) == ["p/.git", "p/a", "p/link"]
    assert selected("p/**", tmp_path) == ["p/a", "p/link", "p/link/deep"]


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may list all folders")
def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p").chmod(0)
    with pytest.raises(OSError, match="p"):
        selected("p/*", tmp_path)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("p/a", "p/a", True),
        ("./p/a/", "p/a", True),
        ("p/a", "p/a/x", False),
        ("p/*", "p/a/x", True),
        ("p/a*", "p/a/x", True),
        ("p/*", "p", False),
        ("**/x", "x", True),
        ("**/x", "p/b/x", True),
        ("p/**/x", "p/x", True),
        ("p/**/x", "p/a/x/y", False),
        ("p/**", "p", False),
        ("p/**", "p/a/x", True),
        ("**/x/**", "p/x", False),
        ("x", "p/x", False),
        ("P/*", "p/a", False),
        ("*a*a*a*a*a*b", "a" * 5000, False),
    ],
)
def test_exclusions(pattern: str, path: str, *, expected: bool) -> None:
    assert is_excluded(path, [parse(pattern, "where")]) is expected


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("a**", "** has to be a whole part"),
        ("**a/b", "** has to be a whole part"),
        ("***", "wildcards are * and **"),
        ("p/[a", "a [ is not closed"),
        ("p/[]", "a [ is not closed"),
        ("p/[!]", "a [ is not closed"),
        ("a\0b", "NUL"),
    ],
)
def test_mistakes(pattern: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem.replace("*", r"\*").replace("[", r"\[")):
        parse(pattern, "where")
