"""Temporary folders, and what killed processes have left of them."""

import itertools
import os
import re
import signal
import tempfile
from pathlib import Path

import pytest

import forked
from lbuild_frontend import scratch


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_one_that_is_had_is_not_abandoned(place: Path) -> None:
    with scratch.folder("hook") as folder:
        (folder / "file").write_bytes(b"12345")
        assert scratch.remove_abandoned(place, scratch.FOLDER) == (0, 0)
        assert (folder / "file").exists()
    assert list(place.iterdir()) == []


def test_what_a_killed_process_has_left(place: Path) -> None:
    def die() -> None:
        with scratch.folder("hook") as folder:
            (folder / "file").write_bytes(b"12345")
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked.kill(die, place, 1_000)
    (place / "lbuild-other").mkdir()  # somebody else's
    count, size = scratch.remove_abandoned(place, scratch.FOLDER)
    assert count == 1
    assert size >= 5
    assert [path.name for path in place.iterdir()] == ["lbuild-other"]


def test_it_is_there_whoever_cleans_up_meanwhile(place: Path) -> None:
    name = place / "lbuild-file"

    def use() -> None:
        with scratch.folder("hook") as folder:
            (folder / "file").touch()
        with scratch.file(name):
            assert name.exists()

    for at in itertools.count(1):
        with forked.stop(use, place, at) as stands:
            scratch.remove_abandoned(place, re.compile(r"lbuild-(hook-[a-z0-9_]{8}|file)"))
        assert list(place.iterdir()) == []
        if not stands:
            break
    assert at > 5
