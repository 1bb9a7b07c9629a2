"""Errors that a user can act on, and the exit code of each."""

from collections.abc import Collection
from pathlib import Path


class LbuildError(Exception):
    """The root of all errors; by itself: an option, a variable or the out-dir is wrong.

    The text names what happened, where, and what to do; it is printed as it is.

    Attributes:
        kind: names the sort of error to programs (``--json``); one of the words in
            docs/reference/exit-codes.md.
        log: the file with all that the backend printed; None if there is none.
    """

    exit_code = 2
    kind = "request"
    log: Path | None = None


class ProjectError(LbuildError):
    """A folder is no project, or the configuration of the project is wrong."""

    kind = "project"


class CacheError(LbuildError):
    """The cache cannot be used."""

    kind = "cache"


class Busy(LbuildError):
    """Another process did not finish in time."""

    kind = "busy"


class InterpreterError(LbuildError):
    """The interpreter to build with cannot be used."""

    kind = "interpreter"


class NoEnvironment(LbuildError):
    """No build environment could be made; or without isolation, a requirement is missing."""

    kind = "environment"


class TargetError(LbuildError):
    """There is no environment to install into, or lbuild may not change it."""

    kind = "environment"


class SystemFault(LbuildError):
    """Something unforeseen, such as a full disk."""

    kind = "system"


def unforeseen(what: str, error: OSError) -> SystemFault:
    """Make an error of what no module expects: a full disk, a folder that vanished.

    Args:
        what: the project or the cache.
    """
    place = f"{error.filename}: " if error.filename else ""
    return SystemFault(f"{what}: {place}{error.strerror or error}. Fix this and try again.")


class BuildFailed(LbuildError):
    """The backend failed, or what it returned is not a valid result.

    Attributes:
        output: what the hook process printed, for the user to read; may be empty.
        printed_by: who printed that, as messages call it.
    """

    exit_code = 1
    kind = "build-failed"
    printed_by = "build"

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class HookMissing(Exception):
    """The backend does not have a hook that it need not have (PEP 517)."""


class MembersNeeded(Exception):
    """A project cannot be built, or reused, before other members of its workspace.

    Attributes:
        folders: of those members.
        is_certain: whether the project requires them now; if not, an earlier build of it did.
    """

    def __init__(self, folders: Collection[Path], *, is_certain: bool) -> None:
        super().__init__(", ".join(map(str, folders)))
        self.folders = frozenset(folders)
        self.is_certain = is_certain


class InstallFailed(BuildFailed):
    """The build requirements, or the project itself, could not be installed."""

    kind = "install-failed"
    printed_by = "installer"


class RequirementsFailed(InstallFailed):
    """What a project requires at run time could not be installed; the environment is as it was."""


class Interrupted(KeyboardInterrupt):
    """The system told lbuild to stop (SIGTERM). The exit code is that of Ctrl-C (SIGINT), too."""

    exit_code = 130


class HungUp(Interrupted):
    """The terminal was closed (SIGHUP)."""

    exit_code = 128 + 1
    """As shells report a process that SIGHUP ended."""


class Stopped(LbuildError):
    """The command was interrupted before the project was done."""

    kind = "interrupted"

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Skipped(LbuildError):
    """A project was not built or installed, because another one failed."""

    exit_code = 1
    kind = "skipped"


class BrokenPipe(Exception):
    """The process that read the output has ended, as ``head`` does."""

    exit_code = 128 + 13
    """As shells report a process that SIGPIPE ended."""
