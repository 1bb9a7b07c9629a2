"""A folder -> what the files of the project in it say about it, without its backend."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lbuild_frontend.projects import project as projects
from lbuild_frontend.workspaces.top import WorkspaceError
from lbuild_keys import pep508
from lbuild_keys.config import toml_values
from lbuild_keys.errors import SettingsError
from lbuild_keys.workspaces.sources import Source, read_sources
from lbuild_keys.workspaces.tables import WorkspaceTable, read_workspace


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
    uv = toml_values.value_at(toml, "tool", "uv")
    package = toml_values.value_at(toml, "tool", "uv", "package")
    is_package = package if isinstance(package, bool) else "build-system" in toml or not toml
    setup = {} if project.settings.name and "project" in toml else _setup_cfg(project.root)
    name = project.settings.name or setup.get("name")
    return Described(
        project.root,
        pep508.normalize_name(name) if name else None,
        _version(toml) or (None if "project" in toml else setup.get("version")),
        project.settings.build_system.requires,
        _dependencies(toml),
        sources,
        table,
        is_package,
        not (isinstance(uv, Mapping) and uv.get("managed") is False),
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


def _setup_cfg(folder: Path) -> Mapping[str, str]:
    """Return the static name and version in a setup.cfg."""
    import configparser  # seldom needed

    parser = configparser.RawConfigParser()
    try:
        parser.read_string((folder / "setup.cfg").read_text(encoding="utf-8"))
        metadata = dict(parser.items("metadata"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    return {
        key: value.strip()
        for key, value in metadata.items()
        if key in ("name", "version") and not value.startswith(("attr:", "file:"))
    }
