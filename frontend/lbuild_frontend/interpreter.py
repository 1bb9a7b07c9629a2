"""Which interpreter builds: what was asked for -> an executable and what it is."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend import probe
from lbuild_frontend.errors import LbuildError

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
        search_path: its ``sys.path``.
        is_own: whether it is the interpreter that runs lbuild.
    """

    executable: str
    identity: str
    search_path: tuple[str, ...]
    is_own: bool


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
    facts = _ask(executable)
    if facts["implementation"] != "cpython" or tuple(facts["version"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        message = f"{executable}: {facts['identity']} cannot build. Use CPython {oldest} or later."
        raise LbuildError(message)
    return Interpreter(
        executable=executable,
        identity=facts["identity"],
        search_path=tuple(facts["search_path"]),
        is_own=Path(executable) == Path(sys.executable),
    )


def _ask(executable: str) -> dict[str, Any]:
    try:
        answer = subprocess.run(  # noqa: S603
            [executable, probe.__file__],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=_TIMEOUT,
        )
        return dict(json.loads(answer.stdout))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        oldest = ".".join(map(str, OLDEST))
        message = (
            f"{executable}: this is no CPython from {oldest} on, or it does not start. "
            "Name another with --python."
        )
        raise LbuildError(message) from error
