"""Files of the cache: written whole, removed wholly, locked; whatever others do meanwhile."""

import errno
import itertools
import os
import signal
import stat
import threading
import time
from pathlib import Path

import pytest

import forked
from denied import without_privileges
from lbuild_frontend import cachefiles
from lbuild_frontend.cachefiles import TEMPORARY, make_folder, remove, write
from lbuild_frontend.cachefolder import open_store, prepared
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.store import Store
from told import Told


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), Told())


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.ENOSPC, "Make room there (lbuild cache prune or clean), name another with --cache-"),
        (errno.EACCES, "Make the folder yours, name another with --cache-dir"),
        (errno.ENOTDIR, "Name another with --cache-dir or LBUILD_CACHE_DIR, or build without one"),
    ],
)
def test_an_error_says_what_would_help(tmp_path: Path, number: int, step: str) -> None:
    with pytest.raises(LbuildError) as caught, cachefiles.errors(tmp_path):
        raise OSError(number, os.strerror(number))
    found = f"{tmp_path}: the cache cannot be used ({os.strerror(number)}). {step}"
    assert str(caught.value).startswith(found)


# Writing


@pytest.mark.parametrize("torn", [False, True])
def test_a_writer_that_is_killed_leaves_the_old_or_the_new(tmp_path: Path, torn: bool) -> None:
    path = tmp_path / "folder" / "file"
    write(path, b"old")
    for at in itertools.count(1):
        killed = forked.kill(lambda: write(path, b"new"), tmp_path, at, torn=torn)
        left = [one for one in path.parent.iterdir() if one != path]
        assert all(TEMPORARY.fullmatch(one.name) for one in left)
        assert path.read_bytes() == (b"old" if killed else b"new")
        if not killed:
            break
    assert at > 2


def test_a_write_beside_one_who_cleans_up(tmp_path: Path) -> None:
    """What is being written may be taken for a leftover, and the folder for an empty one."""
    path = tmp_path / "folder" / "below" / "file"
    for at in itertools.count(1):
        with forked.stop(lambda: write(path, b"content"), tmp_path, at) as stood:
            remove(path.parent.parent)
        assert path.exists() == stood
        if not stood:
            break
        assert path.read_bytes() == b"content"
        assert list(path.parent.iterdir()) == [path]
        remove(path.parent.parent)
    assert at > 3


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


# Removing


def test_a_read_only_folder_is_removed(tmp_path: Path) -> None:
    below = tmp_path / "folder" / "below"
    below.mkdir(parents=True)
    (below / "file").touch()
    (below / "link").symlink_to(tmp_path)
    for folder in (below, below.parent):
        folder.chmod(0o500)
    with without_privileges():
        assert remove(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "above" / "folder").mkdir(parents=True)
    (tmp_path / "above" / "file").touch()
    (tmp_path / "above").chmod(0o500)
    with without_privileges():
        assert not remove(tmp_path / "above" / "folder")
        assert not remove(tmp_path / "above" / "file")
    assert remove(tmp_path / "nothing")


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").touch()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "link").symlink_to("../folder")
    assert remove(tmp_path / "link")
    assert remove(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "precious").exists()


def test_nobody_finds_the_half_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for at in itertools.count(1):
        for name in ("a", "b"):
            write(folder / name, b"")
        killed = forked.kill(lambda: remove(folder), tmp_path, at)
        assert not folder.exists() or len(list(folder.iterdir())) == 2
        if not killed:
            break
    assert not folder.exists()
    left = list(tmp_path.iterdir())
    assert left
    assert all(TEMPORARY.fullmatch(path.name) for path in left)
    assert all(map(remove, left))  # as ``cache prune`` does it
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="File name too long"):
        write(tmp_path / "folder" / ("a" * 300), b"content")
    assert list(tmp_path.rglob("*")) == [tmp_path / "folder"]


# Locks


def test_a_lock_is_held_by_one_at_a_time_and_leaves_nothing(cache: Store) -> None:
    waited, held = [], []

    def other() -> None:
        with cache.lock("a", "another", lambda _: waited.append(True)):
            held.append("other")

    with (
        cache.lock("a", "another", lambda _: waited.append(False)),
        cache.lock("b", "another", lambda _: None),
    ):
        thread = threading.Thread(target=other)
        thread.start()
        for _ in range(400):
            if waited:
                break
            time.sleep(0.01)
        held.append("this")
    thread.join()
    assert (waited, held) == ([True], ["this", "other"])
    assert list((cache.root / "locks-v1").iterdir()) == []


def test_a_lock_that_cannot_be_made(cache: Store) -> None:
    (cache.root / "locks-v1").chmod(0o500)
    with (
        without_privileges(),
        pytest.raises(LbuildError, match="cannot be used"),
        cache.lock("a", "another", lambda _: None),
    ):
        pass


HELD = "something that is held"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "a.lock"


@pytest.mark.parametrize("timeout", ["0", "0.05", "00.1"])
def test_a_lock_that_is_held_for_too_long(
    held: Path, monkeypatch: pytest.MonkeyPatch, timeout: str
) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", timeout)
    told: list[str] = []
    with cachefiles.lock(held, HELD, told.append):
        assert told == []
        with pytest.raises(LbuildError) as caught, cachefiles.lock(held, HELD, told.append):
            pass
    assert str(caught.value) == (
        f"{HELD} was waited for in vain, for {float(timeout):g} s. Run this again when it is done, "
        "end it if it hangs, or set LBUILD_LOCK_TIMEOUT to more seconds."
    )
    with cachefiles.lock(held, HELD, told.append):
        assert told == [f"waiting for {HELD}"]


@pytest.mark.parametrize("text", ["-1", "1e3", "inf", "nan", "5 s", " 5", "٣", "1" * 10, "1."])
def test_a_timeout_that_is_none(held: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", text)
    with pytest.raises(LbuildError) as caught, cachefiles.lock(held, HELD, lambda _: None):
        pass
    told = f"LBUILD_LOCK_TIMEOUT: {text!r} is no number of seconds. Write one, such as 600."
    assert str(caught.value) == told
    assert not held.exists()


def test_the_timeout_is_unset_or_empty(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", "")
    with cachefiles.lock(held, HELD, lambda _: None):
        assert cachefiles.is_held(held)


def test_a_lock_of_a_dead_process_holds_nobody_up(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", "0")

    def die() -> None:
        with cachefiles.lock(held, HELD, lambda _: None):
            os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(2):
        assert forked.kill(die, held, 1_000)
        assert held.exists()
        with cachefiles.lock(held, HELD, lambda _: None):
            pass
    assert forked.kill(die, held, 1_000)
    assert not cachefiles.is_held(held)
    assert not held.exists()


def test_two_never_hold_a_lock(held: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the one stands still, the other gets it before, after, or not at all."""
    inside, gone = tmp_path / "inside", []

    def use() -> None:
        with cachefiles.lock(held, HELD, lambda _: None):
            inside.mkdir()  # fails where it is there
            inside.rmdir()

    for at in itertools.count(1):
        with forked.stop(use, tmp_path, at) as stands, monkeypatch.context() as patch:
            patch.setenv("LBUILD_LOCK_TIMEOUT", "0")
            try:
                use()
                gone.append(True)
            except LbuildError:
                gone.append(False)
        if not stands:
            break
    assert {True, False} == set(gone)
    assert list(held.parent.iterdir()) == []
