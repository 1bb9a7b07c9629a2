"""The present of a project. Each input is looked at once, and only when it is asked for."""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from lbuild_keys.model import (
    ABSENT,
    Input,
    Kind,
    Mode,
    Observation,
    Snapshot,
    State,
    present,
    unreadable,
)
from lbuild_keys.observe import (
    distributions,
    egg_info,
    env_vars,
    executables,
    files,
    listings,
    tree,
)
from lbuild_keys.observe.files import Digests
from lbuild_keys.observe.folders import LINK, Folders
from lbuild_keys.observe.places import Places
from lbuild_keys.snapshots import toml_inputs
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.known_inputs import observe_known_inputs, observe_members

if TYPE_CHECKING:
    from lbuild_keys.installers.local_places import LocalPlaces
    from lbuild_keys.observe.cmake_packages import CMakePackages

_NO_PLACES = Places()
_DISTRIBUTIONS = (".whl", ".tar.gz")
_AT_PATHS: frozenset[Kind] = frozenset({"file", "backend", "path", "listing"})


class Observer:
    """The present of a project, shared by all past builds that are compared with it.

    Attributes:
        project: what is looked at.
        context: what else its build depends on.
        digests: known digests of files; those that are made on the way are added.
        folders: the names in folders.
        snapshot: returns the inputs that are known before a build in some mode, with their states.
        observe: returns the present state of one input.
        members_of: returns the members of the workspace that a build needs, given what its backend
            required beyond ``build-system.requires``.
    """

    def __init__(self, project: ProjectTree, context: BuildContext, digests: Digests) -> None:
        self.project = project
        self.context = context
        self.digests = digests
        self.folders = Folders(digests)
        # Bound to the instance, so that the caches are freed with it.
        self.snapshot: Callable[[Mode], Snapshot] = cache(self._snapshot)
        self.observe: Callable[[Input], State] = cache(self._observe)
        self.members_of: Callable[[tuple[str, ...]], Snapshot] = cache(self._members_of)

    def without_extra_requires(self) -> "Observer":
        """Return an observer for the hook that reports extra requirements: they come after it."""
        requires = self.project.settings.build_system.requires
        beyond = {
            Input("requirement", text)
            for text in self.context.extra_requires
            if text not in requires
        }
        if self.context.members is not None:
            beyond |= self.members_of(self.context.required_members).keys()
            beyond -= self.members_of(()).keys()
        if self.context.installed is not None or not (beyond or self.context.members):
            return self

        def snapshot(mode: Mode) -> Snapshot:
            seen = self.snapshot(mode)
            return {thing: what for thing, what in seen.items() if thing not in beyond}

        context = self.context._replace(extra_requires=(), required_members=())
        other = Observer(self.project, context, self.digests)
        other.members_of = lambda _: self.members_of(())
        other.observe, other.snapshot, other.folders = self.observe, snapshot, self.folders
        return other

    def observe_again(self, inputs: Snapshot, mode: Mode) -> Snapshot:
        """Observe what a build in ``mode`` looks at, and what else of ``inputs`` hooks used."""
        # What is in a folder before the folder: then its names show whether it is a cache.
        for thing in sorted((one for one in inputs if one.kind == "listing"), reverse=True):
            self.observe(thing)
        traced = {
            thing: Observation(self.observe(thing), seen.source)
            for thing, seen in inputs.items()
            if seen.source.how == "traced" and not self._is_ignored(thing)
        }
        # Of two sources of one input the more specific one counts: a setting, else the hook,
        # else the whole tree.
        known = self.snapshot(mode)
        seen = {**known, **traced} if mode == "tree" else {**traced, **known}
        modules = {thing.name for thing in seen if thing.kind == "backend"}
        return {
            thing: what
            for thing, what in seen.items()
            if thing.kind != "file" or thing.name not in modules
        }

    def _is_ignored(self, thing: Input) -> bool:
        return thing.kind == "environment" and self.project.ignores_variable(thing.name)

    def _snapshot(self, mode: Mode) -> Snapshot:
        return observe_known_inputs(self.project, self.context, self.digests, mode)

    def _members_of(self, extra_requires: tuple[str, ...]) -> Snapshot:
        requires = self.project.settings.build_system.requires
        return observe_members(self.context, (*requires, *extra_requires))

    def _observe(self, thing: Input) -> State:
        if thing.kind in _AT_PATHS and self._is_taken_away(thing):
            return ABSENT
        path = self.path_of(thing.name)
        match thing.kind:
            case "file" | "backend":
                return files.observe(path, self.digests)
            case "toml-tables":
                return toml_inputs.observe_values(self.project, self.context, self.digests)
            case "path":
                seen = files.look(path)
                is_folder = seen == present("directory")
                return ABSENT if is_folder and self._is_as_none(thing.name) else seen
            case "egg-info":
                return egg_info.observe(self.project.root, thing.name)
            case "listing":
                pattern = listings.pattern_of(thing.name)
                folder = listings.folder_of(thing.name)
                if pattern is not None:
                    return listings.only(self.observe(Input("listing", folder)), pattern)
                return listings.or_absent(self._observe_listing(folder, path), folder, self._made)
            case "environment" if thing.name.endswith("*"):
                ignore = self.project.settings.ignore_environment
                return env_vars.observe_matching(
                    thing.name, self.context.environ, self.context.secret, ignore
                )
            case "environment":
                return env_vars.observe(thing.name, self.context.environ, self.context.secret)
            case "executable":
                program = path if thing.name.startswith("//") else thing.name
                return executables.observe(
                    program, self.project.root, self.context.environ, self.digests
                )
            case "cmake-package":
                return self._cmake_packages.observe(thing.name)
            case "git-answer":
                from lbuild_keys.git import answers  # few projects ask git

                return answers.observe_answer(
                    self.project.root, thing.name, self.context.environ, self._is_no_input
                )
            case "git-commit" | "git-tags" | "git-tree":
                return self._git[thing.kind]()
            case "date":
                return _today()
            case "local-offer":
                return self._observe_local_offer(thing.name)
            case "requirement":
                state = distributions.observe_local_project(
                    thing.name, self.context.environ, self.digests
                )
                return ABSENT if state is None else state
            case _:
                message = f"a trace has no inputs of kind {thing.kind}"
                raise ValueError(message)

    def _observe_listing(self, folder: str, path: str) -> State:
        counts = self._counts(folder)
        own = folder != ".." and not folder.startswith(("/", "../"))
        names = self.folders.names_in(path) if own else None
        if names is None or LINK in names.values():
            return listings.observe(path, counts)
        return listings.state_of(
            (name, kind) for name, kind in names.items() if counts(name, kind == "directory")
        )

    def _is_as_none(self, folder: str) -> bool:
        """Whether a folder is one that lbuild makes if it is missing, with nothing of the user's.

        Then its presence tells nothing. Other frontends put the same into an out-dir.
        """
        if folder not in self._made:
            return False
        state = self.observe(Input("listing", folder))
        names = listings.names_in(state) or ()
        return state.known and all(
            name == ".gitignore" or name.endswith(_DISTRIBUTIONS) for name in names
        )

    def _is_taken_away(self, thing: Input) -> bool:
        """Whether the next build takes it away before it begins: another hook has made it."""
        names = self._made_by_other_hooks
        name = listings.folder_of(thing.name) if thing.kind == "listing" else thing.name
        return bool(names) and name in names

    @cached_property
    def _made_by_other_hooks(self) -> frozenset[str]:
        return self.project.made_by_other_hooks()

    def path_of(self, name: str) -> str:
        """Return the present path of an input that is a file or a folder, absolute."""
        if not name.startswith("/") and os.name == "posix":  # as most; this is called for each
            return self._start + name
        root = os.fspath(self.project.root)
        # Only for a name in a place the variables are looked at.
        places = self._user_places if name.startswith("//") else _NO_PLACES
        return places.path_of(root, name)

    @cached_property
    def _start(self) -> str:
        root = os.fspath(self.project.root)
        return root if root.endswith("/") else f"{root}/"

    @cached_property
    def _made(self) -> frozenset[str]:
        return self.project.made

    @cached_property
    def _cmake_packages(self) -> "CMakePackages":
        from lbuild_keys.observe.cmake_packages import CMakePackages  # few projects have any

        return CMakePackages(self.project.root, self.context.environ.get("PATH"))

    @cached_property
    def _user_places(self) -> Places:
        return self.context.places

    def _observe_local_offer(self, name: str) -> State:
        installer, _, distribution = name.partition(":")
        if installer not in self._places:
            return unreadable(f"{installer} is not a known installer")
        places = self._places[installer]()
        if not places.paths and not places.problem:
            return ABSENT  # as most
        from lbuild_keys.installers import local_archives

        state = local_archives.observe_name(distribution, places, self.digests)
        requires = self.project.settings.build_system.requires
        return local_archives.without_excluded(distribution, state, requires)

    @cached_property
    def _places(self) -> Mapping[str, Callable[[], "LocalPlaces"]]:
        from lbuild_keys.installers.local_places import find_places

        environ, cwd = self.context.environ, self.context.cwd
        return {
            "pip": cache(lambda: find_places("pip", environ, cwd)),
            "uv": cache(lambda: find_places("uv", environ, cwd)),
        }

    @cached_property
    def _git(self) -> Mapping[Kind, Callable[[], State]]:
        from lbuild_keys.git.repository import find_repository, observe_commit, observe_tags
        from lbuild_keys.git.working_tree import observe_working_tree

        repository = find_repository(self.project.root)
        return {
            "git-commit": lambda: observe_commit(repository),
            "git-tags": lambda: observe_tags(repository),
            "git-tree": lambda: observe_working_tree(repository),
        }

    def _is_no_input(self, path: str) -> bool:
        """Whether git's answers leave out an untracked path: no build finds it there."""
        return self.left_out(path) or path in self._left_by_builds

    @cached_property
    def _left_by_builds(self) -> frozenset[str]:
        return frozenset(path for path, _ in self.project.left_by_builds())

    @cached_property
    def left_out(self) -> Callable[[str], bool]:
        """See ``ProjectTree.left_out``; made once."""
        return self.project.left_out

    def is_cache(self, folder: str) -> bool:
        """Whether a folder, given by its absolute path, is marked as a cache or an environment."""
        lacks = self.folders.lacks
        if lacks(folder, tree.MARKS[0]) and lacks(folder, tree.MARKS[1]):
            return False
        return tree.is_cache(folder)

    def _counts(self, folder: str) -> Callable[[str, bool], bool]:
        """Return a function that decides whether a name in a listed folder counts."""
        start = "" if folder == "." else f"{folder}/"
        own = folder != ".." and not folder.startswith(("/", "../"))
        may_leave_out = own and self.project.may_leave_out("" if folder == "." else folder)
        made_up = (lambda _: False) if own else _made_up_in(self.path_of(folder))

        def counts(name: str, is_folder: bool) -> bool:
            path = f"{start}{name}"
            if made_up(name):
                return False
            if name in tree.NEVER_LISTED or (own and path in tree.NEVER_LISTED_AT_TOP):
                return False
            if not own:
                return True
            if is_folder and (self._is_as_none(path) or self.is_cache(self.path_of(path))):
                return False
            return not (may_leave_out and self.left_out(f"{path}/" if is_folder else path))

        return counts


def _made_up_in(folder: str) -> Callable[[str], bool]:
    """Return whether a name in a folder outside the project is one that a program made up."""
    from lbuild_keys.observe import temporary  # few builds list such a folder

    if os.path.realpath(folder) != temporary.folder():
        return lambda _: False
    return temporary.is_temporary


def _today() -> State:
    """Return the date in UTC, and the local one if it differs: a build may name either."""
    days = (datetime.now(zone).date().isoformat() for zone in (UTC, None))
    return present(" ".join(dict.fromkeys(days)))
