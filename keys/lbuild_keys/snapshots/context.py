"""What a snapshot is taken of: a project's tree, and what else its build depends on."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from lbuild_keys.config.settings import Settings
from lbuild_keys.model import State
from lbuild_keys.observe import env_policy
from lbuild_keys.observe.places import Places, home_folder

if TYPE_CHECKING:
    from lbuild_keys.workspaces.closure import MembersAtHand


class ProjectTree(NamedTuple):
    """A project that can be built, with what is needed to find its inputs.

    Attributes:
        root: the project's folder, absolute, links resolved.
        toml: the parsed pyproject.toml; empty where there is none.
        settings: what that declares.
        leave_out: whether lbuild itself puts something at a path relative to ``root``.
        leave_out_in: whether it may put something directly into a folder relative to ``root``.
        out_dirs: folders, relative to ``root``, that lbuild makes if they are missing.
        above_cache: the folder below ``root`` that the cache is in, which lbuild makes as well.
        left_by_builds: returns what builds made and is still as they left it: paths with states.
        removable: returns what of that the next build takes away before it begins.
        made_by_other_hooks: returns the names of those that hooks of another kind have made: the
            next build does not find them.
        toml_digest: SHA-256 of the file that ``toml`` was parsed from; empty if it is not known.
    """

    root: Path
    toml: Mapping[str, Any]
    settings: Settings
    leave_out: Callable[[str], bool]
    out_dirs: frozenset[str]
    left_by_builds: Callable[[], frozenset[tuple[str, str]]] = frozenset
    removable: Callable[[], frozenset[tuple[str, str]]] = frozenset
    made_by_other_hooks: Callable[[], frozenset[str]] = frozenset
    toml_digest: str = ""
    leave_out_in: Callable[[str], bool] = lambda _: True
    above_cache: str | None = None

    @property
    def left_out(self) -> Callable[[str], bool]:
        """Whether a path never counts: it is lbuild's own, or ``tool.lbuild.ignore`` names it.

        A folder's path ends with a slash.
        """
        if not self.settings.ignore:
            return lambda path: self.leave_out(path.removesuffix("/"))
        import pathspec

        ignored = pathspec.GitIgnoreSpec.from_lines(self.settings.ignore)
        return lambda path: self.leave_out(path.removesuffix("/")) or ignored.match_file(path)

    def may_leave_out(self, folder: str) -> bool:
        """Whether ``left_out`` may name something directly in a folder below the project."""
        return bool(self.settings.ignore) or self.leave_out_in(folder)

    @property
    def ignored_outside(self) -> Callable[[str], bool]:
        """Whether ``tool.lbuild.ignore`` names a path outside of the project, as ``../junk``.

        Other patterns do not reach beyond the project here: ``*.md`` is not ``../README.md``.
        """
        upwards = [pattern for pattern in self.settings.ignore if ".." in pattern]
        if not upwards:
            return lambda _: False
        import pathspec

        return pathspec.GitIgnoreSpec.from_lines(upwards).match_file

    def ignores_variable(self, name: str) -> bool:
        """Whether ``tool.lbuild.ignore-environment`` names an environment variable."""
        return env_policy.is_ignored(name, self.settings.ignore_environment)

    @property
    def made(self) -> frozenset[str]:
        """The folders that lbuild makes, and those above them.

        A clone may lack them. So that one is there says nothing, nor that it is empty.
        """
        own = self.out_dirs if self.above_cache is None else {*self.out_dirs, self.above_cache}
        return frozenset(
            os.fspath(path)
            for folder in map(PurePosixPath, own)
            for path in (folder, *folder.parents)
            if path.parts  # the project itself is there
        )


class BuildContext(NamedTuple):
    """What a build depends on besides the project's files.

    Attributes:
        environ: the environment that hooks get.
        cwd: where lbuild runs; installers take relative paths in variables from there.
        secret: the key of the digests of values that must not be stored.
        interpreter: everything by which one interpreter differs from another.
        config_settings: as given to the hook.
        installed: without isolation, what is installed, with its states; None with isolation.
        extra_requires: what the backend is known to require beyond ``build-system.requires``.
        constraints: absolute paths of files with constraints on what is installed.
        base_prefix: the folder in which the interpreter is installed.
        project_folder: the absolute path of the project, if the result may name it, as that of an
            editable installation does; else None.
        needs_outputs: whether what the hook wrote into the project is a part of its result, as that
            of an editable installation may be: modules that were compiled in place.
        members: the other projects of a workspace, by whose wheels requirements are met; None
            outside of workspaces, and without isolation.
        required_members: requirements beyond ``build-system.requires`` whose members count for
            certain; those that an earlier build had count for that one (``members_of``).
    """

    environ: Mapping[str, str]
    cwd: Path
    secret: bytes
    interpreter: str
    config_settings: Mapping[str, Any]
    installed: Mapping[str, State] | None
    extra_requires: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    base_prefix: str | None = None
    project_folder: str | None = None
    needs_outputs: bool = False
    members: "MembersAtHand | None" = None
    required_members: tuple[str, ...] = ()

    @property
    def places(self) -> Places:
        """The folders from which inputs outside of the project are named, as they are now."""
        return Places(home_folder(self.environ), self.base_prefix)
