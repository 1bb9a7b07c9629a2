"""Locks on open files."""

import os
from pathlib import Path

from lbuild_frontend.disk import flock


def test_a_lock_ends_when_its_file_is_closed(tmp_path: Path) -> None:
    one, other = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    try:
        assert flock.lock(one, wait=True)
        assert flock.lock(one, wait=False)  # it is held already
        assert not flock.lock(other, wait=False)
        os.close(one)
        assert flock.lock(other, wait=False)
    finally:
        os.close(other)


def test_what_cannot_be_locked_is_not_locked() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    assert not flock.lock(reading, wait=False)
