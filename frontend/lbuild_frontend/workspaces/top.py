"""A folder -> the file, there or above, that names the members of a workspace."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from lbuild_frontend.errors import ProjectError
from lbuild_frontend.projects import discovery
from lbuild_keys.errors import SettingsError

if TYPE_CHECKING:
    from lbuild_keys.workspaces.sources import Source
    from lbuild_keys.workspaces.tables import WorkspaceTable

_FILE = "pyproject.toml"


class WorkspaceError(ProjectError):
    """What a pyproject.toml says about other projects is wrong."""

    @classmethod
    def of(cls, folder: Path, error: SettingsError) -> Self:
        """Return the error of a value in the pyproject.toml of a folder."""
        return cls(f"{folder / error.where}: {error.problem}. {error.remedy}")


class Top(NamedTuple):
    """The folder of a workspace.

    Attributes:
        folder: absolute, links resolved.
        toml: the parsed pyproject.toml.
        table: the one that names the members.
        sources: ``tool.uv.sources``: they count for the members as well.
    """

    folder: Path
    toml: Mapping[str, Any]
    table: "WorkspaceTable"
    sources: Mapping[str, "tuple[Source, ...]"]

    @property
    def file(self) -> Path:
        """The path of the file."""
        return self.folder / _FILE


def nearest(folder: Path) -> Top | None:
    """Find the nearest file, at a folder or above it, that names the members of a workspace.

    As in ``projects.discovery.enclosing``, a file above has to belong to the same user, and the
    search ends before the user's home folder, the root and another file system. It goes on above
    the top of a repository, as that of uv does: a member may be a submodule, and a folder counts
    only if the file names it as a member.

    Args:
        folder: absolute, links resolved.

    Raises:
        LbuildError: if such a file is wrong.
    """
    try:
        first = folder.stat()
    except OSError:
        return None
    for place in (folder, *folder.parents):
        if place != folder and discovery.is_end(place):
            return None
        try:
            if place != folder and place.stat().st_dev != first.st_dev:
                return None
            found = mentions(place, b"workspace")
            is_trusted = found and (
                place == folder
                or {(place / _FILE).stat().st_uid, place.stat().st_uid} == {first.st_uid}
            )
        except OSError:  # it is gone, or nobody may look there
            return None
        top = at(place) if found else None
        if top is not None:
            return top if is_trusted else None
    return None


def at(folder: Path) -> Top | None:
    """Read the file of a folder, if it names the members of a workspace.

    Raises:
        LbuildError: if it is wrong.
    """
    # Not for a project alone.
    from lbuild_frontend.projects import project as projects
    from lbuild_keys.workspaces.sources import read_sources
    from lbuild_keys.workspaces.tables import read_workspace

    toml, _ = projects.read_toml(folder / _FILE)
    try:
        table = read_workspace(toml)
        return None if table is None else Top(folder, toml, table, read_sources(toml))
    except SettingsError as error:
        raise WorkspaceError.of(folder, error) from error


def mentions(folder: Path, word: bytes) -> bool:
    """Whether a word is in the pyproject.toml of a folder: a file without it is not parsed."""
    file = folder / _FILE
    return file.is_file() and word in file.read_bytes()
