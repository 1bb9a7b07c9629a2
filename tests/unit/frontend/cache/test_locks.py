"""Locks are held by one at a time, not for ever, and by nobody that is dead."""

import itertools
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from lbuild_frontend.cache import locks
from lbuild_frontend.cache.folder import open_store, prepared
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import LbuildError
from support import interrupted_process as forked
from support.denied_access import without_privileges
from support.recording_reporter import RecordingReporter


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return prepared(open_store(tmp_path / "cache"), RecordingReporter())


def test_a_lock_is_held_by_one_at_a_time_and_leaves_nothing(cache: Store) -> None:
    told: list[str] = []
    held = []
    tries = threading.Event()

    def other() -> None:
        tries.set()
        with cache.lock("a", "another", told.append) as lock:
            held.append("other")
            assert lock.has_waited
        held.append("other knew")

    with (
        cache.lock("a", "another", told.append) as lock,
        cache.lock("b", "another", told.append),
    ):
        assert not lock.has_waited
        thread = threading.Thread(target=other)
        thread.start()
        tries.wait()
        time.sleep(1.2)  # from one second on others would be told of
        held.append("this")
    thread.join()
    assert (told, held) == ([], ["this", "other", "other knew"])
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
    with locks.lock(held, HELD, told.append):
        assert told == []
        with pytest.raises(LbuildError) as caught, locks.lock(held, HELD, told.append):
            pass
    assert str(caught.value) == (
        f"gave up after waiting {float(timeout):g} s for another project of this command. Try "
        "again when it has ended, stop it if it hangs, or set LBUILD_LOCK_TIMEOUT to more seconds."
    )
    with locks.lock(held, HELD, told.append):
        assert told == [], "this process knows"


@pytest.mark.parametrize("text", ["-1", "1e3", "inf", "nan", "5 s", " 5", "٣", "1" * 10, "1."])
def test_a_timeout_that_is_none(held: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", text)
    with pytest.raises(LbuildError) as caught, locks.lock(held, HELD, lambda _: None):
        pass
    told = f"LBUILD_LOCK_TIMEOUT: {text!r} is not a number of seconds. Write for example 600."
    assert str(caught.value) == told
    assert not held.exists()


def test_the_timeout_is_unset_or_empty(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", "")
    with locks.lock(held, HELD, lambda _: None):
        assert locks.is_held(held)


def test_a_lock_of_a_dead_process_holds_nobody_up(
    held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LBUILD_LOCK_TIMEOUT", "0")

    def die() -> None:
        with locks.lock(held, HELD, lambda _: None):
            os.kill(os.getpid(), signal.SIGKILL)

    for _ in range(2):
        assert forked.kill_at(die, held, 1_000)
        assert held.exists()
        with locks.lock(held, HELD, lambda _: None):
            pass
    assert forked.kill_at(die, held, 1_000)
    assert not locks.is_held(held)
    assert not held.exists()


def test_two_never_hold_a_lock(held: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the one stands still, the other gets it before, after, or not at all."""
    inside, gone = tmp_path / "inside", []

    def use() -> None:
        with locks.lock(held, HELD, lambda _: None):
            inside.mkdir()  # fails where it is there
            inside.rmdir()

    for at in itertools.count(1):
        with forked.stop_at(use, tmp_path, at) as stands, monkeypatch.context() as patch:
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
