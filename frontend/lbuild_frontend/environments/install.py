"""Making an isolated environment: a venv, and requirements installed into it, with uv or pip.

``build`` makes those of the interpreter that runs lbuild. Importing it takes longer than checking
that a kept environment is sound, so that nothing else imports this module before one is made.
"""

import contextlib
import os
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

from build import BuildException, FailedProcessError
from build.env import DefaultIsolatedEnv

from lbuild_frontend.disk import atomic, temporary
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import BuildFailed, LbuildError


def make(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
) -> str:
    """Make an environment somewhere below a folder; return the path of its interpreter.

    uv makes hard links to the files in its cache and does not look at what is in them. They may be
    damaged there, or edited in any environment that has them: then all is installed without it.

    Args:
        uv: to install with; None for pip.

    Raises:
        BuildFailed: if the requirements cannot be installed.
        LbuildError: if there can be no environment at all.
    """
    with _no_cache_of_uv() if _any_is_local(requirements) else contextlib.nullcontext():
        python = _make(folder, interpreter, uv, requirements, label)
    if uv and contents.mismatches(Path(python).parent.parent):
        for path in folder.iterdir():
            atomic.remove(path)
        with _no_cache_of_uv():
            python = _make(folder, interpreter, uv, requirements, label)
    return python


def _make(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
) -> str:
    made: _Installing
    try:
        if interpreter.is_own:
            made = DefaultIsolatedEnv(installer="uv" if uv else "pip")
            with temporary.others_in(folder):  # older versions cannot be told of one
                # Never left: that would remove it.
                made.__enter__()
        else:
            made = _Foreign(folder, interpreter.executable, uv)
    except UnicodeError as error:  # of venv, which writes the name into a file
        message = (
            f"{label}: no build environment can be made in {folder}, whose name is not UTF-8. Name "
            "another cache with --cache-dir or LBUILD_CACHE_DIR."
        )
        raise LbuildError(message) from error
    except (BuildException, FailedProcessError, RuntimeError, OSError) as error:
        message = f"{label}: no build environment could be made: {error}"
        raise LbuildError(message) from error
    try:
        made.install(requirements)
    except subprocess.CalledProcessError as error:
        names = ", ".join(sorted(requirements))
        message = (
            f"{label}: the build requirements could not be installed: {names}. "
            "Check build-system.requires in pyproject.toml, and the network."
        )
        streams = (error.stdout, error.stderr)
        output = "".join(_decoded(stream) for stream in streams if stream)
        raise BuildFailed(message, output) from error
    return made.python_executable


class _Installing(Protocol):
    @property
    def python_executable(self) -> str: ...

    def install(self, requirements: Collection[str]) -> None: ...


def _any_is_local(requirements: Collection[str]) -> bool:
    """Whether one may be a project on this machine: uv keeps these by their time stamps."""
    return any("file:" in text for text in requirements)


@contextlib.contextmanager
def _no_cache_of_uv() -> Iterator[None]:
    before = os.environ.get("UV_NO_CACHE")
    os.environ["UV_NO_CACHE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["UV_NO_CACHE"]
        else:
            os.environ["UV_NO_CACHE"] = before


class _Foreign:
    """An isolated environment of another interpreter, which ``build.env`` does not offer."""

    def __init__(self, folder: Path, executable: str, uv: str | None) -> None:
        place = os.fspath(folder / "env")
        if uv:
            self._venv(uv, "venv", "--quiet", "--python", executable, place)
        else:
            self._venv(executable, "-I", "-m", "venv", place)
        windows = os.name == "nt"
        scripts = folder / "env" / ("Scripts" if windows else "bin")
        self.python_executable = os.fspath(scripts / ("python.exe" if windows else "python"))
        self._command = (
            [uv, "pip", "install", "--quiet", "--python", self.python_executable]
            if uv
            else [self.python_executable, "-Im", "pip", "install", "--no-input", "--no-compile"]
        )
        self._requirements = folder / "requirements.txt"

    def _venv(self, *command: str) -> None:
        try:
            subprocess.run(command, check=True, capture_output=True)
        except subprocess.CalledProcessError as error:
            raise RuntimeError(_decoded(error.stderr).strip() or str(error)) from error

    def install(self, requirements: Collection[str]) -> None:
        if requirements:
            # In a file, for pip evaluates markers only there.
            self._requirements.write_text("\n".join(requirements), "utf-8")
            command = [*self._command, "-r", os.fspath(self._requirements)]
            subprocess.run(command, check=True, capture_output=True)


def _decoded(stream: bytes | str) -> str:
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream
