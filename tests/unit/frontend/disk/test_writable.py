"""Whether a folder could be written, found out without making anything."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from lbuild_frontend.disk import writable
from support.denied_access import without_privileges


def test_a_folder_that_is_there_or_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(".")
    for folder in ("", "a", "a/b/c", "link", "link/a"):
        writable.check(tmp_path / folder)
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


@pytest.mark.parametrize(
    "make",
    [Path.touch, lambda path: path.symlink_to("gone"), lambda path: path.symlink_to(path)],
    ids=["file", "dangling link", "loop"],
)
@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_what_is_no_folder(tmp_path: Path, make: Callable[[Path], None], below: str) -> None:
    place = tmp_path / "place"
    make(place)
    with pytest.raises(NotADirectoryError) as caught:
        writable.check(place / below)
    assert caught.value.filename == str(place)
    assert caught.value.strerror == "Not a directory"


@pytest.mark.parametrize("mode", [0o555, 0o333, 0o666, 0])
def test_a_folder_that_is_closed(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with without_privileges():
        writable.check(folder)
        folder.chmod(mode)
        with pytest.raises(PermissionError) as caught:
            writable.check(folder)
        assert caught.value.filename == str(folder)
        with pytest.raises(PermissionError):
            writable.check(folder / "a" / "b")
    folder.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "statvfs"), reason="Windows has no such mounts")
def test_a_read_only_mount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an administrator could mount one, so what the system says of it is replaced."""
    tmp_path.chmod(0o555)
    flags = os.statvfs(tmp_path).f_flag | os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=flags))
    with without_privileges(), pytest.raises(OSError, match="Read-only file system") as caught:
        writable.check(tmp_path / "a")
    assert caught.value.errno == errno.EROFS
    tmp_path.chmod(0o755)


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    writable.check(Path("a/b"))
    writable.check(Path())
    Path("a").touch()
    with pytest.raises(NotADirectoryError):
        writable.check(Path("a/b"))
