"""When later edits are certain to have later time stamps."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend import replay
from lbuild_frontend.self_tracing import fs_clock
from lbuild_frontend.self_tracing.fs_clock import Began, Reading
from lbuild_keys.observe.files import GRANULARITY

PATIENCE = 0.03


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    (tmp_path / "cache" / replay.BUCKET).mkdir(parents=True)
    return tmp_path / "cache"


def coarse(step: int) -> Callable[[int], os.stat_result]:
    """Return an ``os.fstat`` of a file system whose clock goes in steps, in nanoseconds."""

    def fstat(descriptor: int, inner: Callable[[int], os.stat_result] = os.fstat) -> os.stat_result:
        status = inner(descriptor)
        seconds = [*status]
        named = {"st_ctime_ns": status.st_ctime_ns // step * step}
        return os.stat_result(seconds, named)

    return fstat


def test_an_edit_after_it_has_a_later_time_stamp(cache: Path, tmp_path: Path) -> None:
    """Also one that keeps the size and puts the time of modification back."""
    file = tmp_path / "a.py"
    hidden = 0
    for number in range(200):
        file.write_text(f"a = {number:03}")
        before = file.stat()
        began = fs_clock.begin(str(cache), PATIENCE)
        assert began.is_after(before)
        file.write_text(f"b = {number:03}")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        hidden += replay.signature_of(file.stat()) == replay.signature_of(before)
    assert hidden == 0
    assert list((cache / replay.BUCKET).iterdir()) == []


def test_a_coarse_clock_is_waited_for(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = 10_000_000
    monkeypatch.setattr(fs_clock.os, "fstat", coarse(step))
    for _ in range(5):
        before = Path(cache / "file")
        before.write_text("a")
        began = fs_clock.begin(str(cache), PATIENCE)
        assert began.clock is not None
        assert began.clock.now % step == 0
        assert before.stat().st_ctime_ns // step * step < began.clock.now


def test_a_coarse_clock_that_has_not_gone_on_proves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "file").write_text("a")
    now = (cache / "file").stat().st_ctime_ns
    device = cache.stat().st_dev
    monkeypatch.setattr(fs_clock, "_written", lambda *_: Reading(device, now))
    began = fs_clock.begin(str(cache), PATIENCE)
    assert not began.is_after((cache / "file").stat())


def test_each_file_system_has_a_clock_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    status = (tmp_path / "file").stat()
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    assert Began(changed + 1, Reading(status.st_dev, changed + 1)).is_after(status)
    assert not Began(changed + 1, Reading(status.st_dev + 1, changed + 1)).is_after(status)
    assert Began(changed + GRANULARITY + 1, None).is_after(status)


def test_a_file_of_the_future_proves_nothing(cache: Path) -> None:
    """As after the clock was put back."""
    (cache / "file").write_text("a")
    os.utime(cache / "file", (4e9, 4e9))
    assert not fs_clock.begin(str(cache), PATIENCE).is_after((cache / "file").stat())


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_the_clock_of_a_server_is_not_relied_on(
    cache: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(fs_clock, "_type_at", lambda _: kind)
    assert fs_clock.begin(str(cache), PATIENCE).clock is None


def test_without_a_cache_there_is_no_clock(tmp_path: Path) -> None:
    for cache in (None, str(tmp_path / "missing")):
        assert fs_clock.begin(cache).clock is None
