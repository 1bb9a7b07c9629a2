"""Files are written whole and removed wholly, whatever other processes do meanwhile."""

import itertools
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lbuild_frontend.disk import atomic, temporary
from lbuild_frontend.disk.atomic import TEMPORARY, remove
from support import interrupted_process as forked
from support.denied_access import without_privileges


def write(path: Path, content: bytes, *, locked: bool = False) -> None:
    def make_folder() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)

    atomic.write(path, content, make_folder, locked=locked)


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


def test_a_file_has_the_permissions_that_are_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        atomic.write(tmp_path / "private", b"", lambda: None)
        atomic.write(tmp_path / "common", b"", lambda: None, mode=0o666)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"private": 0o600, "common": 0o644}


def test_a_temporary_name_has_the_prefix(tmp_path: Path) -> None:
    names = atomic.temporary_names(".lbuild-")
    killed = forked.kill_at(
        lambda: atomic.write(tmp_path / "file", b"", lambda: None, prefix=".lbuild-"), tmp_path, 2
    )
    assert killed
    [left] = tmp_path.iterdir()
    assert names.fullmatch(left.name)
    assert not TEMPORARY.fullmatch(left.name)


WRITING = """
    import sys
    from pathlib import Path
    from lbuild_frontend.disk import atomic

    for number in range(300):
        path = Path(sys.argv[1], f"file-{sys.argv[2]}")
        atomic.write(path, b"content", lambda: None, prefix=".a-", locked=True)
        assert path.read_bytes() == b"content"
        path.unlink()
"""


def test_what_is_locked_is_not_taken_for_what_was_left(tmp_path: Path) -> None:
    """Not even between being made and being locked."""
    command = [sys.executable, "-c", textwrap.dedent(WRITING), str(tmp_path)]
    writing = [subprocess.Popen([*command, str(number)]) for number in range(2)]
    names = atomic.temporary_names(".a-")
    while any(process.poll() is None for process in writing):
        temporary.remove_abandoned(tmp_path, names)
    assert [process.returncode for process in writing] == [0, 0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("locked", [False, True])
def test_what_a_killed_writer_has_left_is_removed(tmp_path: Path, locked: bool) -> None:
    killed = forked.kill_at(lambda: write(tmp_path / "file", b"new", locked=locked), tmp_path, 3)
    assert killed
    count, _ = temporary.remove_abandoned(tmp_path, TEMPORARY)
    assert count == 1
    assert list(tmp_path.iterdir()) == []


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
