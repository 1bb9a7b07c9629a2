"""Errors that a user can act on, and the exit code that each leads to."""


class LbuildError(Exception):
    """The root: the request, the configuration or the cache is wrong.

    The text says what happened, where, and what to do; it is printed as it is.
    """

    exit_code = 2


def unforeseen(what: str, error: OSError) -> LbuildError:
    """The message on what no module foresaw: a full disk, a folder that vanished."""
    place = f"{error.filename}: " if error.filename else ""
    return LbuildError(f"{what}: {place}{error.strerror or error}. Mend that and try again.")


class BuildFailed(LbuildError):
    """The backend failed, or what it returned is no wheel.

    Attributes:
        output: what the hook process printed, for the user to read; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class Interrupted(KeyboardInterrupt):
    """The system asked lbuild to stop (SIGTERM), as the user does with SIGINT."""

    exit_code = 130


class BrokenPipe(Exception):
    """Nobody reads any more what lbuild prints, as with ``head``."""

    exit_code = 128 + 13
    """That of a process that SIGPIPE ended, as shells tell it."""
