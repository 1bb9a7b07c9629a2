"""Runs lbuild so that permissions count, even if root runs the tests (Linux).

What root may do regardless of permissions is two capabilities. This file, run as a script, becomes
another program without them: ``python unprivileged.py COMMAND [ARGUMENT]...``.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from support.command import Lbuild, Result

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def run(lbuild: Lbuild, *arguments: str | Path, **env: str | None) -> Result:
    """Run ``lbuild ARGUMENTS``, with some variables set or, where None, unset."""
    variables = {**lbuild.environment, **env}
    done = subprocess.run(
        [sys.executable, __file__, *lbuild.command(*arguments)],
        capture_output=True,
        check=False,
        cwd=lbuild.home,
        encoding="utf-8",
        env={name: value for name, value in variables.items() if value is not None},
        errors="surrogateescape",
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def drop() -> None:
    """Give up the two capabilities, with the next program that this process becomes."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    if os.geteuid() == 0:
        drop()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  becoming it is the purpose
