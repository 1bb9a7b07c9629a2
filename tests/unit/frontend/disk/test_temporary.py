"""Temporary folders: those that are used stay, those that were left go."""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

from lbuild_frontend.disk import temporary
from lbuild_frontend.disk.temporary import FOLDER


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_folder_goes_with_its_context(place: Path) -> None:
    with temporary.folder("hook") as folder:
        assert folder.parent == place
        assert FOLDER.fullmatch(folder.name)
        (folder / "file").touch()
        assert temporary.remove_abandoned(place, FOLDER) == (0, 0)
        assert (folder / "file").exists()
    assert list(place.iterdir()) == []


def test_a_name_that_is_the_same_each_time(place: Path, tmp_path: Path) -> None:
    with temporary.folder("hook", tmp_path / "project") as first:
        assert FOLDER.fullmatch(first.name)
        assert first.stat().st_mode & 0o777 == 0o700
        (first / "read-only").mkdir(mode=0o500)
        with temporary.folder("hook", tmp_path / "project", alone=True) as at_once:
            assert at_once != first
    assert list(place.iterdir()) == []
    with (
        temporary.folder("hook", tmp_path / "project") as again,
        temporary.folder("hook", place) as other,
    ):
        assert again == first
        assert other != first


@pytest.mark.parametrize("project", [".", "temporary"])
def test_it_is_not_made_in_what_it_is_used_for(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    """TMPDIR may be in a project, which a hook lists."""
    other = tmp_path.parent / f"{tmp_path.name}-other"
    other.mkdir()
    others = (str(tmp_path), str(tmp_path / "none"), str(other))
    monkeypatch.setattr(temporary, "_OTHER_PLACES", others)
    with temporary.folder("hook", tmp_path / project) as folder:
        assert folder.parent == (other if project == "." else tmp_path)
        with temporary.nothing_in(tmp_path / project):
            assert tempfile.gettempdir() == str(folder.parent)
        assert tempfile.gettempdir() == str(place)
    assert list(place.iterdir()) == list(other.iterdir()) == []


def test_other_threads_do_not_get_the_place_of_one(place: Path, tmp_path: Path) -> None:
    found = []

    def make(*used_for: Path) -> None:
        with temporary.folder("hook", *used_for) as folder:
            found.append(folder.parent)

    threads = [threading.Thread(target=make), threading.Thread(target=make, args=(tmp_path / "a",))]
    with temporary.nothing_in(place):
        assert tempfile.gettempdir() != str(place)
        for thread in threads:
            thread.start()
            thread.join(0.1)
    for thread in threads:
        thread.join()
    assert found == [place, place]


def test_what_another_put_in_the_place_is_not_used(place: Path, tmp_path: Path) -> None:
    with temporary.folder("hook", tmp_path / "project") as first:
        assert first.parent == place
    first.symlink_to(tmp_path)
    for alone in (True, False):
        with temporary.folder("hook", tmp_path / "project", alone=alone) as folder:
            assert folder != first
    first.unlink()
    first.mkdir()
    (first / "planted").touch()
    with temporary.folder("hook", tmp_path / "project") as folder:
        assert folder != first
    with temporary.folder(
        "hook", tmp_path / "project", alone=True
    ) as folder:  # left by a killed process
        assert folder == first
        assert list(folder.iterdir()) == []
    if os.geteuid() == 0:
        first.mkdir()
        os.chown(first, 65_534, -1)
        with temporary.folder("hook", tmp_path / "project", alone=True) as folder:
            assert folder != first


def test_what_was_left_is_removed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (place / "lbuild-hook-a_b3c4d5" / "deep").mkdir(parents=True)
    (place / "lbuild-hook-a_b3c4d5" / "deep" / "file").write_text("content")
    stays = ["another", "lbuild-hook-a_b3c4d5-and-more", "lbuild-other-a_b3c4d5"]
    for name in stays:
        (place / name).mkdir()
    (place / "lbuild-env-00000000").symlink_to(tmp_path / "elsewhere")
    count, size = temporary.remove_abandoned(place, FOLDER)
    assert count == 1
    assert size >= len("content")
    assert {path.name for path in place.iterdir()} == {*stays, "lbuild-env-00000000"}


def test_what_is_another_users_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "lbuild-env-00000000"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, 65_534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65_534)
    assert temporary.remove_abandoned(place, FOLDER) == (0, 0)
    assert folder.exists()


@pytest.mark.usefixtures("place")
def test_what_another_made_with_the_name_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as one has removed its folder, another may make its own."""
    remove = shutil.rmtree
    others: list[Path] = []

    def removed_and_made(path: Path, *, ignore_errors: bool) -> None:
        remove(path, ignore_errors=ignore_errors)
        if not others:
            path.mkdir()
            (path / "file").touch()
            others.append(path)

    monkeypatch.setattr(shutil, "rmtree", removed_and_made)
    with temporary.folder("hook", tmp_path / "project") as folder:
        pass
    assert others == [folder]
    assert (folder / "file").exists()


def test_what_another_made_instead_is_not_used(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it could be locked it was removed, and another made its own."""
    open_it = os.open
    others: list[str] = []

    def taken(path: Path, flags: int, *, dir_fd: int | None = None) -> int:
        if others:
            return open_it(path, flags, dir_fd=dir_fd)
        others.append(path.name)
        path.rmdir()
        try:
            return open_it(path, flags)
        finally:
            path.mkdir()

    monkeypatch.setattr(os, "open", taken)
    with temporary.folder("hook", tmp_path / "project") as folder:
        assert folder.name not in others
    assert [path.name for path in place.iterdir()] == others


MAKING = """
    from pathlib import Path
    from lbuild_frontend.disk import temporary as scratch

    for number in range(300):
        with scratch.folder("hook", Path("same") if number % 2 else None) as folder:
            (folder / "file").touch()
            (folder / "file").unlink()
"""


def test_none_is_taken_for_one_that_was_left(place: Path) -> None:
    """Between being made and being locked it has no lock."""
    environ = {**os.environ, "TMPDIR": str(place)}
    command = [sys.executable, "-c", textwrap.dedent(MAKING)]
    making = [subprocess.Popen(command, env=environ) for _ in range(2)]
    while any(process.poll() is None for process in making):
        temporary.remove_abandoned(place, FOLDER)
    assert [process.returncode for process in making] == [0, 0]
    assert list(place.iterdir()) == []
