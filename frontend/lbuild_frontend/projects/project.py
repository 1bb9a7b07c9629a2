"""A folder, or a source distribution -> the project in it, with its settings, checked."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.projects import discovery
from lbuild_keys.config import pyproject
from lbuild_keys.config.settings import Settings
from lbuild_keys.errors import SettingsError


class Project(NamedTuple):
    """A local project.

    Attributes:
        root: its folder, absolute, links resolved.
        toml: the parsed pyproject.toml; empty where there is none.
        settings: what that declares.
        toml_digest: SHA-256 of that file; empty where there is none.
        archive: the absolute path of the source distribution that was unpacked to ``root``, which
            is a temporary folder then; None for a folder of the user's.
    """

    root: Path
    toml: Mapping[str, Any]
    settings: Settings
    toml_digest: str = ""
    archive: Path | None = None

    @property
    def place(self) -> Path:
        """The path that the user knows it by, absolute: of its folder, or of the archive."""
        return self.archive or self.root

    @property
    def folder(self) -> Path:
        """The folder that what belongs to it is near to, absolute."""
        return self.archive.parent if self.archive else self.root

    @property
    def label(self) -> str:
        """The name of the project in messages, before its wheel is known."""
        name = self.settings.name
        return name if name and name.isprintable() else self.root.name


@contextlib.contextmanager
def opened(given: Path) -> Iterator[Project]:
    """Read and check a project's configuration; the context is the project.

    Args:
        given: a folder, or a source distribution, which is unpacked until the context ends.

    Raises:
        LbuildError: if there is no project, or its pyproject.toml is wrong; with file and remedy.
    """
    if not discovery.is_archive(given):
        yield load(given)
        return
    from lbuild_frontend.projects import archives  # brings tarfile

    archive = Path(os.path.realpath(given))
    with archives.unpacked(archive) as root:
        try:
            project = load(root)
            # It is not for somebody else's settings to say where this user's cache is.
            settings = project.settings._replace(cache_dir=None)
            yield project._replace(settings=settings, archive=archive)
        except LbuildError as error:
            error.args = (str(error).replace(os.fspath(root), os.fspath(archive)),)
            raise


def reload(project: Project) -> Project:
    """Read a project's configuration again: somebody may have edited it.

    Raises:
        LbuildError: see ``load``.
    """
    return project if project.archive is not None else load(project.root)


def load(folder: Path) -> Project:
    """Read and check a project's configuration.

    Raises:
        LbuildError: if there is no project, or its pyproject.toml is wrong; with file and remedy.
    """
    root = _root(folder)
    try:
        file = pyproject.read_project(root)
    except SettingsError as error:
        raise ProjectError(str(error)) from error
    return Project(root, file.toml, file.settings, file.digest)


def _root(folder: Path) -> Path:
    try:
        root = folder.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        if discovery.is_pattern(folder):
            reason = "no Python project matches this pattern"
        message = f"{folder}: {reason}. Give the folder of a Python project."
        raise ProjectError(message) from error
    if not root.is_dir():
        message = (
            f"{folder}: not a folder. Give the folder that contains pyproject.toml or setup.py."
        )
        raise ProjectError(message)
    if not discovery.is_project(root):
        outer = discovery.enclosing(root)
        remedy = f"Did you mean {outer}?" if outer else "Give the folder that contains one of them."
        message = (
            f"{root}: not a Python project: it has neither pyproject.toml nor setup.py. {remedy}"
        )
        raise ProjectError(message)
    return root


def read_toml(path: Path) -> tuple[Mapping[str, Any], str]:
    """Parse a file; return also its digest. Without a file, both are empty.

    Raises:
        LbuildError: if it cannot be read, or is no TOML; with file and remedy.
    """
    try:
        return pyproject.read_toml(path)
    except SettingsError as error:
        raise ProjectError(str(error)) from error
