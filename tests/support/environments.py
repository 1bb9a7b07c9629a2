"""Virtual environments to build with and to install into, made by uv."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from lbuild_frontend.cache.sealed import seal
from support import interpreters


def make_environment(folder: Path, version: str | None = None) -> Path:
    """Make a virtual environment with nothing in it; return its interpreter.

    Args:
        version: such as ``3.8``; without it, the interpreter that runs the tests. One that is not
            on this machine is left to uv, which downloads it or says why it cannot.
    """
    python = sys.executable if version is None else interpreters.installed().get(version, version)
    command = [find_uv_bin(), "venv", "--quiet", "--python", python, str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, f"There is no CPython {version} to test with: {done.stderr}"
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def share_environments(cache: Path, session: Path) -> None:
    """Let a new cache use the environments of the session, and the secret to find them by."""
    (session / "environments").mkdir(exist_ok=True)
    cache.mkdir(mode=0o700, parents=True)
    (cache / "secret").write_bytes(seal(b"the same secret for all of them.".hex()))
    (cache / "environments-v1").symlink_to(session / "environments")


def another_version() -> str:
    """A version of CPython that is not the one which runs the tests."""
    own = "{}.{}".format(*sys.version_info)
    others = [version for version in interpreters.installed() if version != own]
    return others[-1] if others else "3.12" if own != "3.12" else "3.13"


def install(python: Path, wheel: str | Path) -> None:
    """Install a wheel that requires nothing, in place of any other version of it.

    Bytecode goes with that: Python takes it for that of a source of the same size and second.
    """
    for bytecode in python.parent.parent.rglob("__pycache__"):
        shutil.rmtree(bytecode)
    command = [find_uv_bin(), "pip", "install", "--quiet", "--offline", "--reinstall", "--no-deps"]
    subprocess.run([*command, "--python", str(python), str(wheel)], check=True)


def python_version(python: Path) -> str:
    """What an interpreter gives as ``sys.version``."""
    command = [str(python), "-c", "import sys; print(sys.version)"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.rstrip("\n")
