"""Tests of linux.paths: which paths are the same for all processes."""

import os
import sys

import pytest

from lbuild_frontend.linux.paths import AT_FDCWD, absolute, is_for_all

FOR_ALL = ["/usr/include/stdio.h", "/home/dev/a.h", "/home/dev/.b/a.h", "/srv/proc/x..y/self", "/"]
NOT_FOR_ALL = [
    *("/proc/self/exe", "//proc/self", "/./proc/self", "/usr/../proc/self", "/usr//../proc/x"),
    *("/dev/fd/3", "/dev/null", "/home/../dev/stdin"),
]


@pytest.mark.parametrize("path", FOR_ALL)
def test_paths_that_are_the_same_for_all(path: str) -> None:
    assert is_for_all(path)
    assert absolute(os.getpid(), os.fsencode(path), AT_FDCWD) == path


@pytest.mark.parametrize("path", NOT_FOR_ALL)
def test_paths_that_may_be_others(path: str) -> None:
    assert not is_for_all(path)


@pytest.mark.skipif(sys.platform != "linux", reason="about Linux")
@pytest.mark.parametrize("path", ["/proc/self/fd", "//proc/self/fd", "/./dev/../proc/self/fd"])
def test_paths_of_one_process(path: str) -> None:
    found = absolute(os.getpid(), os.fsencode(path), AT_FDCWD)
    assert found == f"/proc/{os.getpid()}/fd"
