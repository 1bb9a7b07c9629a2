"""The content of a file, held open and not in memory."""

import hashlib
import os
from pathlib import Path

import pytest

from lbuild_keys.content import Content

LARGE = os.urandom(1 << 10) * 3_000
"""More than one piece."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(LARGE)
    return path


def test_it_is_what_is_in_the_file(path: Path) -> None:
    found = Content.at(path)
    assert (found.size, found.sha256) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    for _ in range(2):
        assert found.read() == LARGE
    assert found.opened().read(9) == LARGE[:9]
    assert found.read() == LARGE


def test_what_is_of_bytes_is_the_same(path: Path) -> None:
    one, other = Content.of(LARGE), Content.at(path)
    assert (one.size, one.sha256, one.read()) == (other.size, other.sha256, other.read())


def test_a_file_that_is_removed_or_replaced_meanwhile(path: Path) -> None:
    found = Content.at(path)
    path.unlink()
    assert found.read() == LARGE
    path.write_bytes(b"another")
    assert found.read() == LARGE


@pytest.mark.parametrize("where", [0, len(LARGE) - 1, len(LARGE)])
def test_a_file_that_is_changed_in_its_place_is_an_error(path: Path, where: int) -> None:
    found = Content.at(path)
    with path.open("r+b") as file:
        file.seek(where)
        file.write(b"\0" if LARGE[where : where + 1] != b"\0" else b"\1")
    with pytest.raises(OSError, match="changed while it was copied"):
        found.read()


def test_the_file_is_closed_with_the_object(path: Path) -> None:
    found = Content.at(path)
    descriptor = found.opened().fileno()
    os.fstat(descriptor)
    del found
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
