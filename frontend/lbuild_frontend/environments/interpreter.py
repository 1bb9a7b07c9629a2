"""Which interpreter builds: what was asked for -> an executable and what it is."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.in_process import probe

OLDEST = (3, 8)
"""The oldest CPython that can build; lbuild itself runs on newer ones only."""

_TIMEOUT = 60
"""Seconds after which something that was to be an interpreter is given up."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter to build with.

    Attributes:
        executable: absolute path.
        identity: implementation, version, compiler, platform and ABI, in one line.
        is_own: whether it is the interpreter that runs lbuild.
    """

    executable: str
    identity: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a build without isolation finds around it.

    Attributes:
        executable: what the interpreter takes itself for.
        search_path: its ``sys.path``.
        site_packages: folders that are in it if they are there (site).
        markers: the values of its environment markers (PEP 508).
    """

    executable: str
    search_path: tuple[str, ...]
    site_packages: tuple[str, ...]
    markers: Mapping[str, str]


def find(asked_for: str | None) -> Interpreter:
    """Find the interpreter that ``--python`` names; without it, the one that runs lbuild.

    Raises:
        LbuildError: if there is none of this name, or it is no CPython from 3.8 on.
    """
    if asked_for is None:
        executable = sys.executable
    else:
        found = shutil.which(asked_for)
        if found is None:
            there = Path(asked_for).exists()
            problem = "cannot be run" if there else "does not exist"
            message = (
                f"--python {asked_for}: {problem}. Name the executable of a Python interpreter."
            )
            raise LbuildError(message)
        executable = os.path.abspath(found)  # noqa: PTH100  a link into an environment must stay
    own = asked_for is None
    facts = probe.identify() if own else _ask(executable)
    if facts["implementation"] != "cpython" or tuple(facts["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        message = f"{executable}: {facts['identity']} cannot build. Use CPython {oldest} or later."
        raise LbuildError(message)
    return Interpreter(executable, facts["identity"], is_own=own)


def surroundings(interpreter: Interpreter) -> Surroundings:
    """Ask an interpreter for what matters without isolation.

    It is asked in a process of its own, also if it runs lbuild: what runs has another ``sys.path``.

    Raises:
        LbuildError: if it does not answer.
    """
    facts = _ask(interpreter.executable)
    return Surroundings(
        executable=facts["executable"],
        search_path=tuple(facts["search_path"]),
        site_packages=tuple(facts["site_packages"]),
        markers=facts["markers"],
    )


def _ask(executable: str) -> dict[str, Any]:
    import subprocess  # the interpreter that runs lbuild need not be asked

    oldest = ".".join(map(str, OLDEST))
    message = (
        f"{executable}: this is no CPython from {oldest} on, or it does not start. "
        "Name another with --python."
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
        raise LbuildError(message) from error
    if not isinstance(facts, dict) or facts.keys() != probe.describe().keys():
        raise LbuildError(message)
    return facts
