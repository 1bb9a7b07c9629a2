"""lbuild under its own recorder."""

import os

import pytest

from lbuild_frontend.self_tracing.own_process import Recording


@pytest.mark.parametrize("writes", [True, False])
def test_nothing_is_recorded_where_nothing_can_be_kept(*, writes: bool) -> None:
    genuine = os.lstat
    with Recording(writes=writes) as recording:
        assert (os.lstat is genuine) is not writes
        assert writes or not recording.begin_again([])
    assert os.lstat is genuine
