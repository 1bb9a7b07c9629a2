"""Call the backend for a project, conclude what the build used and did, and record it."""

import contextlib
import hashlib
import sys
import time
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.builds import checked_call, get_requires, hook_session, leftovers, record
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import Assessment, assess, observer_of, recorded_requires
from lbuild_frontend.builds.hook_session import Calls
from lbuild_frontend.builds.leftovers import Taken
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.disk import temporary
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.hooks import cython
from lbuild_frontend.model.artifact import Artifact
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.backends import expected_programs
from lbuild_keys.content import Content
from lbuild_keys.effects import during_build, products
from lbuild_keys.effects.during_build import Before
from lbuild_keys.model import Snapshot
from lbuild_keys.observe import temporary as temporary_files
from lbuild_keys.snapshots.folded import FoldedSnapshot, fold
from lbuild_keys.tracing.used import PutBack, Usage

if TYPE_CHECKING:
    from lbuild_frontend.hooks.commands import KnownCommands
    from lbuild_keys.effects.footprint import Footprint


class Built(NamedTuple):
    """The result of a build.

    Attributes:
        entry: what is recorded of it.
        content: the result.
        metadata: what the hook gives as metadata; of an editable wheel those that were prepared.
        same_as_earlier: whether an earlier result of the same name has the same content; it is
            that one, unless the user asked for new bytes.
        warnings: what the user should know.
    """

    entry: Entry
    content: Content
    metadata: bytes
    same_as_earlier: bool
    warnings: tuple[str, ...]


class _HookResults(NamedTuple):
    """What the hooks of a build returned and used.

    Attributes:
        artifact: the checked result.
        required: what the backend required.
        requirements: the states of what was installed because of that.
        used: what the hooks used and wrote.
        warnings: what the user should know.
        extra_requires: what the backend required, and the members that other distributions require.
        disturbed: whether the build environment changed meanwhile.
    """

    artifact: Artifact
    required: get_requires.RequiresAnswer
    requirements: Snapshot
    used: Usage
    warnings: tuple[str, ...]
    extra_requires: tuple[str, ...] = ()
    disturbed: bool = False


def build(task: BuildTask, due: Assessment, reporter: Reporter) -> Built:
    """Call the hook of a task, and put its result into the cache.

    Args:
        task: the project and the hook to call.
        due: the decision to build.
        reporter: is told what goes on.

    Raises:
        LbuildError: if the backend fails, or the cache cannot be written.
    """
    digests = due.observer.digests
    task = task._replace(is_cleared=True)
    left_out = observer_of(task, due.history, digests).left_out
    taken = leftovers.take_away(task, left_out, digests, reporter)
    follow = _may_run_programs(task, due)
    calls = Calls(_delivered(due), follow, _known_commands(task, due) if follow else None, [])
    footprint: Footprint | None = None
    try:
        if taken.gone or due.observer.project.made_by_other_hooks():
            due = _again(task, due)
        temporary_files.folder()  # now, for tempfile tries it out, and it may be in the project
        before = _look_before_build(task, due)
        footprint = before.footprint
        built = _build(task, due, before, taken, calls, reporter)
    except BaseException:
        ran = any(one.spawned or one.problems for one in calls.traces)
        left = None if footprint is None else products.made(footprint, calls.traces, opaque=ran)
        taken.put_back(left.all if left else (), reporter)
        raise
    taken.remove(reporter)
    return built


def _again(task: BuildTask, due: Assessment) -> Assessment:
    """Look at a project again; the reasons stay."""
    now = assess(task, due.observer.digests)
    verdict = due.verdict._replace(present=now.verdict.present)
    return now._replace(verdict=verdict)


def _delivered(due: Assessment) -> tuple[str, ...]:
    """Return the wheels in the project that lbuild delivered, if the build is likely to ask git."""
    verdict, project = due.verdict, due.observer.project
    if not verdict.last_build_is_no_guide and not any(
        thing.kind.startswith("git") for thing in verdict.present
    ):
        return ()
    there = [
        f"{folder}/{name}" if folder else name
        for folder in project.out_dirs
        for name in cache_files.listing(project.root / folder)
    ]
    return tuple(filter(project.leave_out, there))


def _may_run_programs(task: BuildTask, due: Assessment) -> bool:
    """Whether the build is likely to run programs, or native code that opens files."""
    if task.mode != "traced" or not sys.platform.startswith("linux"):
        return False
    last = due.verdict.last
    if last is not None and (last.entry.opaque or last.entry.followed):
        return True
    if last is not None and not due.verdict.last_build_is_no_guide:
        return False
    project = task.project
    return expected_programs.may_run_programs(
        project.root,
        project.settings.build_system,
        project.toml,
        isolated=task.request.isolation,
    )


def _build(
    task: BuildTask,
    due: Assessment,
    before: Before,
    taken: Taken,
    calls: Calls,
    reporter: Reporter,
) -> Built:
    started = time.monotonic()
    digests = due.observer.digests
    with _cython_undone(task, due, before, calls) as put_back:
        result = _call_hooks(task, due, before, calls, reporter)
    if task.request.verbose and calls.commands is not None:
        reused, of = calls.commands.reused, calls.commands.reused | calls.commands.ran
        if of:
            told = f"{len(reused)} of {len(of)} compiler commands were not run again"
            reporter.note(f"{task.label}: {told}")
    used = result.used._replace(put_back={**result.used.put_back, **put_back})
    if result.used.untraced:
        why = "; ".join(result.used.untraced)
        reporter.progress(
            f"{task.label}: the build could not be traced fully ({why}), so the whole tree counts"
        )
    opaque = bool(result.used.opaque or result.used.untraced)
    made = products.made(before.footprint, calls.traces, opaque=opaque)
    taken.note(made.all, reporter)
    observer = observer_of(task, due.history, digests, result.extra_requires)
    effects, tree = during_build.after_build(
        before,
        observer,
        used,
        result.artifact.version,
        result.requirements,
        made.by_programs,
    )
    if result.disturbed:  # by this build, or by one that uses it at the same time
        edited = (*effects.edited, "the build environment")
        effects = effects._replace(edited=edited)
    earlier = record.earlier_results(task, due.history, result.artifact)
    kept = None
    if not due.verdict.asks_for_refresh and not record.asks_for_time(task):
        kept = record.first_sound(task, earlier)
    content = kept or result.artifact.content
    inputs = fold(effects.inputs)
    entry = record.new_entry(
        task,
        result.artifact,
        result.used,
        effects,
        tree,
        inputs,
        result.extra_requires,
        time.monotonic() - started,
        due.verdict.reasons,
    )
    if kept is not None:
        entry = entry._replace(sha256=kept.sha256)
    if task.cache.keeps:
        _keep(task, entry, content, result, inputs, calls, reporter)
    tasks.keep_digests(task, digests)
    same = kept is not None or entry.sha256 in earlier
    return Built(
        entry, content, result.artifact.metadata, same, (*result.warnings, *_edited(entry))
    )


def _keep(
    task: BuildTask,
    entry: Entry,
    content: Content,
    result: _HookResults,
    inputs: FoldedSnapshot,
    calls: Calls,
    reporter: Reporter,
) -> None:
    try:
        with task.cache.exclusive(lambda text: reporter.note(f"{task.label}: {text}")):
            record.keep_result(task, entry, content, result.artifact.metadata, inputs)
            tasks.forget_surplus(task, task.history())
            if not result.disturbed:
                get_requires.keep(task, result.required)
            if calls.commands is not None and not entry.edited:
                _keep_results(task, calls.commands)
    except LbuildError as error:  # it was built, so it is delivered
        reporter.warn(f"{task.label}: the result could not be stored for reuse. {error}")


def _known_commands(task: BuildTask, due: Assessment) -> "KnownCommands | None":
    """Return what is known of the commands of compilers, if there is a cache for it."""
    if task.request.no_cache or task.project.archive is not None:
        return None
    from lbuild_frontend.cache import commands as cached_commands
    from lbuild_frontend.hooks.commands import KnownCommands  # few builds run programs

    cache = task.cache.behind or task.cache
    return KnownCommands(
        place=cached_commands.place_of(cache.root, task.folder),
        salt=hashlib.sha256(task.cache.secret + b" of commands").hexdigest(),
        restores=not due.verdict.asks_for_refresh,
        keeps=task.cache.keeps,
        digests=due.observer.digests,
    )


def _keep_results(task: BuildTask, known: "KnownCommands") -> None:
    """Keep what commands made. What the build used was not edited meanwhile."""
    from lbuild_frontend.cache import commands as cached_commands  # as above

    with contextlib.suppress(OSError):  # then they run again
        size = cached_commands.publish(known.place, known.results, known.reused)
        size_account.add(task.cache.root, size)


def _cython_undone(
    task: BuildTask, due: Assessment, before: Before, calls: Calls
) -> AbstractContextManager[PutBack]:
    root, footprint = task.project.root, before.footprint
    requires = {*task.project.settings.build_system.requires, *recorded_requires(due.history)}
    return cython.undone(
        root,
        footprint.paths_below() if cython.is_required(requires) else (),
        lambda: products.added(footprint, calls.traces),
        lambda: products.written_below(root, calls.traces),
    )


def _look_before_build(task: BuildTask, due: Assessment) -> Before:
    entries = [stored.entry for stored in due.history.entries]
    last = due.verdict.last
    return during_build.before_build(
        due.observer,
        task.mode,
        due.verdict.present,
        frozenset(item for entry in entries for item in entry.outputs.items()),
        last_build_is_no_guide=due.verdict.last_build_is_no_guide,
        appeared=frozenset((last.entry.appeared or {}).items()) if last else frozenset(),
    )


def _call_hooks(
    task: BuildTask, due: Assessment, before: Before, calls: Calls, reporter: Reporter
) -> _HookResults:
    """Call the hook that reports what else is required, if need be, then the hook of the task."""
    build_system = task.project.settings.build_system
    required = get_requires.find_known(task, due, reporter)
    refresh = due.verdict.asks_for_refresh
    digests = due.observer.digests
    with hook_session.environments(task, reporter, digests, refresh=refresh) as environments:
        environment = environments.provide(build_system.requires)
        used = [environment]
        reporter.progress(f"{task.label}: building with {build_system.build_backend}")
        if required is None or not required.is_valid_in(environment):
            required = get_requires.ask(task, due, before, environment, calls)
        requirements = _newly_required(task, due, required.requirements)
        if required.requirements:
            environment = environments.provide((*build_system.requires, *required.requirements))
            used.append(environment)
        found = (name for one in used for name in one.members)
        extra_requires = tuple(dict.fromkeys((*required.requirements, *found)))
        requirements = {**requirements, **hook_session.offers_of(used, due.observer)}
        result = _call_hook(task, due, environment, required, requirements, calls)
        disturbed = environments.has_changed(environment)
        return result._replace(extra_requires=extra_requires, disturbed=disturbed)


def _newly_required(task: BuildTask, due: Assessment, requirements: Collection[str]) -> Snapshot:
    """Return the states of requirements that nothing recorded until now: they count from here."""
    if recorded_requires(due.history).issuperset(requirements):
        return {}
    observer = observer_of(task, due.history, due.observer.digests, requirements)
    present = observer.snapshot(task.mode)
    return {thing: seen for thing, seen in present.items() if thing.kind == "requirement"}


def _call_hook(
    task: BuildTask,
    due: Assessment,
    environment: Environment,
    required: get_requires.RequiresAnswer,
    requirements: Snapshot,
    calls: Calls,
) -> _HookResults:
    backend = hook_session.backend_in(environment, task, calls)
    alone = task.lock is not None
    with temporary.folder("result", task.project.root, alone=alone) as folder:
        called, used = checked_call.call(task, due, backend, required.used, folder)
    return _HookResults(called.artifact, required, requirements, used, called.warnings)


def _edited(entry: Entry) -> tuple[str, ...]:
    if not entry.edited:
        return ()
    first, *more = entry.edited
    others = f" (and {len(more)} more)" if more else ""
    return (f"{first}{others} changed during the build, so this wheel will not be reused",)
