"""Files of the cache: written whole, removed wholly; whatever others do meanwhile."""

import errno
import itertools
import os
import stat
from pathlib import Path

import pytest

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.files import TEMPORARY, make_folder, remove, write
from lbuild_frontend.errors import LbuildError
from support import interrupted_process as forked
from support.denied_access import without_privileges


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.ENOSPC, "Make room there (lbuild cache prune or clean), name another with --cache-"),
        (errno.EACCES, "Make the folder yours, name another with --cache-dir"),
        (errno.ENOTDIR, "Name another with --cache-dir or LBUILD_CACHE_DIR, or build without one"),
    ],
)
def test_an_error_says_what_would_help(tmp_path: Path, number: int, step: str) -> None:
    with pytest.raises(LbuildError) as caught, cache_files.errors(tmp_path):
        raise OSError(number, os.strerror(number))
    found = f"{tmp_path}: the cache cannot be used ({os.strerror(number)}). {step}"
    assert str(caught.value).startswith(found)


# Writing


@pytest.mark.parametrize("torn", [False, True])
def test_a_writer_that_is_killed_leaves_the_old_or_the_new(tmp_path: Path, torn: bool) -> None:
    path = tmp_path / "folder" / "file"
    write(path, b"old")
    for at in itertools.count(1):
        killed = forked.kill_at(lambda: write(path, b"new"), tmp_path, at, torn=torn)
        left = [one for one in path.parent.iterdir() if one != path]
        assert all(TEMPORARY.fullmatch(one.name) for one in left)
        assert path.read_bytes() == (b"old" if killed else b"new")
        if not killed:
            break
    assert at > 2


def test_a_write_beside_one_who_cleans_up(tmp_path: Path) -> None:
    """What is being written may be taken for a leftover, and the folder for an empty one."""
    path = tmp_path / "folder" / "below" / "file"
    for at in itertools.count(1):
        with forked.stop_at(lambda: write(path, b"content"), tmp_path, at) as stood:
            remove(path.parent.parent)
        assert path.exists() == stood
        if not stood:
            break
        assert path.read_bytes() == b"content"
        assert list(path.parent.iterdir()) == [path]
        remove(path.parent.parent)
    assert at > 3


def test_all_folders_that_are_made_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_folder(tmp_path / "a" / "b" / "c")
        write(tmp_path / "d" / "e" / "file", b"")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes.pop(tmp_path / "d" / "e" / "file") == 0o600
    assert len(modes) == 5
    assert set(modes.values()) == {0o700}


# Removing


def test_a_read_only_folder_is_removed(tmp_path: Path) -> None:
    below = tmp_path / "folder" / "below"
    below.mkdir(parents=True)
    (below / "file").touch()
    (below / "link").symlink_to(tmp_path)
    for folder in (below, below.parent):
        folder.chmod(0o500)
    with without_privileges():
        assert remove(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "above" / "folder").mkdir(parents=True)
    (tmp_path / "above" / "file").touch()
    (tmp_path / "above").chmod(0o500)
    with without_privileges():
        assert not remove(tmp_path / "above" / "folder")
        assert not remove(tmp_path / "above" / "file")
    assert remove(tmp_path / "nothing")


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").touch()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link").symlink_to("../folder")
    assert remove(tmp_path / "link")
    assert remove(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "precious").exists()


def test_nobody_finds_the_half_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for at in itertools.count(1):
        for name in ("a", "b"):
            write(folder / name, b"")
        killed = forked.kill_at(lambda: remove(folder), tmp_path, at)
        assert not folder.exists() or len(list(folder.iterdir())) == 2
        if not killed:
            break
    assert not folder.exists()
    left = list(tmp_path.iterdir())
    assert left
    assert all(TEMPORARY.fullmatch(path.name) for path in left)
    assert all(map(remove, left))  # as ``cache prune`` does it
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="File name too long"):
        write(tmp_path / "folder" / ("a" * 300), b"content")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]
