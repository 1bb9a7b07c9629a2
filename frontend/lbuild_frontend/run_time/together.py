"""Members of a workspace into one environment, once all are prepared: compare, replace, verify.

What they require of an index is installed by one call of an installer, so that one result meets
all, and so are their wheels.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.errors import (
    InstallFailed,
    LbuildError,
    MembersNeeded,
    RequirementsFailed,
    Skipped,
)
from lbuild_frontend.installs import install
from lbuild_frontend.installs import plan as plans
from lbuild_frontend.installs import target as targets
from lbuild_frontend.installs.instead import Instead, label_of, not_among
from lbuild_frontend.installs.plan import Plan, Wanted
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_frontend.model.outcome import InstallOutcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest
from lbuild_frontend.run_time import closure as closures
from lbuild_frontend.run_time import prepare
from lbuild_frontend.run_time.closure import Closure
from lbuild_frontend.run_time.prepare import ReadyToInstall
from lbuild_keys.observe.files import Digests


class _Member(NamedTuple):
    """A member that is to be installed.

    Attributes:
        folder: of the project.
        ready: what was prepared.
        obtained: its wheel.
        wanted: what the environment should hold.
        digests: known digests of the files that it has there.
        plan: what the environment lacks.
    """

    folder: Path
    ready: ReadyToInstall
    obtained: Obtained
    wanted: Wanted
    digests: Digests
    plan: Plan

    @property
    def label(self) -> str:
        return self.ready.part.label


Results = dict[Path, InstallOutcome | LbuildError]


def install_prepared(
    ready: Mapping[Path, ReadyToInstall],
    asked: InstallRequest,
    target: Target,
    reporter: Reporter,
    failed: Collection[Path],
    before_change: Callable[[], None],
) -> Results:
    """Install members into an environment, unless exactly that is there already.

    Args:
        ready: what was prepared, by folder.
        asked: what is installed, and how.
        target: the environment.
        reporter: is told what goes on.
        failed: the folders of members that could not be prepared.
        before_change: called before a change of the environment.

    Returns:
        For each member what was done, or why not.

    Raises:
        LbuildError: if members do not fit together; nothing was changed then.
        MembersNeeded: if another member is required, which is not among them; likewise.
        OSError: for what lbuild does not expect.
    """
    started = time.monotonic()
    closure = prepare.closure_of(ready, asked, target)
    closures.check(prepare.parts_of(ready), closure, target.details.markers)
    if closure.missing - set(failed):
        raise MembersNeeded(closure.missing - set(failed), is_certain=True)
    done: Results = _skipped(ready, closure, failed, of_index=True)
    done |= {folder: one.due for folder, one in ready.items() if one.due and folder not in done}
    instead = _instead(ready, done)
    members = [
        _planned(folder, one, one.obtained, one.wheel, closure, instead, target)
        for folder, one in ready.items()
        if folder not in done and one.obtained is not None and one.wheel is not None
    ]
    if not asked.dry_run and not all(one.plan.is_empty for one in members):
        targets.check_changeable(target)
        before_change()
        label = label_of(one.label for one in members if not one.plan.is_empty)
        reporter.progress(f"{label}: installing into {target.prefix}")
        with install.locked(target, label, reporter):
            # Another process may have done it.
            members = [one._replace(plan=_plan(one.wanted, target, one.digests)) for one in members]
            done |= _carry_out(members, asked, target, instead, closure, failed)
    for one in members:
        if one.folder not in done:
            changed = 0.0 if one.plan.is_empty else time.monotonic() - started
            done[one.folder] = _finished(one, asked, target, changed, before_change)
    return {folder: done[folder] for folder in ready}


def _skipped(
    ready: Mapping[Path, ReadyToInstall],
    closure: Closure,
    failed: Collection[Path],
    *,
    of_index: bool,
) -> Results:
    """Return errors for the members that require one that failed, or are not required any more.

    Args:
        ready: the members, by folder.
        closure: what they require.
        failed: the folders of those that failed.
        of_index: whether something of an index may require those that no member does.
    """
    names = {
        place: name for name, place in closures.names(one.part for one in ready.values()).items()
    }
    found = {
        folder: f"{names.get(because, because)} failed"
        for folder, because in closures.dependents(closure.needs, failed).items()
    }
    left_out = {*found, *failed}
    known = {folder for some in closure.needs.values() for folder in some}
    starts = [
        folder
        for folder, one in ready.items()
        if folder not in left_out and (one.is_requested or (of_index and folder not in known))
    ]
    reached = closures.reached(closure.needs, starts)
    for folder in ready:
        if folder not in reached and folder not in left_out:
            found[folder] = "what requires it is not installed"
    return {
        folder: Skipped(f"not installed, because {why}")
        for folder, why in found.items()
        if folder in ready
    }


def _instead(ready: Mapping[Path, ReadyToInstall], left_out: Collection[Path]) -> Instead:
    """Return the members whose names no index is asked for."""
    versions = {
        one.part.name: one.part.version for folder, one in ready.items() if folder not in left_out
    }
    named = closures.names(one.part for one in ready.values())
    return Instead(versions, not_among(named, versions))


def _planned(
    folder: Path,
    ready: ReadyToInstall,
    obtained: Obtained,
    wheel: WheelContents,
    closure: Closure,
    instead: Instead,
    target: Target,
) -> _Member:
    required = closure.others.get(folder, ())
    wanted = Wanted(wheel, install.origin_of(obtained), required, instead.versions)
    digests = install.known_digests(obtained.task.cache, target, wheel.name)
    return _Member(folder, ready, obtained, wanted, digests, _plan(wanted, target, digests))


def _plan(wanted: Wanted, target: Target, digests: Digests) -> Plan:
    return plans.make(target, wanted, digests)


def _carry_out(
    members: Sequence[_Member],
    asked: InstallRequest,
    target: Target,
    instead: Instead,
    closure: Closure,
    failed: Collection[Path],
) -> Results:
    """Install what is due; return the errors, by folder.

    If what is required of an index cannot be installed, nothing is that needs any of it; the other
    members are.
    """
    due = [one for one in members if not one.plan.is_empty]
    unmet = [one for one in due if one.plan.unmet]
    # All of it, also what is met: it is not to be replaced for the sake of another member.
    required = dict.fromkeys(text for one in members for text in one.wanted.required)
    try:
        if due:
            _run(due, tuple(required) if unmet else (), asked, target, instead)
    except RequirementsFailed as error:
        named = closures.names(one.ready.part for one in members)
        needed = frozenset(named[name] for name in instead.asked_for(error.output) if name in named)
        more = needed.difference(failed, (one.folder for one in members))
        if more:
            raise MembersNeeded(more, is_certain=True) from error
        errors = _failures(unmet, error)
        ready = {one.folder: one.ready for one in due}
        errors |= _skipped(ready, closure, errors, of_index=False)
        rest = [one for one in members if one.folder not in errors]
        return errors | _carry_out(rest, asked, target, instead, closure, failed)
    except InstallFailed as error:
        return _failures(due, error)
    return _verified(due, target)


def _run(
    due: Sequence[_Member],
    requirements: Collection[str],
    asked: InstallRequest,
    target: Target,
    instead: Instead,
) -> None:
    from lbuild_frontend.installs import replace  # few commands change an environment

    first = due[0].ready
    how = replace.how_of(first.request, asked, first.project)
    how = how._replace(label=label_of(one.label for one in due), members=instead)
    parts = [
        replace.Due(
            one.wanted, one.plan, install.files_of_old_wheels(target, one.plan, one.obtained)
        )
        for one in due
    ]
    replace.carry_out(target, parts, requirements, how)


def _failures(members: Sequence[_Member], error: InstallFailed) -> Results:
    """Return an error for each of the members that an installer failed for, at once."""
    first, *others = members
    errors: Results = {first.folder: error}
    for one in others:
        message = (
            f"not installed, because it is installed together with {first.label}, which failed"
        )
        errors[one.folder] = Skipped(message)
    return errors


def _verified(members: Sequence[_Member], target: Target) -> Results:
    errors: Results = {}
    for one in members:
        try:
            install.verify(target, one.wanted, one.label)
        except InstallFailed as error:
            errors[one.folder] = error
    return errors


def _finished(
    member: _Member,
    asked: InstallRequest,
    target: Target,
    seconds: float,
    before_change: Callable[[], None],
) -> InstallOutcome | LbuildError:
    """Deliver the wheel, if that was asked for; return what was done."""
    ready, plan, obtained = member.ready, member.plan, member.obtained
    cache = obtained.task.cache
    if not asked.dry_run and cache.root.is_dir():  # a temporary one is gone
        install.keep_digests(cache, target, member.wanted.wheel.name, member.digests)
    wheel, unchanged = None, True
    if ready.is_requested and not asked.dry_run:
        try:
            wheel, unchanged = install.deliver(ready.request, obtained, before_change)
        except LbuildError as error:
            return error
    outcome = ready.outcome
    return InstallOutcome(
        outcome=outcome._replace(unchanged=unchanged, seconds=outcome.seconds + seconds),
        environment=target.prefix,
        was_there=bool(plan.found),
        problem=plan.problem,
        requirements=plan.unmet,
        editable=ready.request.editable,
        dry_run=asked.dry_run,
        wheel=wheel,
    )
