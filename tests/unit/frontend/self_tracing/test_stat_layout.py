"""When the signatures of what a decision looked at are kept for a replay."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.self_tracing import stat_layout
from lbuild_keys.observe.files import GRANULARITY
from lbuild_keys.tracing.trace import Trace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "a.py"
    path.parent.mkdir()
    path.write_text("a = 1\n")
    return path


def looks(file: Path, after: int) -> stat_layout.Looks | None:
    """What is kept of a decision that read a file, begun some nanoseconds after its change."""
    path, root = os.fspath(file), file.parent
    trace = Trace(folders={}, accesses=(("read", path),), variables=("CFLAGS",))
    began = max(file.stat().st_mtime_ns, file.stat().st_ctime_ns) + after
    return stat_layout.looks(trace, {path: file.lstat()}, os.fspath(root / "cache"), [root], began)


def test_what_was_read_and_the_variables_are_kept(file: Path) -> None:
    found = looks(file, GRANULARITY + 1)
    assert found is not None
    assert os.fspath(file.parent) in {folder for folder, *_ in found.layout["files"]}
    assert "CFLAGS" in found.variables


@pytest.mark.parametrize("after", [-1, 0, 1, GRANULARITY // 2, GRANULARITY])
def test_nothing_is_kept_where_another_edit_could_have_the_same_time(
    file: Path, after: int
) -> None:
    assert looks(file, after) is None
