"""What ``replay`` states on its own, because it imports no other module of lbuild."""

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lbuild_frontend import replay
from lbuild_frontend.builds import cache_location
from lbuild_frontend.errors import BrokenPipe
from lbuild_frontend.model.replay_record import Layout, Record
from lbuild_frontend.self_tracing import stat_layout
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


@pytest.mark.parametrize("count", [1, 3, 2_500])
def test_an_edit_of_any_of_many_files_is_noticed(tmp_path: Path, count: int) -> None:
    """More than a thousand are looked at by several processes."""
    (tmp_path / replay.SECRET).write_bytes(b"secret")
    paths = [tmp_path / f"{number:04}.py" for number in range(count)]
    for path in paths:
        path.write_text("before")
    record = record_of(tmp_path, paths)
    for path in {paths[0], paths[count // 2], paths[-1]}:
        assert replay.replay_answer(record)
        path.write_text("edited")
        assert not replay.replay_answer(record)
        record = record_of(tmp_path, paths)
        path.unlink()
        assert not replay.replay_answer(record)
        path.write_text("anew")
        record = record_of(tmp_path, paths)
    assert replay.replay_answer(record)


def test_each_number_of_a_signature_counts() -> None:
    signatures = [(1, 2, 3, 4), (5, 6, 7, 8)]
    marks = {replay.mark_of(tuple(signatures))}
    for file, number in itertools.product(range(2), range(4)):
        for more in (-1, 1, 1 << 30, 1 << 40):
            other = [list(one) for one in signatures]
            other[file][number] += more
            marks.add(replay.mark_of(tuple((*one,) for one in other)))  # type: ignore[misc]
    assert len(marks) == 1 + 2 * 4 * 4
    assert replay.mark_of(tuple(reversed(signatures))) not in marks


def test_the_hash_is_alike_in_all_processes(tmp_path: Path) -> None:
    signature = replay.signature_of(tmp_path.stat())
    code = f"from lbuild_frontend import replay; print(replay.mark_of(({signature},)))"
    for seed in ("0", "1"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
        assert int(done.stdout) == replay.mark_of((signature,))


def record_of(folder: Path, paths: list[Path]) -> Record:
    rows = [(path.name, replay.signature_of(path.stat())) for path in paths]
    files = stat_layout.packed({os.fspath(folder): rows})
    return {
        "lbuild": NOTHING_LOOKED_AT,
        "command": None,
        "no_op": {
            "cache": os.fspath(folder),
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


NOTHING_LOOKED_AT: Layout = {
    "files": [],
    "followed": [],
    "places": [],
    "absent": [],
    "dangling": [],
}
