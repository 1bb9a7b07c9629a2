"""Interpreters to build with: environments of other versions of CPython, made by uv."""

import os
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin


def environment(folder: Path, version: str | None = None) -> Path:
    """Make a virtual environment without anything in it; return its interpreter.

    Args:
        version: such as ``3.8``; without it, that of the interpreter which runs the tests. uv looks
            for it among its own and in PATH; here also beside the interpreter that runs the tests,
            where tools that keep many versions put them. Else it downloads it.
    """
    beside = sorted(Path(sys.base_prefix).parent.glob("*/bin"))
    path = os.pathsep.join([*map(str, beside), os.environ["PATH"]])
    command = [find_uv_bin(), "venv", "--quiet", "--python", version or sys.executable, str(folder)]
    done = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PATH": path}, text=True
    )
    assert done.returncode == 0, f"There is no CPython {version} to test with: {done.stderr}"
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def another_version() -> str:
    """A version of CPython that is not the one which runs the tests."""
    return "3.13" if sys.version_info[:2] != (3, 13) else "3.12"


def install(python: Path, wheel: str | Path) -> None:
    """Install a wheel that requires nothing, in place of any other version of it."""
    command = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--reinstall", "--no-deps"]
    subprocess.run([*command, "--python", str(python), str(wheel)], check=True)


def version(python: Path) -> str:
    """What an interpreter gives as ``sys.version``."""
    command = [str(python), "-c", "import sys; print(sys.version)"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.rstrip("\n")
