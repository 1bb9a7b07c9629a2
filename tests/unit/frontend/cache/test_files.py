"""Files and folders of the cache, and the messages on what can go wrong with them."""

import errno
import os
import stat
from pathlib import Path

import pytest

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.files import make_folder, write
from lbuild_frontend.errors import LbuildError


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (
            errno.ENOSPC,
            "Free space there (lbuild cache prune or clean), choose another with --cache-",
        ),
        (errno.EACCES, "Run `chmod -R u+rwX {}`, choose another with --cache-dir"),
        (
            errno.ENOTDIR,
            "Choose another with --cache-dir or LBUILD_CACHE_DIR, or build without one",
        ),
    ],
)
def test_an_error_says_what_would_help(tmp_path: Path, number: int, step: str) -> None:
    with pytest.raises(LbuildError) as caught, cache_files.explained_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    found = f"{tmp_path}: the cache cannot be used ({os.strerror(number)}). {step.format(tmp_path)}"
    assert str(caught.value).startswith(found)


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


def test_damage_in_the_place_of_a_file_or_a_folder_is_removed(tmp_path: Path) -> None:
    (tmp_path / "CACHEDIR.TAG").touch()
    (tmp_path / "entries-v1").touch()
    (tmp_path / "blobs-v1" / "file" / "below").mkdir(parents=True)
    for path in (tmp_path / "entries-v1" / "file", tmp_path / "blobs-v1" / "file"):
        write(path, b"content")
        assert path.read_bytes() == b"content"


def test_what_is_no_part_of_a_cache_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "entries-v1").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        write(tmp_path / "entries-v1" / "file", b"content")
    assert (tmp_path / "entries-v1").read_bytes() == b"precious"
