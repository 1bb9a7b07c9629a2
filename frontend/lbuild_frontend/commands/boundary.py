"""The one place that turns errors, signals and closed streams into messages and exit codes.

Two more places know a part of this, because they run before it is imported: ``__main__`` ends an
interrupted start, and ``replay`` ends as this does when its output cannot be written.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

from lbuild_frontend.errors import BrokenPipe, Interrupted, LbuildError, Stopped, unforeseen
from lbuild_frontend.model.request import Color
from lbuild_frontend.output.terminal import Terminal


def run(level: int, color: Color, command: Callable[[Terminal], int]) -> int:
    """Run a command.

    Args:
        level: how much is printed, see ``Terminal``.
        color: as given to ``--color``, see ``look.look_of``.
        command: prints, and returns an exit code.

    Returns:
        The exit code of the process.
    """
    terminal = Terminal(level, color)
    with _interrupted_by_sigterm():
        try:
            return command(terminal)
        except BrokenPipe as error:
            return error.exit_code
        except LbuildError as error:
            terminal.error(error)
            return error.exit_code


def attempt(
    terminal: Terminal, step: Callable[[], None], *, subject: str, when_interrupted: str
) -> LbuildError | None:
    """Do a step of a command; print its error and return it, if there is one.

    Args:
        subject: what an unexpected error of the operating system concerns.
        when_interrupted: what the user should know then, as a clause.

    Raises:
        BrokenPipe: if nobody reads the output any more.
    """
    found: LbuildError | None = None
    try:
        step()
    except KeyboardInterrupt:
        found = Stopped(f"interrupted; {when_interrupted}")
    except LbuildError as error:
        found = error
    except OSError as error:
        found = unforeseen(subject, error)
    finally:
        terminal.rest()
    if found is not None:
        terminal.error(found)
    return found


@contextlib.contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a command in order, as SIGINT does; afterwards it does what it did before."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        # None: it was set by code that is not Python's, and cannot be set again from here.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted
