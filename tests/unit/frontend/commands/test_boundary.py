"""Errors, signals and closed streams as messages and exit codes."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from lbuild_frontend.commands import boundary
from lbuild_frontend.errors import BrokenPipe, BuildFailed, Interrupted, LbuildError
from lbuild_frontend.output.terminal import Terminal


def raising(error: BaseException) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


@pytest.mark.parametrize(
    ("error", "code", "kind", "message"),
    [
        (LbuildError("wrong."), 2, "request", "error: wrong."),
        (BuildFailed("failed.", "why"), 1, "build-failed", "Output of the build (1 line):\n  why"),
        (KeyboardInterrupt(), 130, "interrupted", "error: interrupted; nothing is kept."),
        (Interrupted(), 130, "interrupted", "error: interrupted; nothing is kept."),
    ],
)
def test_an_error_in_a_step(
    error: BaseException, code: int, kind: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = boundary.attempt(
        Terminal(0, "auto"), raising(error), when_interrupted="nothing is kept."
    )
    assert found is not None
    assert (found.exit_code, found.kind) == (code, kind)
    assert capsys.readouterr().err.startswith(message)


def test_a_step_without_an_error() -> None:
    assert boundary.attempt(Terminal(0, "auto"), lambda: None, when_interrupted="") is None


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [(BrokenPipe(), 141, ""), (LbuildError("no output."), 2, "error: no output.\n")],
)
def test_what_no_step_can_print(
    error: Exception, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(terminal: Terminal) -> int:
        boundary.attempt(terminal, raising(error), when_interrupted="")
        return 0

    def outside(_: Terminal) -> int:
        raising(error)()
        return 0

    found = boundary.run(0, "auto", command if isinstance(error, BrokenPipe) else outside)
    assert (found, capsys.readouterr().err) == (code, message)


@pytest.mark.usefixtures("without_nohup")
@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 130), (signal.SIGHUP, 129)])
def test_a_signal_interrupts_a_command_and_nothing_else(by: signal.Signals, code: int) -> None:
    """It reaches all that was started, also what would outlive its parent; and it comes twice."""
    before = signal.getsignal(by)
    told = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # not of it
    time.sleep(0.05)

    def command(terminal: Terminal) -> int:
        def step() -> None:
            try:
                interrupt = f"kill -{by.value} {os.getpid()}; sleep 60; exit"
                subprocess.run(["sh", "-c", f"sh -c '{interrupt}' & echo $!; wait"], check=True)
            finally:
                os.kill(os.getpid(), by)

        error = boundary.attempt(terminal, step, when_interrupted="nothing is kept.")
        assert error is not None
        return error.exit_code

    started = time.monotonic()
    assert boundary.run(0, "auto", command) == code
    assert time.monotonic() - started < 30
    assert signal.getsignal(by) == before
    assert told.communicate(b"still there", timeout=30) == (b"still there", None)


def test_a_signal_that_is_ignored_stays_so() -> None:
    def command(_: Terminal) -> int:
        os.kill(os.getpid(), signal.SIGHUP)
        return 0

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert boundary.run(0, "auto", command) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
