"""Finds the interpreter to build with, and asks it what it is (``in_process.probe``)."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend.errors import InterpreterError
from lbuild_frontend.in_process import probe

OLDEST = (3, 8)
"""The oldest CPython that can run a build; lbuild itself needs a newer one."""

_TIMEOUT = 60
"""Seconds that an interpreter has to answer."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter to build with.

    Attributes:
        executable: its absolute path.
        identity: implementation, version, compiler, platform and ABI, in one line.
        runs_lbuild: whether it is the interpreter that runs lbuild.
        base_prefix: the folder in which it is installed; None if that is not known.
    """

    executable: str
    identity: str
    runs_lbuild: bool
    base_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class InterpreterDetails:
    """What an interpreter reports of itself and its environment.

    Attributes:
        executable: its ``sys.executable``.
        search_path: its ``sys.path``, without the empty entry for the current folder.
        site_packages: folders that are in ``sys.path`` if they exist (module ``site``).
        markers: the values of the environment markers (PEP 508).
    """

    executable: str
    search_path: tuple[str, ...]
    site_packages: tuple[str, ...]
    markers: Mapping[str, str]


def find(asked_for: str | None) -> Interpreter:
    """Find the interpreter that ``--python`` names; without it, that which runs lbuild.

    Raises:
        LbuildError: if it does not exist, or is not CPython 3.8 or later.
    """
    if asked_for is None:
        executable = sys.executable
    else:
        found = shutil.which(asked_for)
        if found is None:
            there = Path(asked_for).exists()
            problem = "cannot be run" if there else "does not exist"
            message = (
                f"--python {asked_for}: {problem}. Give the executable of a Python interpreter."
            )
            raise InterpreterError(message)
        executable = os.path.abspath(found)  # noqa: PTH100  a link in an environment must stay
    own = asked_for is None
    facts = probe.identify() if own else _ask(executable)
    if facts["implementation"] != "cpython" or tuple(facts["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        message = f"{executable}: {facts['identity']} cannot build. Use CPython {oldest} or later."
        raise InterpreterError(message)
    return Interpreter(
        executable, facts["identity"], runs_lbuild=own, base_prefix=facts["base_prefix"]
    )


def inspect(interpreter: Interpreter) -> InterpreterDetails:
    """Ask an interpreter where it finds modules, and for its environment markers.

    It runs in a new process, even if it is the interpreter that runs lbuild: the ``sys.path`` of
    lbuild's own process is another one.

    Raises:
        LbuildError: if it does not answer.
    """
    facts = _ask(interpreter.executable)
    return InterpreterDetails(
        executable=facts["executable"],
        search_path=tuple(facts["search_path"]),
        site_packages=tuple(facts["site_packages"]),
        markers=facts["markers"],
    )


def _ask(executable: str) -> dict[str, Any]:
    import subprocess  # not needed for the interpreter that runs lbuild

    oldest = ".".join(map(str, OLDEST))
    message = (
        f"{executable}: not CPython {oldest} or later, or it does not start. "
        "Choose another with --python."
    )
    try:
        answer = subprocess.run(
            [executable, probe.__file__],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise InterpreterError(message) from error
    if not isinstance(facts, dict) or facts.keys() != probe.describe().keys():
        raise InterpreterError(message)
    return facts
