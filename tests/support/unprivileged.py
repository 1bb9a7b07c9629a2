"""Runs lbuild so that permissions count, even if root runs the tests (Linux)."""

import subprocess
import sys
from pathlib import Path

from support.command import Lbuild, Result

SCRIPT = str(Path(__file__).with_name("drop_capabilities.py"))
"""``python SCRIPT COMMAND [ARGUMENT]...`` runs a command without the capabilities of root."""


def run(lbuild: Lbuild, *arguments: str | Path, **env: str | None) -> Result:
    """Run ``lbuild ARGUMENTS``, with some variables set or, where None, unset."""
    variables = {**lbuild.environment, **env}
    done = subprocess.run(
        [sys.executable, SCRIPT, *lbuild.command(*arguments)],
        capture_output=True,
        check=False,
        cwd=lbuild.home,
        encoding="utf-8",
        env={name: value for name, value in variables.items() if value is not None},
        errors="surrogateescape",
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    words = tuple(map(str, arguments))
    return Result(done.returncode, done.stdout, done.stderr, words)
