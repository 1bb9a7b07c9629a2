"""Errors that a user can act on, and the exit code of each."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LbuildError(Exception):
    """The root of all: the request, the configuration or the cache is wrong.

    The text names what happened, where, and what to do; it is printed as it is.
    """

    exit_code = 2


def unforeseen(what: str, error: OSError) -> LbuildError:
    """Make an error of what no module expects: a full disk, a folder that vanished.

    Args:
        what: the project or the cache.
    """
    place = f"{error.filename}: " if error.filename else ""
    return LbuildError(f"{what}: {place}{error.strerror or error}. Fix this and try again.")


class BuildFailed(LbuildError):
    """The backend failed, or what it returned is not a valid result.

    Attributes:
        output: what the hook process printed, for the user to read; may be empty.
        log: the file that all of it was written to; None if it was not.
    """

    exit_code = 1

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output
        self.log: Path | None = None


class Interrupted(KeyboardInterrupt):
    """The system told lbuild to stop (SIGTERM). The exit code is that of Ctrl-C (SIGINT), too."""

    exit_code = 130


class BrokenPipe(Exception):
    """The process that read the output has ended, as ``head`` does."""

    exit_code = 128 + 13
    """As shells report a process that SIGPIPE ended."""
