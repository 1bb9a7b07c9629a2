"""What ``replay`` states on its own, because it imports no other module of lbuild."""

import math
import os
from pathlib import Path

import pytest

from lbuild_frontend import replay
from lbuild_frontend.builds import cache_location
from lbuild_frontend.errors import BrokenPipe
from lbuild_frontend.model.replay_record import Layout, Record
from lbuild_keys.observe.files import signature_of


def test_a_file_has_one_signature(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    for path in (tmp_path, tmp_path / "file"):
        assert replay.signature_of(path.stat()) == signature_of(path.stat())


def test_a_broken_pipe_has_one_exit_code() -> None:
    assert BrokenPipe.exit_code == replay.BROKEN_PIPE


@pytest.mark.parametrize("set_to", [None, "/somewhere"])
def test_the_platform_has_one_folder_for_caches(
    monkeypatch: pytest.MonkeyPatch, set_to: str | None
) -> None:
    monkeypatch.delenv("LBUILD_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if set_to is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", set_to)
    assert replay.cache_of(["wheel"]) == os.fspath(cache_location.default())


@pytest.mark.parametrize(
    ("mode", "is_private"), [(0o700, True), (0o755, True), (0o775, False), (0o707, False)]
)
def test_a_folder_is_private_that_others_cannot_write_to(
    tmp_path: Path, mode: int, is_private: bool
) -> None:
    tmp_path.chmod(mode)
    assert replay.is_private(os.fspath(tmp_path)) == is_private


def test_an_edit_of_any_of_many_files_is_noticed(tmp_path: Path) -> None:
    """With this many, two processes look at one half each."""
    (tmp_path / replay.SECRET).write_bytes(b"secret")
    paths = [tmp_path / f"{number}.py" for number in range(100)]
    for path in paths:
        path.write_text("before")
    files = [(os.fspath(tmp_path), [one.name], [*replay.signature_of(one.stat())]) for one in paths]
    record: Record = {
        "lbuild": NOTHING_LOOKED_AT,
        "command": None,
        "no_op": {
            "cache": os.fspath(tmp_path),
            "since": 0.0,
            "until": math.inf,
            "variables": {},
            "layout": {**NOTHING_LOOKED_AT, "files": files},
            "entries": [],
            "used": [],
            "named": [],
            "printed": [],
        },
    }
    assert replay.replay_answer(record)
    for path in (paths[0], paths[1], paths[-2], paths[-1]):
        path.write_text("edited")
        assert not replay.replay_answer(record)
        files[paths.index(path)][2][:] = replay.signature_of(path.stat())
        assert replay.replay_answer(record)


NOTHING_LOOKED_AT: Layout = {
    "files": [],
    "followed": [],
    "places": [],
    "absent": [],
    "dangling": [],
}
