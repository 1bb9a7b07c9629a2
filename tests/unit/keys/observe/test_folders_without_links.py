"""Links on the way to a path are resolved as Python does it."""

import os
from pathlib import Path

import pytest

from lbuild_keys.observe.folders import resolved_folder, resolver


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = Path(os.path.realpath(tmp_path)) / "root"
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "file").touch()
    (root / "link").symlink_to("a")
    (root / "a" / "up").symlink_to("..")
    (root / "absolute").symlink_to(root / "a" / "b")
    (root / "twice").symlink_to("link/b")
    (root / "dangling").symlink_to("nowhere/at/all")
    (root / "loop").symlink_to("loop")
    return root


PATHS = [
    *("", "a", "a/b", "a/file", "link", "link/b", "link/up/link/b", "a/up", "a/up/a/b/c/d"),
    *("absolute", "absolute/..", "absolute/../file", "twice/x", "dangling", "dangling/x", "loop/x"),
    *("a/./b", "a//b", "link/../a", "file/x", "absent/b/", "link/b/"),
]


def test_as_realpath(root: Path) -> None:
    resolve = resolver()
    for path in (os.path.join(root, path) for path in PATHS):  # noqa: PTH118  keeps dots
        assert resolve(path) == os.path.realpath(path), path
    for path in ("/", "//", "relative/path", "."):
        assert resolve(path) == os.path.realpath(path), path


def test_a_link_at_the_end_stays(root: Path) -> None:
    found = resolved_folder(os.fspath(root / "link" / "up"), resolver())
    assert found == os.fspath(root / "a" / "up")
