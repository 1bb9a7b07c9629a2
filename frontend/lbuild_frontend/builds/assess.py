"""A task -> what is recorded of it, what the project is now, and what has to be done."""

import functools
import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.builds import leftovers
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import store
from lbuild_frontend.cache.entry import Entry, snapshot_from_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History, Store, StoredEntry, UnusableRecord
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.errors import MembersNeeded
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_WHEEL
from lbuild_keys.content import Content
from lbuild_keys.decision import verdict as verdicts
from lbuild_keys.decision.past_builds import UnreadableRecordError
from lbuild_keys.decision.reasons import Forced, Reason
from lbuild_keys.decision.verdict import Verdict
from lbuild_keys.model import MEMBER, Mode, Snapshot, declared
from lbuild_keys.observe import distributions
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.delivered import is_delivered_distribution
from lbuild_keys.snapshots.observer import Observer

if TYPE_CHECKING:
    from lbuild_frontend.environments.member_wheels import MembersOfBuild


class RecordedBuild(NamedTuple):
    """An entry of the cache, as a decision asks for it (``lbuild_keys.decision.past_builds``)."""

    stored: StoredEntry
    cache: Store

    @property
    def name(self) -> str:
        """The name of the entry's file."""
        return self.stored.path.name

    @property
    def entry(self) -> Entry:
        """What is recorded."""
        return self.stored.entry

    def read_snapshot(self) -> Snapshot:
        """Return the inputs that the build was made from, with their states.

        Raises:
            UnreadableRecordError: if they are missing or damaged.
        """
        try:
            content = self.cache.blob(self.entry.snapshot)
            if content is not None:
                return snapshot_from_bytes(content)
        except RecordError as error:
            raise UnreadableRecordError(str(error)) from error
        message = "its snapshot is missing"
        raise UnreadableRecordError(message)

    def read_result(self) -> Content | None:
        """Return the result, verified; None if it is missing.

        Raises:
            UnreadableRecordError: if it is damaged.
        """
        try:
            return self.cache.open_blob(self.entry.sha256)
        except RecordError as error:
            raise UnreadableRecordError(str(error)) from error


class Assessment(NamedTuple):
    """What is known of a task at one moment.

    Attributes:
        history: what is recorded of the project and the hook.
        observer: the project as it is now.
        verdict: what follows from both.
    """

    history: History
    observer: Observer
    verdict: Verdict[RecordedBuild]

    @property
    def unusable(self) -> tuple[UnusableRecord, ...]:
        """The records that turned out to be unusable."""
        found = (
            UnusableRecord(one.build.stored.path, one.problem, other_version=False)
            for one in self.verdict.unusable
        )
        return (*self.history.unusable, *found)


def assess(task: BuildTask, digests: Digests) -> Assessment:
    """Decide between an entry and a build. Reads the cache and the project; calls no hook.

    Args:
        task: the project and the hook whose result is wanted.
        digests: known digests of the project's files; those that are made are added.

    Raises:
        LbuildError: if the cache cannot be listed, or a member of the workspace is not what the
            project requires.
        MembersNeeded: if wheels of members have to be known first.
    """
    history = task.history()
    missing = _require_members(task, history)
    found = _assessment(task, history, observer_of(task, history, digests))
    forced = _forced(task, found.verdict)
    if missing and (forced is not None or not _is_last_used(found, task.mode)):
        raise MembersNeeded(missing, is_certain=False)
    if forced is None:
        return _explained(task, found)
    reasons = (forced, *_explained_by_members(task, found.verdict.reasons))
    verdict = found.verdict._replace(reuse=None, reasons=reasons)
    return found._replace(verdict=verdict)


def members_of(task: BuildTask) -> "MembersOfBuild | None":
    """Return the other members of a workspace, as the build of a task uses them, if there are."""
    if not task.members.meant and not task.members.folders:
        return None
    from lbuild_frontend.environments import member_wheels  # most projects are in no workspace

    return member_wheels.of_build(
        task.members,
        task.project.place / "pyproject.toml",
        task.project.settings.build_system.requires,
        task.interpreter,
        task.environ,
    )


def _require_members(task: BuildTask, history: History) -> frozenset[Path]:
    """Check that the wheels are known of the members that the project builds with.

    Returns:
        The members whose wheels are not known, and which only builds before the last used one had.
        They are of no interest if that one can be reused.

    Raises:
        MembersNeeded, ProjectError: see ``assess``.
    """
    members = members_of(task)
    if members is None:
        return frozenset()
    requires = task.project.settings.build_system.requires
    missing = members.at_hand.missing(requires)
    if missing:
        raise MembersNeeded(missing, is_certain=True)
    members.check(requires)
    of_mode = [one.entry for one in history.entries if one.entry.mode == task.mode]
    earlier = {text for entry in of_mode for text in entry.extra_requires}
    missing = members.at_hand.missing((*requires, *sorted(earlier)))
    if missing and members.at_hand.missing((*requires, *of_mode[-1].extra_requires)):
        raise MembersNeeded(missing, is_certain=False)
    return missing


def _is_last_used(found: Assessment, mode: Mode) -> bool:
    """Whether the build to reuse is the first one that is looked at (``verdict.decide``)."""
    reuse = found.verdict.reuse
    of_mode = (one for one in reversed(found.history.entries) if one.entry.mode == mode)
    return reuse is not None and reuse.build.stored is next(of_mode)


def _explained(task: BuildTask, found: Assessment) -> Assessment:
    """Say more of the reasons: what made another wheel of a member; without an earlier build here,
    the differences to one of another folder.
    """
    verdict = found.verdict
    if verdict.reuse is not None:
        return found
    if verdict.last is None:
        from lbuild_keys.decision.nearest import explained_by_nearest  # a hit does not need it

        builds = [RecordedBuild(stored, task.cache) for stored in found.history.entries]
        verdict = explained_by_nearest(verdict, builds, found.observer, task.mode)
    reasons = _explained_by_members(task, verdict.reasons)
    return found._replace(verdict=verdict._replace(reasons=reasons))


def _explained_by_members(task: BuildTask, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    if not any(reason.source == MEMBER for reason in reasons):
        return reasons
    from lbuild_keys.decision import member_changes  # a hit does not need it

    def builds(name: str) -> list[RecordedBuild]:
        identities = {store.identity_of(name), store.identity_of(None)}
        found = [task.cache.history(one, BUILD_WHEEL.name).entries for one in sorted(identities)]
        return [
            RecordedBuild(stored, task.cache)
            for stored in itertools.chain.from_iterable(found)
            if normalize_name(stored.entry.name) == name
        ]

    wheels = [wheel for wheel in task.members.wheels.values() if wheel is not None]
    folders = {**task.members.meant, **{wheel.name: wheel.project for wheel in wheels}}
    known = member_changes.KnownMembers(
        folders={name: str(folder) for name, folder in folders.items()},
        reasons={wheel.name: wheel.reasons for wheel in wheels},
        builds=builds,
    )
    return member_changes.explained(reasons, known)


def assess_requires_hook(task: BuildTask, hook: str, observer: Observer) -> Assessment:
    """Decide between an entry and a call of the hook that reports what another one requires.

    Args:
        task: the project and the hook whose result is wanted.
        hook: such as ``get_requires_for_build_wheel``.
        observer: the project as it was when that result was found to be due.

    Raises:
        LbuildError: if the cache cannot be listed.
    """
    history = task.cache.history(task.identity, hook)
    return _assessment(task, history, observer.without_extra_requires())


def _assessment(task: BuildTask, history: History, observer: Observer) -> Assessment:
    builds = [RecordedBuild(stored, task.cache) for stored in history.entries]
    verdict = verdicts.decide(builds, observer, task.mode, task.folder, history.unusable)
    return Assessment(history, observer, verdict)


def _forced(task: BuildTask, verdict: Verdict[RecordedBuild]) -> Forced | None:
    """Return the reason to build whatever has changed, if an option or a setting gives one."""
    names = {task.project.settings.name}
    last = verdict.last if verdict.reuse is None else verdict.reuse.build
    if last is not None:
        names.add(normalize_name(last.entry.name))
    for asked, name in (
        (task.request.refresh, "--refresh"),
        (names & task.request.refresh_packages, "--refresh-package"),
        (task.project.settings.always_rebuild, "tool.lbuild.always-rebuild"),
        (names & task.project.settings.reinstall_packages, "tool.uv.reinstall-package"),
    ):
        if asked:
            return Forced(name=name, source=declared(name))
    return None


def observer_of(
    task: BuildTask, history: History, digests: Digests, extra_requires: Iterable[str] = ()
) -> Observer:
    """Return an observer of the project as it is now. It looks at things when it is asked.

    Args:
        task: the project and the hook whose result is wanted.
        history: of that hook.
        digests: see ``assess``.
        extra_requires: requirements that count besides ``build-system.requires`` and those that
            the history records; asking the backend for them would be calling a hook.
    """
    installed = None
    if not task.request.isolation:
        search_path = interpreters.inspect(task.interpreter).search_path
        installed = distributions.observe_installed(search_path, task.project.root, digests)
    members = members_of(task)
    extra_requires = tuple(extra_requires)
    build_context = BuildContext(
        environ=task.environ,
        cwd=task.cwd,
        secret=task.cache.secret,
        interpreter=task.interpreter.identity,
        config_settings=task.request.config_settings,
        installed=installed,
        base_prefix=task.interpreter.base_prefix,
        extra_requires=tuple(sorted({*recorded_requires(history), *extra_requires})),
        constraints=task.constraints if installed is None else (),
        project_folder=task.folder if task.hook.is_editable else None,
        needs_outputs=task.hook == BUILD_EDITABLE,
        members=None if members is None else members.at_hand,
        required_members=extra_requires,
    )
    return Observer(_project_tree(task, history, digests), build_context, digests)


def recorded_requires(history: History) -> set[str]:
    """Return what the backend required beyond ``build-system.requires``, as far as is recorded."""
    return {text for one in history.entries for text in one.entry.extra_requires}


def _project_tree(task: BuildTask, history: History, digests: Digests) -> ProjectTree:
    """Return the project, less what lbuild itself put there: its cache, and distributions."""
    cache = _relative(task.cache.place, task.project.root)
    here = [one.entry for one in history.entries if one.entry.folder == task.folder]
    earlier = (entry.out_dir for entry in here)
    out_dirs = frozenset(path for path in (task.relative_out_dir, *earlier) if path is not None)
    static = task.project.settings.name
    names = {static} if static else {normalize_name(entry.name) for entry in here}

    def leave_out(path: str) -> bool:
        return (
            is_delivered_distribution(path, out_dirs, names)
            or path == cache
            or path.startswith(f"{cache}/")
        )

    def leave_out_in(folder: str) -> bool:
        is_around = folder == cache.rpartition("/")[0]
        return folder in out_dirs or is_around or f"{folder}/".startswith(f"{cache}/")

    project = ProjectTree(
        root=task.project.root,
        toml=task.project.toml,
        toml_digest=task.project.toml_digest,
        settings=task.project.settings,
        leave_out=leave_out,
        out_dirs=out_dirs,
        above_cache=_folder_above(cache),
    )
    others: Callable[[], frozenset[str]] = frozenset
    if not task.is_cleared:
        others = functools.cache(
            lambda: leftovers.made_by_other_hooks(task, project.left_out, digests)
        )
    return project._replace(
        leave_out=lambda path: leave_out(path) or path in others(),
        leave_out_in=lambda folder: leave_out_in(folder) or bool(others()),
        made_by_other_hooks=others,
        left_by_builds=functools.cache(lambda: leftovers.left_by_builds(task, digests)),
        removable=functools.cache(lambda: leftovers.removable(task, project.left_out, digests)),
    )


def _folder_above(path: str) -> str | None:
    """Return the folder below the project that a path relative to it is in, if there is one."""
    folder = path.rpartition("/")[0]
    return None if not folder or folder.split("/")[0] == ".." else folder


def _relative(path: Path, root: Path) -> str:
    """Return a path as inputs spell theirs; the empty string for the project's own folder."""
    try:
        relative = os.path.relpath(os.path.realpath(path), root).replace(os.sep, "/")
    except ValueError:  # on another drive (Windows)
        return str(path)
    return "" if relative == "." else relative
