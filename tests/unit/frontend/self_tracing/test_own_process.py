"""lbuild under its own recorder."""

import itertools
import os
from pathlib import Path

import pytest

from lbuild_frontend.self_tracing.log import Log
from lbuild_frontend.self_tracing.own_process import Recording


@pytest.mark.parametrize("writes", [True, False])
def test_nothing_is_recorded_where_nothing_can_be_kept(*, writes: bool) -> None:
    genuine = os.lstat
    with Recording(writes=writes) as recording:
        assert (os.lstat is genuine) is not writes
        assert writes or not recording.begin_again([])
    assert os.lstat is genuine


def test_the_log_has_each_path_as_it_was_before_its_first_use(tmp_path: Path) -> None:
    """Else a replay would compare with what came after the decision."""
    path = tmp_path / "a"
    uses = [
        lambda log: log.write("l", os.fspath(tmp_path)),
        lambda log: log.write("s", os.fspath(tmp_path)),
        lambda log: log.looks.setdefault(os.fspath(tmp_path), tmp_path.lstat()),
    ]
    for first, second in itertools.product(uses, uses):
        before = tmp_path.lstat()
        log, later = Log(), Log()
        first(log)
        path.unlink() if path.exists() else path.touch()
        os.utime(tmp_path, ns=(1, before.st_mtime_ns + 1))
        second(log)
        assert log.seen == {os.fspath(tmp_path): before}
        second(later)
        assert log.followed_by(later).seen == {os.fspath(tmp_path): tmp_path.lstat()}
        assert log.followed_by(later).outside(os.fspath(tmp_path)).seen == {}
