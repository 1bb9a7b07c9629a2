"""What a step raises -> the error that is its result: interrupted, wrong, or unforeseen."""

from collections.abc import Callable
from typing import TypeVar

from lbuild_frontend.errors import Interrupted, LbuildError, Stopped, unforeseen

T = TypeVar("T")


def attempt(step: Callable[[], T], *, subject: str, when_interrupted: str) -> T | LbuildError:
    """Do a step; return what it returns, or its error.

    Args:
        step: it may raise what is no error of the step, such as ``MembersNeeded``: that comes out.
        subject: what an unexpected error of the operating system concerns.
        when_interrupted: what the user should know then, as a clause.
    """
    try:
        return step()
    except KeyboardInterrupt as error:
        code = error.exit_code if isinstance(error, Interrupted) else Interrupted.exit_code
        stopped = Stopped(f"interrupted; {when_interrupted}", code)
        stopped.__cause__ = error
        return stopped
    except LbuildError as error:
        return error
    except OSError as error:
        return unforeseen(subject, error)


def is_interruption(error: LbuildError) -> bool:
    """Whether the user or the system ended the command."""
    return isinstance(error, Stopped)
