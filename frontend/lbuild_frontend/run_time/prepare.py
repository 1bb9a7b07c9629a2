"""A member of a workspace, made ready to be installed; and which others that requires.

Nothing is installed before all members are ready: whether they fit together is known only then.
"""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds import workflow
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments.requirements import InstalledDistributions
from lbuild_frontend.installs import extras as extra_names
from lbuild_frontend.installs import install
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import InstallOutcome, Outcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest, Request
from lbuild_frontend.projects.project import Project
from lbuild_frontend.run_time import closure as closures
from lbuild_frontend.run_time.closure import Closure, Part
from lbuild_keys.pep508 import normalize_name


class ReadyToInstall(NamedTuple):
    """A member whose wheel is there.

    Attributes:
        project: the project.
        request: how its wheel was built.
        part: how others know it.
        extras: normalised names of those that the command asks for.
        is_requested: whether the command is for this member, or only for one that requires it.
        outcome: of the wheel.
        obtained: the wheel; None with ``--dry-run`` if it would have to be built first.
        wheel: what that holds; likewise.
        due: what is reported then.
    """

    project: Project
    request: Request
    part: Part
    extras: tuple[str, ...]
    is_requested: bool
    outcome: Outcome
    obtained: Obtained | None
    wheel: WheelContents | None
    due: InstallOutcome | None = None


def prepare(
    project: Project,
    request: Request,
    asked: InstallRequest,
    extras: Collection[str],
    cache: Store,
    reporter: Reporter,
    target: Target,
    members: Members,
    *,
    is_requested: bool,
    before_change: Callable[[], None],
) -> ReadyToInstall:
    """Build or reuse what is to be installed of a member; the environment stays as it is.

    Args:
        project: the project of the member.
        request: how its wheel is built, for the interpreter of the environment.
        asked: what is installed, and how.
        extras: normalised names.
        cache: where results are kept.
        reporter: is told what goes on.
        target: the environment.
        members: what the project is given of its workspace.
        is_requested: see ``ReadyToInstall``.
        before_change: called before a build.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
        MembersNeeded: if it cannot be built before other members.
        OSError: for what lbuild does not expect.
    """
    started = time.monotonic()
    names = tuple(sorted(extras))
    if asked.dry_run:
        due = install.if_due(target, project, request, cache, started, members)
        if due is not None:
            outcome = due.outcome
            part = _part(project, outcome, closures.declared_by(project.toml), members)
            part = part._replace(version=closures.declared_version(project.toml))
            return ReadyToInstall(
                project, request, part, names, is_requested, outcome, None, None, due
            )
    obtained = install.obtain(project, request, cache, reporter, before_change, target, members)
    outcome = workflow.outcome_of(obtained, started, unchanged=True)
    wheel = install.wheel_of(obtained)
    extra_names.check(names, wheel.extras, project.label, project.place)
    part = _part(project, outcome, wheel.requires, members)
    return ReadyToInstall(project, request, part, names, is_requested, outcome, obtained, wheel)


def _part(project: Project, outcome: Outcome, requires: tuple[str, ...], members: Members) -> Part:
    return Part(
        place=project.place,
        label=project.label,
        name=normalize_name(outcome.name),
        version=outcome.version,
        requires=requires,
        members=members,
        toml=lambda: project.toml,
    )


def required_by(ready: ReadyToInstall, asked: InstallRequest, target: Target) -> frozenset[Path]:
    """Return the members that one requires itself: these will have to be prepared as well.

    There may be more: ``closure_of`` finds all, and takes longer.
    """
    if asked.no_deps:
        return frozenset()
    return closures.required_by(ready.part, ready.extras, target.details.markers)


def parts_of(ready: Mapping[Path, ReadyToInstall]) -> dict[Path, Part]:
    """Return members as those know them that require them, by folder."""
    return {folder: one.part for folder, one in ready.items()}


def closure_of(
    ready: Mapping[Path, ReadyToInstall], asked: InstallRequest, target: Target
) -> Closure:
    """Follow what is required at run time by all that is ready, also through what is installed."""
    roots = {folder: one.extras for folder, one in ready.items()}
    if asked.no_deps:
        nothing = {folder: frozenset[Path]() for folder in ready}
        extras = {folder: frozenset(some) for folder, some in roots.items()}
        return Closure(extras, nothing, dict.fromkeys(ready, ()), frozenset())
    there = InstalledDistributions(target.details)
    return closures.close(parts_of(ready), roots, target.details.markers, there.required_by)
