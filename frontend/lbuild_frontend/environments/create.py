"""Makes an isolated environment: a virtual environment, with requirements installed into it.

``build`` makes those of the interpreter that runs lbuild, and has pip install into them. Importing
it takes longer than checking that a kept environment is unchanged, so nothing imports this module
before an environment has to be made.
"""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from build import BuildException, FailedProcessError
from build.env import DefaultIsolatedEnv

from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import InstallFailed, NoEnvironment
from lbuild_keys.installers import local_archives
from lbuild_keys.installers.local_places import LocalPlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """How requirements are installed.

    Attributes:
        options: what the user asked for.
        places: where the installer looks on this machine.
        use_cache: whether the installer may take everything from its own cache.
    """

    options: InstallOptions
    places: LocalPlaces
    use_cache: bool = True


def create(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
    how: Installation,
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
        how: how they are installed.

    Raises:
        BuildFailed: if the requirements cannot be installed.
        LbuildError: if no environment can be made.
    """
    python = _make(folder, interpreter, uv, requirements, label, how)
    if uv and contents.mismatches(contents.root_of(Path(python))):
        for path in folder.iterdir():
            atomic.remove(path)
        how = dataclasses.replace(how, use_cache=False)
        python = _make(folder, interpreter, uv, requirements, label, how)
    return python


def _make(
    folder: Path,
    interpreter: Interpreter,
    uv: str | None,
    requirements: Collection[str],
    label: str,
    how: Installation,
) -> str:
    try:
        made = _create(folder, interpreter, uv, how)
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
        message = f"{label}: the build requirements could not be installed: {names}. {_advice(how)}"
        streams = (error.stdout, error.stderr)
        output = "".join(_decoded(stream) for stream in streams if stream)
        raise InstallFailed(message, output) from error
    return made.python_executable


def _advice(how: Installation) -> str:
    if how.options.offline:
        return (
            "With --offline they have to be in a local place or in the cache of the installer: "
            "leave it out once, or name a folder of wheels by UV_FIND_LINKS or PIP_FIND_LINKS."
        )
    return "Check build-system.requires in pyproject.toml, and the network."


class _Installing(Protocol):
    """An environment into which requirements can be installed."""

    @property
    def python_executable(self) -> str: ...

    def install(self, requirements: Collection[str]) -> None: ...


def _create(
    folder: Path, interpreter: Interpreter, uv: str | None, how: Installation
) -> _Installing:
    """Make an environment with nothing in it.

    Raises:
        BuildException, FailedProcessError, RuntimeError, OSError, UnicodeError: if that fails.
    """
    path = os.fspath(folder / "env")
    if interpreter.runs_lbuild:
        made = DefaultIsolatedEnv(installer="uv" if uv else "pip", path=path)
        made.__enter__()  # never left: that would remove it
        python = made.python_executable
    else:
        executable = interpreter.executable
        if uv:
            _run_venv(uv, "venv", "--quiet", "--python", executable, path)
        else:
            _run_venv(executable, "-I", "-m", "venv", path)
        inside = "env/Scripts/python.exe" if os.name == "nt" else "env/bin/python"
        python = os.fspath(folder / inside)
    if uv:
        return _WithUv(uv, path, python, how)
    has_pip = any(Path(path).rglob("site-packages/pip/__init__.py"))
    # ``build`` puts no pip there if it can use the one beside itself.
    pip = (python, "-Im", "pip") if has_pip else (sys.executable, "-m", "pip", "--python", python)
    return _WithPip(pip, folder / "requirements.txt", python, how)


def _run_venv(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(_decoded(error.stderr).strip() or str(error)) from error


@dataclass(frozen=True, slots=True)
class _WithPip:
    """An environment into which pip installs, with the options that ``build`` gives it.

    Attributes:
        pip: the command.
        file: where the requirements are written: pip evaluates markers only in files.
        python_executable: the interpreter of the environment.
        how: see ``Installation``.
    """

    pip: tuple[str, ...]
    file: Path
    python_executable: str
    how: Installation

    def install(self, requirements: Collection[str]) -> None:
        self.file.write_text("\n".join(requirements), "utf-8")
        options = [*_PIP_OPTIONS, "-r", os.fspath(self.file)]
        for path in self.how.options.constraints:
            options += ["-c", path]
        if self.how.options.offline:
            options.append("--no-index")
        # pip keeps what it built of source distributions by their names.
        if not self.how.use_cache or local_archives.has_sources(self.how.places):
            options.append("--no-cache-dir")
        environ = dict(os.environ)
        if "PIP_KEYRING_PROVIDER" not in environ and shutil.which("keyring"):
            environ["PIP_KEYRING_PROVIDER"] = "subprocess"
        command = [*self.pip, "install", *options]
        subprocess.run(command, check=True, capture_output=True, env=environ)


_PIP_OPTIONS = ("--use-pep517", "--no-warn-script-location", "--no-compile", "--no-input")


@dataclass(frozen=True, slots=True)
class _WithUv:
    """An environment into which uv installs.

    ``build`` would run uv in the same way, but not without uv's cache, unless a variable said so in
    ``os.environ``, which all threads share.
    """

    uv: str
    path: str
    python_executable: str
    how: Installation

    def install(self, requirements: Collection[str]) -> None:
        environ = self._environ()
        options = ["--python", self.python_executable]
        for path in self.how.options.constraints:
            options += ["--constraint", path]
        # uv keeps wheels of local places by their names, and would not notice another file.
        names = sorted(local_archives.names_on_offer(self.how.places))
        offline = self.how.options.offline or environ.get("UV_OFFLINE", "").lower() in _TRUE
        if not self.how.use_cache:
            options.append("--no-cache")
        elif names and not offline:
            fresh = [word for name in names[:_MOST] for word in ("--refresh-package", name)]
            options += fresh if len(names) <= _MOST else ["--refresh"]
        if self.how.options.offline:
            options.append("--offline")
        command = [self.uv, "pip", "install", *requirements, *options]
        subprocess.run(command, check=True, capture_output=True, env=environ)
        if names and offline and self.how.use_cache:
            self._install_again(names, environ)

    def _install_again(self, names: Collection[str], environ: Mapping[str, str]) -> None:
        """Install what local places offer without uv's cache: offline, uv refuses to refresh it."""
        root = contents.root_of(Path(self.python_executable))
        pinned = [
            f"{name}=={version}" for name, version in contents.distributions(root) if name in names
        ]
        if pinned:
            options = ["--offline", "--no-cache", "--no-deps", "--reinstall"]
            command = [self.uv, "pip", "install", "--python", self.python_executable]
            subprocess.run(
                [*command, *options, *pinned], check=True, capture_output=True, env=environ
            )

    def _environ(self) -> dict[str, str]:
        """The variables that ``build`` gives uv."""
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environ["VIRTUAL_ENV"] = self.path
        if "UV_KEYRING_PROVIDER" not in environ and shutil.which("keyring"):
            environ["UV_KEYRING_PROVIDER"] = "subprocess"
        return environ


_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_MOST = 500
"""Names on one command line."""


def _decoded(stream: bytes | str) -> str:
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream
