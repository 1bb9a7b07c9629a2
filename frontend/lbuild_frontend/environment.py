"""Build environments: isolated ones with the build requirements, or the interpreter's own."""

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from build import BuildException, FailedProcessError, check_dependency
from build.env import DefaultIsolatedEnv, Installer
from packaging.requirements import Requirement

from lbuild_frontend import interpreter as interpreter_module
from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_frontend.interpreter import Interpreter


class Environment(Protocol):
    """Where hooks run: an interpreter, and a way to put requirements beside it."""

    @property
    def python_executable(self) -> str:
        """The interpreter to start hooks with."""

    def make_extra_environ(self) -> Mapping[str, str] | None:
        """Variables that the hook process needs besides the user's."""

    def install(self, requirements: Collection[str]) -> None:
        """Make sure that PEP 508 requirements are there.

        Raises:
            LbuildError: if they cannot be had.
        """


@contextlib.contextmanager
def isolated(interpreter: Interpreter, label: str) -> Iterator[Environment]:
    """Make a temporary environment that holds what is installed into it and nothing else.

    It is made with uv where uv is installed, else with pip.
    """
    with contextlib.ExitStack() as stack:
        inner: _Installing
        try:
            if interpreter.is_own:
                installer: Installer = "uv" if _uv() else "pip"
                inner = stack.enter_context(DefaultIsolatedEnv(installer=installer))
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lbuild-env-"))
                inner = _Foreign(Path(folder), interpreter.executable)
        except (BuildException, FailedProcessError, RuntimeError, OSError) as error:
            message = f"{label}: no build environment could be made: {error}"
            raise LbuildError(message) from error
        yield _Checked(inner, label)


@contextlib.contextmanager
def own(interpreter: Interpreter, label: str) -> Iterator[Environment]:
    """The environment that an interpreter belongs to, as it is (``--no-isolation``)."""
    yield _Own(interpreter, label)


class _Installing(Protocol):
    @property
    def python_executable(self) -> str: ...

    def make_extra_environ(self) -> Mapping[str, str] | None: ...

    def install(self, requirements: Collection[str]) -> None: ...


class _Checked:
    """An isolated environment whose installer's failure is told to the user."""

    def __init__(self, inner: _Installing, label: str) -> None:
        self._inner = inner
        self._label = label
        self.python_executable = inner.python_executable

    def make_extra_environ(self) -> Mapping[str, str] | None:
        return self._inner.make_extra_environ()

    def install(self, requirements: Collection[str]) -> None:
        try:
            with _fresh_local_projects(requirements):
                self._inner.install(requirements)
        except subprocess.CalledProcessError as error:
            names = ", ".join(sorted(requirements))
            message = (
                f"{self._label}: the build requirements could not be installed: {names}. "
                "Check build-system.requires in pyproject.toml, and the network."
            )
            streams = (error.stdout, error.stderr)
            output = "".join(_decoded(stream) for stream in streams if stream)
            raise BuildFailed(message, output) from error


@contextlib.contextmanager
def _fresh_local_projects(requirements: Collection[str]) -> Iterator[None]:
    """Keep uv from its cache where a requirement is a project on this machine.

    uv decides by time stamps whether such a project is still the one in its cache.
    """
    before = os.environ.get("UV_NO_CACHE")
    if before or not any("file:" in text for text in requirements):
        yield
        return
    os.environ["UV_NO_CACHE"] = "1"
    try:
        yield
    finally:
        del os.environ["UV_NO_CACHE"]


class _Foreign:
    """An isolated environment of another interpreter, which ``build.env`` does not offer."""

    def __init__(self, folder: Path, executable: str) -> None:
        uv = _uv()
        if uv:
            self._venv(uv, "venv", "--quiet", "--python", executable, os.fspath(folder / "env"))
        else:
            self._venv(executable, "-I", "-m", "venv", os.fspath(folder / "env"))
        scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        self.python_executable = os.fspath(
            scripts / ("python.exe" if os.name == "nt" else "python")
        )
        self._scripts = scripts
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

    def make_extra_environ(self) -> Mapping[str, str]:
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": f"{self._scripts}{os.pathsep}{path}", "PYTHONPATH": ""}

    def install(self, requirements: Collection[str]) -> None:
        if requirements:
            # In a file, for pip evaluates markers only there.
            self._requirements.write_text("\n".join(requirements), "utf-8")
            command = [*self._command, "-r", os.fspath(self._requirements)]
            subprocess.run(command, check=True, capture_output=True)


class _Own:
    """The interpreter's own environment: nothing is installed, what is missing is told."""

    def __init__(self, interpreter: Interpreter, label: str) -> None:
        self._interpreter = interpreter
        self._label = label
        self.python_executable = interpreter.executable

    def make_extra_environ(self) -> None:
        return None

    def install(self, requirements: Collection[str]) -> None:
        around = interpreter_module.surroundings(self._interpreter)
        missing = set()
        for text in requirements:
            wanted = Requirement(text)
            # build evaluates markers for the interpreter that runs it, which may be another one.
            if wanted.marker is None or wanted.marker.evaluate(dict(around.markers)):
                wanted.marker = None
                with _search_path(around.search_path):
                    missing |= {" -> ".join(chain) for chain in check_dependency(str(wanted))}
        if missing:
            message = (
                f"{self._label}: without isolation these build requirements are missing in "
                f"{self._interpreter.executable}: {', '.join(sorted(missing))}. "
                "Install them there, or leave out --no-isolation."
            )
            raise LbuildError(message)


@contextlib.contextmanager
def _search_path(search_path: Sequence[str]) -> Iterator[None]:
    """Let ``build``, which looks at ``sys.path``, find another interpreter's distributions."""
    before = sys.path[:]
    sys.path[:] = search_path
    try:
        yield
    finally:
        sys.path[:] = before


def _uv() -> str | None:
    """The uv to install with; None if there is none, or if pip was told something that uv was not.

    To pass over an index or a constraint would install what the user has ruled out.
    """
    if any(os.environ.get(f"PIP_{name}") for name in _ONLY_FOR_PIP) and not any(
        os.environ.get(f"UV_{name}") for name in _ONLY_FOR_UV
    ):
        return None
    with contextlib.suppress(ImportError, FileNotFoundError):
        find = importlib.import_module("uv").find_uv_bin
        return str(find())
    return shutil.which("uv")


_ONLY_FOR_PIP = (
    *("BUILD_CONSTRAINT", "CONFIG_FILE", "CONSTRAINT", "EXTRA_INDEX_URL", "INDEX_URL"),
    *("NO_INDEX", "PRE"),
)
_ONLY_FOR_UV = ("BUILD_CONSTRAINT", "CONSTRAINT", "DEFAULT_INDEX", "INDEX", "INDEX_URL")


def _decoded(stream: bytes | str) -> str:
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream
