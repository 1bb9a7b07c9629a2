"""What may be raised -> errors that users can act on: interrupted, wrong, or unforeseen."""

import contextlib
from collections.abc import Callable, Iterator
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


@contextlib.contextmanager
def system_faults(subject: str) -> Iterator[None]:
    """Turn errors of the operating system that no module expects into those of lbuild.

    Args:
        subject: what they concern.

    Raises:
        SystemFault: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        raise unforeseen(subject, error) from error
