"""What is concluded from a build afterwards."""

import pytest

from lbuild_keys.effects.during_build import _names_day
from lbuild_keys.model import present

HERE_AND_THERE = present("2026-11-02 2026-11-01")


@pytest.mark.parametrize(
    "version",
    [
        "1.1.dev0+ge07dec8ca.d20261102",
        "2026.11.2",
        "2026.11.2.post1",
        "26.11.2",
        "1.0.dev261102",
        "2026.11.1",
        "26.11.1",
    ],
)
def test_a_version_that_names_the_day(version: str) -> None:
    assert _names_day(version, HERE_AND_THERE)
    assert _names_day(version, present("2026-10-31"), HERE_AND_THERE)


@pytest.mark.parametrize("version", ["1.0", "2026.11", "26.11", "2026.10.2", "20261103"])
def test_a_version_that_does_not(version: str) -> None:
    assert not _names_day(version, HERE_AND_THERE)
