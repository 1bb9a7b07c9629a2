"""Folders of projects -> members, each with what the names in its requirements mean."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.projects import discovery
from lbuild_frontend.workspaces import folders, top
from lbuild_frontend.workspaces.described import Described, describe
from lbuild_frontend.workspaces.folders import Folders
from lbuild_frontend.workspaces.top import Top, WorkspaceError
from lbuild_keys import pep508
from lbuild_keys.workspaces import sources
from lbuild_keys.workspaces.members import Markers, Member, own_markers
from lbuild_keys.workspaces.sources import Source

_NO_NAMES: Mapping[str, Path] = {}


class Home(NamedTuple):
    """The workspace that a project is a member of.

    Attributes:
        top: its folder.
        found: the folders of its members.
        by_name: the folders of its members by their normalised names.
    """

    top: Top
    found: Folders
    by_name: Mapping[str, Path]


class Projects:
    """The projects that a command looks at; each file is read once."""

    def __init__(self, markers: Markers = own_markers) -> None:
        """Begin with none.

        Args:
            markers: of the interpreter that builds them.
        """
        self._markers = markers
        self._described: dict[Path, Described] = {}
        self._homes: dict[Path, Home | None] = {}

    def described(self, folder: Path) -> Described:
        """Return what the files of a project say.

        Args:
            folder: absolute, links resolved.
        """
        if folder not in self._described:
            self._described[folder] = describe(folder)
        return self._described[folder]

    def is_readable(self, folder: Path) -> bool:
        """Whether the files of a project are not wrong in themselves.

        Raises:
            WorkspaceError: if what they say about other projects is wrong.
        """
        try:
            self.described(folder)
        except WorkspaceError:
            raise
        except LbuildError:
            return False
        return True

    def home(self, folder: Path) -> Home | None:
        """Return the workspace that a project is a member of, or the folder is the top of.

        Args:
            folder: absolute, links resolved.

        Raises:
            LbuildError: if it is wrong.
        """
        if folder not in self._homes:
            found = top.nearest(folder)
            home = self._opened(found, folder) if found else None
            self._homes[folder] = home
            if home is not None:
                self._homes |= dict.fromkeys(home.found.members, home)
        return self._homes[folder]

    def _opened(self, found: Top, folder: Path) -> Home | None:
        """Return the workspace of a file above a folder, if the folder belongs to it."""
        listed = folders.of_members(found)
        if folder not in (found.folder, *listed.members):
            return None
        if listed.problem is not None:
            raise listed.problem
        unmanaged = frozenset(
            one
            for one in listed.members
            if one != found.folder
            and found.table.table == "tool.uv.workspace"
            and not self.described(one).is_managed
        )
        if folder in unmanaged:
            return None
        members = tuple(one for one in listed.members if one not in unmanaged)
        by_name = self._by_name(found, members)
        return Home(found, listed._replace(members=members), by_name)

    def _by_name(self, top: Top, members: Iterable[Path]) -> Mapping[str, Path]:
        """Return the folders of members by their names, which have to be different."""
        by_name: dict[str, Path] = {}
        for folder in members:
            one = self.described(folder)
            file = folder / "pyproject.toml"
            if one.table is not None and folder != top.folder:
                message = (
                    f"{file}: {one.table.table}: a member of the workspace in {top.folder} cannot "
                    f"have a workspace of its own. Remove the table, or exclude it there."
                )
                raise ProjectError(message)
            if one.name is None:
                where = f"{file}: project.name"
                if not file.exists():
                    where = f"{folder / 'setup.cfg'}: metadata.name"
                message = (
                    f"{where}: a member of the workspace in {top.folder} needs a static name. "
                    "Write it there, or exclude the folder from the workspace."
                )
                raise ProjectError(message)
            if pep508.plain_requirement_name(one.name) is None:
                message = (
                    f"{file}: project.name: {one.name!r} is not a valid name. Use letters, digits, "
                    "and -, _ or . between them."
                )
                raise ProjectError(message)
            if one.name in by_name:
                message = (
                    f"{file}: project.name: {one.name!r} is also the name of the member in "
                    f"{by_name[one.name]}. Rename one of them, or exclude it in {top.file}."
                )
                raise ProjectError(message)
            by_name[one.name] = folder
        return by_name

    def members(
        self, starts: Iterable[Path], named: Mapping[str, Path] = _NO_NAMES
    ) -> tuple[Member, ...]:
        """Return the members in these folders, and what they name as sources, sorted.

        Args:
            starts: folders, absolute, links resolved.
            named: folders by names that mean them where nothing else is said.

        Raises:
            LbuildError: if one of them is wrong.
        """
        inside = frozenset(starts)
        # A project that is in no workspace is built beside the members of one, or for them.
        besides = dict(named)
        for each in inside:
            above = self.home(each)
            if above is not None:
                besides = {**above.by_name, **besides}
        found: dict[Path, Member] = {}
        pending = [*inside]
        while pending:
            folder = pending.pop()
            if folder not in found:
                home = self.home(folder)
                by_name = {**named, **home.by_name} if home else besides
                by_source = self._by_source(self.described(folder), by_name)
                found[folder] = self._member(
                    folder, by_name, by_source, is_outside=folder not in inside
                )
                pending += filter(None, by_source.values())
                if folder not in inside:
                    pending += by_name.values()
        return tuple(found[folder] for folder in sorted(found))

    def required_text(self, folder: Path, name: str) -> str | None:
        """Return a requirement of a name that nothing but the command line gives a meaning.

        Args:
            folder: of the project that may require it.
            name: normalised.
        """
        one = self.described(folder)
        home = self.home(folder)
        if name == one.name or name in one.sources or (home is not None and name in home.by_name):
            return None
        texts = (*one.requires, *one.dependencies)
        return next((text for text in texts if _is_required(name, [text])), None)

    def _member(
        self,
        folder: Path,
        by_name: Mapping[str, Path],
        by_source: Mapping[str, Path | None],
        *,
        is_outside: bool,
    ) -> Member:
        one = self.described(folder)
        meant = dict(by_name)
        for name, source in by_source.items():
            meant.pop(name, None)
            if source is not None and source != folder:
                meant[name] = source
        if one.name is not None:
            meant.pop(one.name, None)
        return Member(
            folder,
            one.name,
            one.version,
            one.requires,
            one.dependencies,
            meant,
            is_outside=is_outside,
            is_package=one.is_package or not self._is_of_uv(folder),
            markers=self._markers,
        )

    def _is_of_uv(self, folder: Path) -> bool:
        home = self.home(folder)
        return home is not None and home.top.table.table == "tool.uv.workspace"

    def _by_source(self, member: Described, by_name: Mapping[str, Path]) -> dict[str, Path | None]:
        """Return the folders that names mean for a member because of sources.

        None for a name that does not mean a project of this machine.
        """
        home = self.home(member.folder)
        inherited = home.top.sources if home else {}
        found: dict[str, Path | None] = {}
        for name in {**inherited, **member.sources}:
            if name == member.name:
                continue
            entries = member.sources.get(name) or inherited.get(name, ())
            source = sources.applicable(entries, self._markers)
            if source is None:
                continue
            if source.kind == "elsewhere":
                found[name] = None
                continue
            declaring = member.folder if name in member.sources or home is None else home.top.folder
            is_strict = home is not None or _is_required(name, member.requires)
            folder = self._of_source(name, source, declaring, by_name, is_strict=is_strict)
            if folder is not None:
                found[name] = folder
        return found

    def _of_source(
        self,
        name: str,
        source: Source,
        declaring: Path,
        by_name: Mapping[str, Path],
        *,
        is_strict: bool,
    ) -> Path | None:
        """Return the folder of a source: None for what is no project.

        Args:
            name: of the distribution.
            source: of kind ``workspace`` or ``path``.
            declaring: the folder of the file that has it.
            by_name: the members of the workspace.
            is_strict: whether a source that leads nowhere is an error: not where nobody needs it,
                as in an sdist that was taken out of its workspace.
        """
        where = f"{declaring / 'pyproject.toml'}: {source.where}"
        if source.kind == "workspace":
            if name not in by_name and is_strict:
                message = (
                    f"{where}: no member of the workspace is named {name!r}. Add it to the "
                    "members, or remove the source."
                )
                raise ProjectError(message)
            return by_name.get(name)
        folder = Path(os.path.realpath(declaring / (source.path or "")))
        if not folder.is_dir() or not discovery.is_project(folder):
            if not is_strict:
                return None
            problem = "is not a Python project" if folder.exists() else "does not exist"
            message = (
                f"{where}.path: {source.path!r} {problem}. Give the folder of a project, or remove "
                "the source."
            )
            raise ProjectError(message)
        if not is_strict and not self.is_readable(folder):
            return None
        actual = self.described(folder).name
        if actual is not None and actual != name:
            message = (
                f"{where}.path: the project in {folder} is named {actual!r}, not {name!r}. Give "
                "the folder of the right project."
            )
            raise ProjectError(message)
        return folder


def _is_required(name: str, texts: Iterable[str]) -> bool:
    return any(pep508.leading_name(text) == name for text in texts)
