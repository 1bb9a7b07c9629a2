"""Which environment a command installs into, and whether lbuild may change it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.disk import writable
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments import python_request
from lbuild_frontend.environments.interpreter import Interpreter, InterpreterDetails
from lbuild_frontend.errors import TargetError

_VIRTUAL_ENV = "VIRTUAL_ENV"
_USUAL = ".venv"
_SETTINGS = "pyvenv.cfg"
_MANAGED = "EXTERNALLY-MANAGED"


class Target(NamedTuple):
    """An environment that distributions are installed into.

    Attributes:
        interpreter: its interpreter.
        details: what that reports of itself.
    """

    interpreter: Interpreter
    details: InterpreterDetails

    @property
    def prefix(self) -> Path:
        """The folder of the environment."""
        return Path(self.details.prefix)

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual environment (PEP 405)."""
        return self.details.prefix != self.details.base_prefix

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that packages are installed into; often only one."""
        places = (self.details.scheme["purelib"], self.details.scheme["platlib"])
        return tuple(map(Path, {os.path.realpath(place): place for place in places}.values()))

    @property
    def scripts(self) -> Path:
        """The folder that scripts are installed into."""
        return Path(self.details.scheme["scripts"])


def find_one(asked_for: str | None, starts: Sequence[Path], environ: Mapping[str, str]) -> Target:
    """Find the environment to install several projects into.

    Args:
        asked_for: see ``find``, and so with ``environ``.
        starts: the folders of the projects, or that of their workspace.

    Raises:
        LbuildError: see ``find``; or if it is not the same for all of them.
    """
    if asked_for is None:
        above = Path(os.path.commonpath(starts))
        first, *others = [
            (_implied(start, environ, above), start) for start in dict.fromkeys(starts)
        ]
        other = next((one for one in others if one[0] != first[0]), None)
        if other is not None:
            message = (
                f"{first[1]} would be installed into {first[0]}, but {other[1]} into {other[0]}. "
                "One command installs into one environment: give it with --python, or install the "
                "projects one by one."
            )
            raise TargetError(message)
        asked_for = first[0]
    return find(asked_for, starts[0], environ)


def find(asked_for: str | None, start: Path, environ: Mapping[str, str]) -> Target:
    """Find the environment to install into.

    It is the one of ``--python``, else ``VIRTUAL_ENV``, else ``.venv`` in the project or above it.

    Args:
        asked_for: as given to ``--python``.
        start: the folder of the project.
        environ: the user's variables.

    Raises:
        LbuildError: if there is none, or it has no interpreter that can be used.
    """
    if asked_for is None:
        asked_for = _implied(start, environ, start)
    given = Path(asked_for)
    is_gone = given.is_symlink() and not given.exists()
    folder = given.absolute().parent.parent if is_gone else given
    if (folder / _SETTINGS).is_file() and python_request.in_folder(folder) is None:
        message = (
            f"{folder}: the interpreter of this environment is gone. Make the environment anew, "
            f"for example with: python3 -m venv --clear {folder}"
        )
        raise TargetError(message)
    return of(interpreters.find(asked_for))


def of(interpreter: Interpreter) -> Target:
    """Return the environment of an interpreter.

    Raises:
        LbuildError: if it does not answer.
    """
    return Target(interpreter, interpreters.inspect(interpreter))


def _implied(start: Path, environ: Mapping[str, str], above: Path) -> str:
    """Return the environment of a project; where there is none, ``above`` is the folder for one."""
    named = environ.get(_VIRTUAL_ENV)
    if named:
        if not Path(named).is_dir():
            message = (
                f"{_VIRTUAL_ENV} is {named}, which is not a folder. Activate another environment, "
                "unset the variable, or give one with --python."
            )
            raise TargetError(message)
        return named
    for place in (start, *start.parents):
        if (place / _USUAL / _SETTINGS).is_file() and _is_of_same_owner(place / _USUAL, start):
            return os.fspath(place / _USUAL)
    message = (
        f"no environment to install into: {_VIRTUAL_ENV} is not set, and there is no {_USUAL} in "
        f"{start} or above it. Make one with: python3 -m venv {above / _USUAL}; or give one with "
        "--python."
    )
    raise TargetError(message)


def _is_of_same_owner(found: Path, start: Path) -> bool:
    """Using an environment runs its code, and anybody may put one into /tmp."""
    try:
        return found.stat().st_uid == start.stat().st_uid
    except OSError:
        return False


def check_managed(target: Target, *, may_break: bool) -> None:
    """Check that an environment is not managed by another program (PEP 668).

    Raises:
        LbuildError: if it is, and that is not to be ignored.
    """
    mark = Path(target.details.scheme["stdlib"], _MANAGED)
    if not target.is_virtual and mark.is_file() and not may_break:
        message = (
            f"{target.interpreter.executable}: its packages are managed by the operating system "
            f"or another program ({mark}, PEP 668). Use a virtual environment, for example: "
            "python3 -m venv .venv; or add --break-system-packages."
        )
        raise TargetError(message)


def check_changeable(target: Target) -> None:
    """Check that files can be installed into an environment, and that it is the user's own.

    Raises:
        LbuildError: if not.
    """
    for folder in (*target.folders, target.scripts):
        try:
            writable.check(folder)
        except OSError as error:
            owner = _owner(folder)
            whose = f", it belongs to {owner}" if owner else ""
            message = (
                f"{target.prefix}: nothing can be installed into this environment: {folder} cannot "
                f"be written ({error.strerror}{whose}). Give another one with --python."
            )
            raise TargetError(message) from error
        owner = _owner(folder)
        if owner is not None:
            message = (
                f"{target.prefix}: this environment belongs to {owner}, who could not change the "
                f"files that you install. Run lbuild as {owner}, or give another environment with "
                "--python."
            )
            raise TargetError(message)


def _owner(folder: Path) -> str | None:
    """Return the name of the user that a folder belongs to; None if it is the user's own."""
    if os.name == "nt":
        return None
    import pwd

    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    number = there.stat().st_uid
    if number == os.geteuid():
        return None
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the user with the number {number}"
