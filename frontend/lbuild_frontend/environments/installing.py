"""Runs an installer, uv or pip, so that it installs requirements into an environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.environments import contents
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_keys.installers import local_archives
from lbuild_keys.installers.local_places import LocalPlaces


class Installation(NamedTuple):
    """How requirements are installed.

    Attributes:
        options: what the user asked for on build requirements.
        places: where the installer looks on this machine.
        use_cache: whether the installer may take everything from its own cache.
        given: normalised names of distributions that are given by their files, whatever local
            places offer under these names.
    """

    options: InstallOptions
    places: LocalPlaces
    use_cache: bool = True
    given: frozenset[str] = frozenset()


def pip_command(python: str, *, has_pip: bool) -> tuple[str, ...]:
    """Return the command of the pip that installs into an environment: its own, else lbuild's.

    Args:
        python: the interpreter of the environment.
        has_pip: whether pip is installed there.
    """
    if has_pip:
        return (python, "-Im", "pip")
    return (sys.executable, "-m", "pip", "--python", python)


class Pip(NamedTuple):
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

    def install(self, requirements: Collection[str], more: Sequence[str] = ()) -> None:
        """Install requirements.

        Args:
            requirements: PEP 508.
            more: options of ``pip install``.

        Raises:
            subprocess.CalledProcessError: if pip fails; with what it printed.
        """
        self._run("install", requirements, (*_PIP_OPTIONS, *more))

    def wheel(self, requirements: Collection[str], folder: Path, more: Sequence[str] = ()) -> None:
        """Put wheels of requirements, and of what they require, into a folder.

        Raises:
            subprocess.CalledProcessError: if pip fails; with what it printed.
        """
        own = ("--use-pep517", "--no-input", "--wheel-dir", os.fspath(folder))
        self._run("wheel", requirements, (*own, *more))

    def _run(self, command: str, requirements: Collection[str], more: Sequence[str]) -> None:
        self.file.write_text("\n".join(requirements), "utf-8")
        options = [*more, "-r", os.fspath(self.file)]
        for path in self.how.options.constraints:
            options += ["-c", path]
        if self.how.options.offline:
            options.append("--no-index")
        # pip keeps what it built of source distributions by their names.
        if not self.how.use_cache or local_archives.has_sources(self.how.places):
            options.append("--no-cache-dir")
        environ = _environ_of_pip()
        if "PIP_KEYRING_PROVIDER" not in environ and shutil.which("keyring"):
            environ["PIP_KEYRING_PROVIDER"] = "subprocess"
        words = [*self.pip, command, *options]
        subprocess.run(words, check=True, capture_output=True, env=environ)


def _environ_of_pip() -> dict[str, str]:
    """The variables for pip, without those that make it install elsewhere or not at all."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_PIP}
    return {**kept, "PIP_USER": "0"}  # a settings file may say so, too


_NOT_FOR_PIP = frozenset(
    f"PIP_{name}"
    for name in ("DRY_RUN", "EDITABLE", "PREFIX", "REQUIREMENT", "ROOT", "TARGET", "USER")
)
_PIP_OPTIONS = ("--use-pep517", "--no-warn-script-location", "--no-compile", "--no-input")


class Uv(NamedTuple):
    """An environment into which uv installs.

    ``build`` would run uv in the same way, but not without uv's cache, unless a variable said so in
    ``os.environ``, which all threads share.
    """

    uv: str
    path: str
    python_executable: str
    how: Installation

    def install(self, requirements: Collection[str], more: Sequence[str] = ()) -> None:
        """Install requirements.

        Args:
            requirements: PEP 508.
            more: options of ``uv pip install``.

        Raises:
            subprocess.CalledProcessError: if uv fails; with what it printed.
        """
        environ = self._environ()
        options = ["--python", self.python_executable, *more]
        for path in self.how.options.constraints:
            options += ["--constraint", path]
        # uv keeps wheels of local places by their names, and would not notice another file.
        names = sorted(local_archives.names_on_offer(self.how.places) - self.how.given)
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


def decoded(stream: bytes | str) -> str:
    """Return what a program printed, as text."""
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream
