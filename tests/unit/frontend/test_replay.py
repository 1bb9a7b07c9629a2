"""What ``replay`` states on its own, because it imports no other module of lbuild."""

import itertools
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend import replay
from lbuild_frontend.builds import cache_location
from lbuild_frontend.errors import BrokenPipe
from lbuild_frontend.model.replay_record import Layout, Record, Signature
from lbuild_frontend.self_tracing import stat_layout
from lbuild_keys.observe.files import signature_of

_MODULUS = sys.hash_info.modulus
"""Numbers that are so far apart have one hash."""


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


@pytest.mark.parametrize("why", ["there are no more", "nobody is told how one ends"])
def test_where_no_other_process_can_look_at_many_files_this_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    (tmp_path / replay.SECRET).write_bytes(b"secret")
    paths = [tmp_path / f"{number:04}.py" for number in range(2_500)]
    for path in paths:
        path.write_text("before")
    record = record_of(tmp_path, paths)
    before = signal.getsignal(signal.SIGCHLD)
    if why == "there are no more":
        forks = itertools.count()

        def fork() -> int:
            if next(forks) % 2:
                raise BlockingIOError
            return genuine()

        genuine = os.fork
        monkeypatch.setattr(os, "fork", fork)
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
    else:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert replay.replay_answer(record)
        paths[-1].write_text("edited")
        assert not replay.replay_answer(record)
    finally:
        signal.signal(signal.SIGCHLD, before)


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


_NOW = 1_796_000_000_000_000_000
_SIZES = st.integers(0, 1 << 40)
_TIMES = st.one_of(st.integers(_NOW - 10**18, _NOW + 10**18), st.integers(-2, 1 << 62))
_SIGNATURES = st.tuples(_SIZES, _TIMES, _TIMES, st.integers(1, (1 << 64) - 1))
_STEPS = st.sampled_from([1, 100, 1_000_000, 4_000_000, 10**9, 2 * 10**9, 3_600 * 10**9, _MODULUS])


def _edited(
    signature: Signature, *, size: int, step: int, times: int, is_kept: bool, inode: int
) -> Signature:
    """What an edit leaves: both times go on, or that of the content is set to what it was."""
    length, content, status, number = signature
    return (length + size, content + step * times * (not is_kept), status + step, number + inode)


_EDITS = st.fixed_dictionaries(
    {
        "size": st.one_of(st.just(0), st.integers(0, 4096)),
        "step": _STEPS,
        "times": st.integers(1, 1_000),
        "is_kept": st.booleans(),
        "inode": st.one_of(st.just(0), st.integers(1, 64), st.just(_MODULUS)),
    }
)


@given(st.lists(st.tuples(_SIGNATURES, st.none() | _EDITS), min_size=1, max_size=8))
def test_what_edits_do_to_signatures_is_noticed(
    files: list[tuple[Signature, dict[str, Any] | None]],
) -> None:
    before = tuple(signature for signature, _ in files)
    after = tuple(
        signature if edit is None else _edited(signature, **edit) for signature, edit in files
    )
    assert (replay.mark_of(before) == replay.mark_of(after)) is (before == after)


@pytest.mark.parametrize("number", range(4))
def test_numbers_of_one_hash_are_told_apart(number: int) -> None:
    signature = [10, _NOW, _NOW, 77]
    other = [*signature]
    other[number] += _MODULUS
    assert hash(tuple(signature)) == hash(tuple(other))
    assert replay.mark_of(((*signature,),)) != replay.mark_of(((*other,),))  # type: ignore[arg-type]


def test_shared_numbers_are_as_others() -> None:
    """A file that nobody changed since it was made has one time twice, as one object or as two."""
    shared, apart = int(str(_NOW)), int(str(_NOW))
    one, two = (5, shared, shared, 7), (5, shared, apart, 7)
    assert replay.mark_of((one, one)) == replay.mark_of((one, two))


def test_the_digest_is_alike_in_all_processes(tmp_path: Path) -> None:
    signature = replay.signature_of(tmp_path.stat())
    code = f"from lbuild_frontend import replay; print(replay.mark_of(({signature},)))"
    for seed in ("0", "1"):
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
        assert done.stdout.strip() == repr(replay.mark_of((signature,)))


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
