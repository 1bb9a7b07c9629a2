"""When the signatures of what a decision looked at are kept for a replay."""

import marshal
import os
from pathlib import Path

import pytest

from lbuild_frontend import replay
from lbuild_frontend.self_tracing import stat_layout
from lbuild_frontend.self_tracing.fs_clock import Began, Reading
from lbuild_frontend.self_tracing.stat_layout import Beginnings
from lbuild_keys.observe.files import GRANULARITY
from lbuild_keys.tracing.trace import Trace


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "a.py"
    path.parent.mkdir()
    path.write_text("a = 1\n")
    return path


def changed(file: Path) -> int:
    return max(file.stat().st_mtime_ns, file.stat().st_ctime_ns)


def looks(file: Path, began: Beginnings) -> stat_layout.Looks | None:
    """What is kept of a decision that read a file."""
    path, root = os.fspath(file), file.parent
    trace = Trace(folders={}, accesses=(("read", path),), variables=("CFLAGS",))
    seen, cache = {path: file.lstat()}, os.fspath(root / "cache")
    return stat_layout.looks(trace, seen, {}, cache, [root], began)


def test_what_was_read_and_the_variables_are_kept(file: Path) -> None:
    found = looks(file, Beginnings(Began(changed(file) + GRANULARITY + 1, None)))
    assert found is not None
    rows = [row for block in found.layout["files"] for row in marshal.loads(block)]  # noqa: S302  its own
    assert [names for folder, names, _ in rows if folder == os.fsencode(file.parent)] == [[b"a.py"]]
    assert "CFLAGS" in found.variables


@pytest.mark.parametrize("after", [-1, 0, 1, GRANULARITY // 2, GRANULARITY])
def test_nothing_is_kept_where_another_edit_could_have_the_same_time(
    file: Path, after: int
) -> None:
    assert looks(file, Beginnings(Began(changed(file) + after, None))) is None


def test_what_the_clock_of_the_file_system_is_past_is_kept(file: Path) -> None:
    device, last = file.stat().st_dev, changed(file)
    past, same = (Began(last + 1, Reading(device, now)) for now in (last + 1, last))
    assert looks(file, Beginnings(past)) is not None
    assert looks(file, Beginnings(same)) is None


@pytest.mark.parametrize("place", ["file", "its folder"])
def test_what_was_looked_at_only_before_has_to_be_older_than_that(file: Path, place: str) -> None:
    """A fact that was remembered is not looked at again by the second decision."""
    last = Began(changed(file) + 1, Reading(file.stat().st_dev, changed(file) + 1))
    path = os.fspath(file if place == "file" else file.parent)
    for after, is_kept in ((GRANULARITY, False), (GRANULARITY + 1, True)):
        earlier = {path: Began(changed(file) + after, None)}
        assert (looks(file, Beginnings(last, earlier)) is not None) is is_kept


def test_what_was_absent_in_a_folder_that_was_listed_needs_no_look(file: Path) -> None:
    """The folder gets another signature when it appears."""
    listed, below = os.fspath(file.parent), file.parent / "sub"
    accesses = [("listed", listed)]
    accesses += [
        ("looked at", os.fspath(path)) for path in (file.with_name("b.py"), below / "c.py")
    ]
    trace = Trace(folders={}, accesses=tuple(accesses))  # type: ignore[arg-type]
    began = Beginnings(Began(changed(file.parent) + GRANULARITY + 1, None))
    cache = os.fspath(file.parent / "cache")
    found = stat_layout.looks(trace, {}, {}, cache, [file.parent], began)
    assert found is not None
    assert os.fspath(file.with_name("b.py")) not in found.layout["absent"]
    assert os.fspath(below / "c.py") in found.layout["absent"]
    before = found.layout["files"]
    file.with_name("b.py").touch()
    assert not replay._is_unchanged({**found.layout, "files": before})  # noqa: SLF001


def test_what_appeared_before_the_folder_was_looked_at_does_not_hide_behind_it(file: Path) -> None:
    """The decision saw that it was absent, and the folder as it was with it."""
    other = file.with_name("b.py")
    accesses = (("looked at", os.fspath(other)), ("listed", os.fspath(file.parent)))
    trace = Trace(folders={}, accesses=accesses)  # type: ignore[arg-type]
    other.touch()
    seen = {os.fspath(other): None, os.fspath(file.parent): file.parent.lstat()}
    began = Beginnings(Began(changed(file.parent) + GRANULARITY + 1, None))
    cache = os.fspath(file.parent / "cache")
    found = stat_layout.looks(trace, seen, {}, cache, [file.parent], began)
    assert found is None or not replay._is_unchanged(found.layout)  # noqa: SLF001
