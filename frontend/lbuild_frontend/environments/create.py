"""Makes an isolated environment: a virtual environment, with requirements installed into it.

``build`` makes those of the interpreter that runs lbuild, and has pip install into them. Importing
it takes longer than checking that a kept environment is unchanged, so nothing imports this module
before an environment has to be made.
"""

import os
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from build import BuildException, FailedProcessError
from build.env import DefaultIsolatedEnv

from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import InstallFailed, NoEnvironment


def create(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
) -> str:
    """Make an environment below a folder; return the path of its interpreter.

    uv makes hard links to the files in its cache without checking them. They may be damaged there,
    or edited in any environment that has them: then all is installed again without that cache.

    Args:
        folder: an empty folder.
        interpreter: the interpreter of the environment.
        uv: the uv to install with; None for pip.
        requirements: what to install (PEP 508).
        label: the project's name in messages.

    Raises:
        BuildFailed: if the requirements cannot be installed.
        LbuildError: if no environment can be made.
    """
    # What is on this machine may be a project, and uv keeps its wheels by their time stamps.
    use_cache = not any("file:" in text for text in requirements)
    python = _make(folder, interpreter, uv, requirements, label, use_cache=use_cache)
    if uv and contents.mismatches(contents.root_of(Path(python))):
        for path in folder.iterdir():
            atomic.remove(path)
        python = _make(folder, interpreter, uv, requirements, label, use_cache=False)
    return python


def _make(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
    *,
    use_cache: bool,
) -> str:
    try:
        made = _create(folder, interpreter, uv, use_cache)
    except UnicodeError as error:  # of venv, which writes the name into a file
        message = (
            f"{label}: cannot create a build environment in {folder}: its name is not UTF-8. "
            "Choose another cache with --cache-dir or LBUILD_CACHE_DIR."
        )
        raise NoEnvironment(message) from error
    except (BuildException, FailedProcessError, RuntimeError, OSError) as error:
        message = f"{label}: cannot create a build environment: {error}"
        raise NoEnvironment(message) from error
    try:
        if requirements:
            made.install(requirements)
    except subprocess.CalledProcessError as error:
        names = ", ".join(sorted(requirements))
        message = (
            f"{label}: the build requirements could not be installed: {names}. "
            "Check build-system.requires in pyproject.toml, and the network."
        )
        streams = (error.stdout, error.stderr)
        output = "".join(_decoded(stream) for stream in streams if stream)
        raise InstallFailed(message, output) from error
    return made.python_executable


class _Installing(Protocol):
    """An environment into which requirements can be installed."""

    @property
    def python_executable(self) -> str: ...

    def install(self, requirements: Collection[str]) -> None: ...


def _create(folder: Path, interpreter: Interpreter, uv: str | None, use_cache: bool) -> _Installing:
    """Make an environment with nothing in it.

    Raises:
        BuildException, FailedProcessError, RuntimeError, OSError, UnicodeError: if that fails.
    """
    path = os.fspath(folder / "env")
    if interpreter.runs_lbuild:
        made = DefaultIsolatedEnv(installer="uv" if uv else "pip", path=path)
        made.__enter__()  # never left: that would remove it
        if uv is None:
            return made
        python = made.python_executable
    else:
        executable = interpreter.executable
        if uv:
            _run_venv(uv, "venv", "--quiet", "--python", executable, path)
        else:
            _run_venv(executable, "-I", "-m", "venv", path)
        inside = "env/Scripts/python.exe" if os.name == "nt" else "env/bin/python"
        python = os.fspath(folder / inside)
        if uv is None:
            return _WithItsPip(folder / "requirements.txt", python)
    return _WithUv(uv, path, python, use_cache)


def _run_venv(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(_decoded(error.stderr).strip() or str(error)) from error


@dataclass(frozen=True, slots=True)
class _WithItsPip:
    """An environment of another interpreter, with a pip in it.

    Attributes:
        file: where the requirements are written: pip evaluates markers only in files.
    """

    file: Path
    python_executable: str

    def install(self, requirements: Collection[str]) -> None:
        self.file.write_text("\n".join(requirements), "utf-8")
        options = ["--no-input", "--no-compile", "-r", os.fspath(self.file)]
        command = [self.python_executable, "-Im", "pip", "install", *options]
        subprocess.run(command, check=True, capture_output=True)


@dataclass(frozen=True, slots=True)
class _WithUv:
    """An environment into which uv installs.

    ``build`` would run uv in the same way, but not without uv's cache, unless a variable said so in
    ``os.environ``, which all threads share.
    """

    uv: str
    path: str
    python_executable: str
    use_cache: bool

    def install(self, requirements: Collection[str]) -> None:
        options = ["--python", self.python_executable, *([] if self.use_cache else ["--no-cache"])]
        command = [self.uv, "pip", "install", *requirements, *options]
        subprocess.run(command, check=True, capture_output=True, env=self._environ())

    def _environ(self) -> dict[str, str]:
        """The variables that ``build`` gives uv."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environ["VIRTUAL_ENV"] = self.path
        if "UV_KEYRING_PROVIDER" not in environ and shutil.which("keyring"):
            environ["UV_KEYRING_PROVIDER"] = "subprocess"
        return environ


def _decoded(stream: bytes | str) -> str:
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream
