"""What a step raises, as errors that users can act on."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.errors import (
    BuildFailed,
    HungUp,
    Interrupted,
    LbuildError,
    MembersNeeded,
    SystemFault,
)
from lbuild_frontend.execution import interruption

FULL = OSError(errno.ENOSPC, "No space left on device", "/cache/file")


def raising(error: BaseException) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


@pytest.mark.parametrize(
    ("error", "code", "kind", "message"),
    [
        (LbuildError("wrong."), 2, "request", "wrong."),
        (BuildFailed("failed.", "why"), 1, "build-failed", "failed."),
        (FULL, 2, "system", "demo: /cache/file: No space left on device."),
        (KeyboardInterrupt(), 130, "interrupted", "interrupted; nothing is kept."),
        (Interrupted(), 130, "interrupted", "interrupted; nothing is kept."),
        (HungUp(), 129, "interrupted", "interrupted; nothing is kept."),
    ],
)
def test_an_error_of_a_step(error: BaseException, code: int, kind: str, message: str) -> None:
    found = interruption.attempt(
        raising(error), subject="demo", when_interrupted="nothing is kept."
    )
    assert isinstance(found, LbuildError)
    assert (found.exit_code, found.kind) == (code, kind)
    assert str(found).startswith(message)


@pytest.mark.parametrize("error", [MembersNeeded([Path()], is_certain=True), ZeroDivisionError()])
def test_what_is_no_error_of_a_step_comes_out(error: Exception) -> None:
    with pytest.raises(type(error)):
        interruption.attempt(raising(error), subject="", when_interrupted="")


def test_what_a_step_returns() -> None:
    assert interruption.attempt(lambda: 3, subject="", when_interrupted="") == 3


def test_faults_of_the_system() -> None:
    fault = pytest.raises(SystemFault, match="the cache: /cache/file")
    with fault, interruption.system_faults("the cache"):
        raise FULL
