"""Paths of a trace: where they lead, and what of that never counts, folder by folder."""

import os
from pathlib import Path

import pytest

from lbuild_keys.observe import tree
from lbuild_keys.tracing.input_names import HookLocation, InputNamer


def namer(root: Path, *left_out: str) -> InputNamer:
    location = HookLocation(
        root=root,
        backend="setuptools.build_meta",
        foreign=(),
        left_out=frozenset(left_out).__contains__,
        programs=None,
        temporary="/nowhere",
    )
    return InputNamer(location, {})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "real" / "deep").mkdir(parents=True)
    for name, target in {
        "link": "real",
        "chain": "link/deep",
        "real/back": "..",
        "dangling": "none/there",
        "loop": "loop",
        "real/deep/absolute": str(root / "link"),
    }.items():
        (root / name).symlink_to(target)
    return root


@pytest.mark.parametrize(
    "path",
    [
        *("a", "link", "link/a", "chain/a", "chain/../a", "link/back/link/deep/a", "real/./deep/a"),
        *("dangling/a", "loop/a", "real/deep/absolute/deep/a", "real//deep/a", "none/../real/a"),
        *("real/a/", "link/..", "link/.", "real/back/../a", "/".join(["deep"] * 1500)),
    ],
)
def test_the_folders_of_a_path_are_resolved_as_the_system_does(root: Path, path: str) -> None:
    folder, name = os.path.split(f"{root}/{path}")
    whole = name in ("", ".", "..")
    expected = os.path.realpath(f"{root}/{path}") if whole else f"{os.path.realpath(folder)}/{name}"
    known = namer(root)
    known.resolve(f"{root}/chain/other")
    assert known.resolve(f"{root}/{path}") == expected


@pytest.mark.parametrize("ignored", ["a/", "a/b/", "a/b/c/", "a/b/c/d", "a/b/c/d/", "c/", "d"])
def test_what_is_in_a_folder_that_is_left_out_is_left_out(root: Path, ignored: str) -> None:
    known = namer(root, ignored)
    for name in ("a/b/c/other", "a/b/c/d", "other/d", "d", "/a/b", "."):
        assert known.left_out(name) == tree.lies_in(name, frozenset([ignored]).__contains__)


def test_caches_and_environments_are_noise_with_all_that_is_in_there(root: Path) -> None:
    (root / "real/env/lib/deep").mkdir(parents=True)
    (root / "real/env/pyvenv.cfg").touch()
    known = namer(root)
    names = ["real/env/lib/deep/a", "real/env/lib/a", "real/env/a", "real/env", "real/a", "a"]
    names += ["real/__pycache__/a", "dist/a", "real/dist/a", ".git", "real/x.egg-info", "dist"]
    for name in names:
        listed = tree.NEVER_LISTED, tree.NEVER_LISTED_AT_TOP
        assert known.is_noise(name) == tree.is_noise(root, name, *listed), name


def test_a_file_in_a_cache_is_in_the_outermost(root: Path) -> None:
    (root / "real/deep/.mypy_cache/3.11/.mypy_cache/x").mkdir(parents=True)
    known = namer(root)
    assert known.cache_above("real/deep/a") is None
    assert known.cache_above("real/deep/.mypy_cache/3.11/.mypy_cache/x/a") == (
        "real/deep/.mypy_cache"
    )
