"""A folder -> what the files of the project in it say about it, without its backend."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lbuild_frontend.projects import project as projects
from lbuild_frontend.workspaces.top import WorkspaceError
from lbuild_keys import pep508
from lbuild_keys.config import toml_values
from lbuild_keys.errors import SettingsError
from lbuild_keys.workspaces.sources import Source, read_sources
from lbuild_keys.workspaces.tables import MANAGED, PACKAGE, WorkspaceTable, read_workspace

if TYPE_CHECKING:
    from lbuild_keys.workspaces.older_files import Stated


class Described(NamedTuple):
    """A project, as its files describe it.

    Attributes:
        folder: absolute, links resolved.
        name: normalised; None if only its backend knows it.
        version: None if only its backend knows it.
        requires: ``build-system.requires``.
        dependencies: ``project.dependencies``; empty if they are not static.
        sources: ``tool.uv.sources``.
        table: the table with which it names members of a workspace.
        is_package: whether uv builds it as a member of a workspace: not without ``build-system``,
            unless ``tool.uv.package`` says otherwise.
        is_managed: ``tool.uv.managed``: what is not managed is no member.
    """

    folder: Path
    name: str | None
    version: str | None
    requires: tuple[str, ...]
    dependencies: tuple[str, ...]
    sources: Mapping[str, tuple[Source, ...]]
    table: WorkspaceTable | None
    is_package: bool
    is_managed: bool


def describe(folder: Path) -> Described:
    """Read what the files of a project say about it.

    Raises:
        LbuildError: if there is no project, or its pyproject.toml is wrong; with file and remedy.
    """
    project = projects.load(folder)
    toml = project.toml
    try:
        sources = read_sources(toml)
        table = read_workspace(toml)
    except SettingsError as error:
        raise WorkspaceError.of(project.root, error) from error
    found = toml_values.value_at(toml, "tool", "uv")
    uv: Mapping[str, object] = found if isinstance(found, Mapping) else {}
    package = PACKAGE.of(uv)
    is_package = package if package is not None else "build-system" in toml or not toml
    name, version = project.settings.name, _version(toml)
    if "project" not in toml and name is None:
        name, version = _older_files(project.root)
    return Described(
        project.root,
        pep508.normalize_name(name) if name else None,
        version,
        project.settings.build_system.requires,
        _dependencies(toml),
        sources,
        table,
        is_package,
        MANAGED.of(uv),
    )


def _version(toml: Mapping[str, Any]) -> str | None:
    for path in (("project", "version"), ("tool", "poetry", "version")):
        version = toml_values.value_at(toml, *path)
        if isinstance(version, str):
            return version
    return None


def _dependencies(toml: Mapping[str, Any]) -> tuple[str, ...]:
    found = toml_values.value_at(toml, "project", "dependencies")
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _older_files(folder: Path) -> "Stated":
    from lbuild_keys.workspaces import older_files  # seldom needed

    texts = []
    for name in ("setup.cfg", "setup.py", "PKG-INFO"):
        file, text = folder / name, ""
        with contextlib.suppress(OSError):
            if file.is_file():  # a pipe may have no end
                text = file.read_text(encoding="utf-8", errors="replace")
        texts.append(text)
    setup_cfg, setup_py, pkg_info = texts
    return older_files.read(setup_cfg=setup_cfg, setup_py=setup_py, pkg_info=pkg_info)
