"""Finds the interpreter to build with, and asks it what it is (``in_process.probe``)."""

import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lbuild_frontend.errors import InterpreterError
from lbuild_frontend.in_process import probe

if TYPE_CHECKING:
    from lbuild_frontend.environments.python_request import VersionRequest

OLDEST = (3, 8)
"""The oldest CPython that can run a build; lbuild itself needs a newer one."""

_TIMEOUT = 60
"""Seconds that an interpreter has to answer."""


class InterpreterDetails(NamedTuple):
    """What an interpreter reports of itself and its environment.

    Attributes:
        executable: its ``sys.executable``.
        search_path: its ``sys.path``, without the empty entry for the current folder.
        site_packages: folders that are in ``sys.path`` if they exist (module ``site``).
        markers: the values of the environment markers (PEP 508).
        prefix: its ``sys.prefix``: the folder of a virtual environment, or ``base_prefix``.
        base_prefix: the folder in which the interpreter itself is installed.
        scheme: where installers put files: ``purelib``, ``platlib``, ``scripts``; and where
            ``stdlib`` is (sysconfig).
    """

    executable: str
    search_path: tuple[str, ...]
    site_packages: tuple[str, ...]
    markers: Mapping[str, str]
    prefix: str
    base_prefix: str
    scheme: Mapping[str, str]


class Interpreter(NamedTuple):
    """An interpreter to build with.

    Attributes:
        executable: its absolute path.
        identity: implementation, version, compiler, platform and ABI, in one line.
        runs_lbuild: whether it is the interpreter that runs lbuild.
        base_prefix: the folder in which it is installed; None if that is not known.
        details: what it reported of itself when it was asked what it is; None if it was not.
    """

    executable: str
    identity: str
    runs_lbuild: bool
    base_prefix: str | None = None
    details: InterpreterDetails | None = None


def find(asked_for: str | None) -> Interpreter:
    """Find the interpreter that ``--python`` names; without it, that which runs lbuild.

    Args:
        asked_for: a path, a folder with an interpreter, a name on PATH, or a version.

    Raises:
        LbuildError: if it does not exist, or is not CPython 3.8 or later.
    """
    if asked_for is None:
        facts = probe.identify()
        return _interpreter(sys.executable, facts, runs_lbuild=True)
    from lbuild_frontend.environments import python_request

    try:
        request = python_request.parse(asked_for)
    except ValueError as error:
        message = f"--python {asked_for}: {error}. Give a version, such as 3.12 or >=3.9."
        raise InterpreterError(message) from error
    if request is not None:
        return _discover(asked_for, request)
    executable = _named(asked_for)
    return _interpreter(executable, _ask(executable), runs_lbuild=False)


def _interpreter(executable: str, facts: Mapping[str, Any], *, runs_lbuild: bool) -> Interpreter:
    identity, base_prefix = _checked(executable, facts), facts["base_prefix"]
    details = None if runs_lbuild else _details(facts)
    return Interpreter(executable, identity, runs_lbuild, base_prefix, details)


def _named(asked_for: str) -> str:
    """Return the absolute path of an interpreter that is given by a path or by a name on PATH."""
    from lbuild_frontend.environments import python_request

    found = None
    if (Path(asked_for) / "pyvenv.cfg").is_file():  # an environment named env is no program
        found = python_request.in_folder(Path(asked_for))
    found = found or shutil.which(asked_for)
    if found is None and asked_for and Path(asked_for).is_dir():
        found = python_request.in_folder(Path(asked_for))
        if found is None:
            message = f"--python {asked_for}: there is no interpreter in this folder. {_GIVE}"
            raise InterpreterError(message)
    if found is None:
        problem = f"cannot be run. {_GIVE}" if Path(asked_for).exists() else _missing(asked_for)
        message = f"--python {asked_for}: {problem}"
        raise InterpreterError(message)
    return os.path.abspath(found)  # noqa: PTH100  a link in an environment must stay


_GIVE = "Give the executable of a Python interpreter."
_TOO_OLD = re.compile(r"(?:(?:cpython|python)[@-]?)?[0-2](?:\.\d+)*", re.IGNORECASE)


def _missing(asked_for: str) -> str:
    if _TOO_OLD.fullmatch(asked_for):  # no file is meant, as with 2.7
        return f"this version cannot build. Use CPython {_version(OLDEST)} or later."
    return f"does not exist. {_GIVE}"


def _version(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _checked(executable: str, facts: Mapping[str, Any]) -> str:
    """Return the identity of an interpreter that can build."""
    if facts["implementation"] != "cpython" or tuple(facts["version"]) < OLDEST:
        message = (
            f"{executable}: {facts['identity']} cannot build. "
            f"Use CPython {_version(OLDEST)} or later."
        )
        raise InterpreterError(message)
    identity: str = facts["identity"]
    return identity


def _discover(asked_for: str, request: "VersionRequest") -> Interpreter:
    """Find an interpreter of a version.

    Raises:
        LbuildError: if there is none; the message names those that do not start.
    """
    from lbuild_frontend.environments import python_request

    failures = []
    for path in python_request.candidates(request, os.environ, Path.cwd()):
        try:
            facts = _ask(path)
            identity = _checked(path, facts)
        except InterpreterError as error:
            failures.append(str(error))
            continue
        if request.allows(facts["version"], free_threaded=is_free_threaded(identity)):
            return _interpreter(path, facts, runs_lbuild=False)
    message = (
        f"--python {asked_for}: there is no such CPython (from {_version(OLDEST)} on) on PATH, "
        "nor among those of uv and pyenv. Install it, for example with uv python "
        "install, or give the path of an interpreter."
    )
    raise InterpreterError(" ".join([message, *failures[:3]]))


def is_free_threaded(identity: str) -> bool:
    """Whether the interpreter with this identity runs without the global interpreter lock."""
    return _FREE_THREADED.search(identity) is not None


_FREE_THREADED = re.compile(r"cpython-\d+t|cp\d+t-")
"""In the suffix of extension modules."""


def inspect(interpreter: Interpreter) -> InterpreterDetails:
    """Ask an interpreter where it finds modules, and for its environment markers.

    It is asked in a new process, unless ``find`` has done that already; also the one that runs
    lbuild: the ``sys.path`` of lbuild's own process is another one.

    Raises:
        LbuildError: if it does not answer.
    """
    return interpreter.details or _details(_ask(interpreter.executable))


def markers_of(interpreter: Interpreter) -> Mapping[str, str]:
    """Return the values of the environment markers (PEP 508) of an interpreter.

    Raises:
        LbuildError: if it does not answer.
    """
    if interpreter.details is None and interpreter.runs_lbuild:
        markers: Mapping[str, str] = probe.describe()["markers"]
        return markers
    return inspect(interpreter).markers


def _details(facts: Mapping[str, Any]) -> InterpreterDetails:
    return InterpreterDetails(
        executable=facts["executable"],
        search_path=tuple(facts["search_path"]),
        site_packages=tuple(facts["site_packages"]),
        markers=facts["markers"],
        prefix=facts["prefix"],
        base_prefix=facts["base_prefix"],
        scheme=facts["scheme"],
    )


def _ask(executable: str) -> dict[str, Any]:
    import subprocess  # not needed for the interpreter that runs lbuild

    why = "it did not say what it is"
    try:
        answer = subprocess.run(
            [executable, probe.__file__],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
        )
        facts = json.loads(answer.stdout)
        if isinstance(facts, dict) and facts.keys() == probe.describe().keys():
            return facts
    except subprocess.CalledProcessError as error:
        why = _ended(error.returncode, error.stderr)
    except subprocess.TimeoutExpired:
        why = f"it did not answer within {_TIMEOUT} seconds"
    except OSError as error:
        why = error.strerror or str(error)
    except ValueError:
        pass
    oldest = ".".join(map(str, OLDEST))
    message = (
        f"{executable}: not CPython {oldest} or later, or it does not start ({why}). "
        "Choose another with --python."
    )
    raise InterpreterError(message)


def _ended(code: int, stderr: bytes) -> str:
    """Describe how a process ended, with the line of its errors that says most."""
    how = f"exit status {code}" if code >= 0 else f"killed by signal {-code}"
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        return how
    line = lines[-1] if any(one.startswith("Traceback") for one in lines) else lines[0]
    return f"{how}: {line[:_LONGEST]}"


_LONGEST = 200
