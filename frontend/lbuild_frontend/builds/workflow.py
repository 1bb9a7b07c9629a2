"""One project through: check, lock, check again, build or reuse, record, deliver."""

import contextlib
import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lbuild_frontend.builds import cache_location, leftovers, record
from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import project as projects
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import Assessment, RecordedBuild, assess
from lbuild_frontend.builds.project import Project
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import locks
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store, UnusableRecord
from lbuild_frontend.errors import BuildFailed, HookMissing
from lbuild_frontend.model.hook import BUILD_WHEEL, PREPARE_METADATA_FOR_BUILD_WHEEL
from lbuild_frontend.model.outcome import (
    MetadataOutcome,
    NearestBuild,
    Outcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_keys.backends import metadata_hook
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.decision.verdict import Reusable, Verdict
from lbuild_keys.model import Snapshot, key_of

if TYPE_CHECKING:
    from lbuild_frontend.builds.build import Built


def wheel(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[WheelOutcome] = (),
) -> WheelOutcome:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    Args:
        project: the project.
        request: what the command was asked for.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: called before a build or a delivery, once it is found to be due.
        earlier: what the same command has delivered and printed the paths of.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
    """
    started = time.monotonic()
    task = tasks.new_task(project, request, BUILD_WHEEL, cache)
    delivery.check_out_dir(task.out_dir)
    result = _build_or_reuse(task, reporter, before_change)
    path = task.out_dir / result.entry.file
    unchanged = delivery.is_delivered(path, result.entry.sha256)
    if not unchanged:
        before_change()
        others = (one for one in earlier if one.outcome.project != project.root)
        delivery.check_free(path, {one.wheel: one.outcome.project for one in others})
        delivery.deliver(result.content, path)
    if result.is_kept:
        record.enforce_limits(task, result.entry, reporter)
    return WheelOutcome(_outcome(task, result, started, unchanged=unchanged), path)


def metadata(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
) -> MetadataOutcome:
    """Prepare the metadata that a project's wheel would have, or reuse them.

    A wheel that can be reused has them.

    Args:
        project: the project.
        request: what the command was asked for.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: see ``wheel``.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
    """
    started = time.monotonic()
    wheel_task, _ = _prepared(tasks.new_task(project, request, BUILD_WHEEL, cache), reporter)
    found = assess(wheel_task, tasks.known_digests(wheel_task, reporter))
    tasks.drop_unusable(wheel_task, found.unusable, reporter)
    reuse = found.verdict.reuse
    content = None if reuse is None else _metadata_of(wheel_task, reuse.build.entry, reporter)
    if reuse is not None and content is not None:
        record.mark_used(wheel_task, found.history, reuse.build.stored, reporter)
        entry = reuse.build.entry
        outcome = _outcome(wheel_task, _Result(entry, (), None, None, content), started)
        return MetadataOutcome(dataclasses.replace(outcome, sha256=entry.metadata), content)
    if metadata_hook.is_complete(project.root, project.settings.build_system, project.toml):
        task = tasks.new_task(project, request, PREPARE_METADATA_FOR_BUILD_WHEEL, cache)
        with contextlib.suppress(HookMissing):
            result = _build_or_reuse(task, reporter, before_change)
            return _metadata_outcome(task, result, result.content, reporter, started)
    from lbuild_frontend.hooks import check_wheel  # brings zipfile

    task = tasks.new_task(project, request, BUILD_WHEEL, cache)
    result = _build_or_reuse(task, reporter, before_change)
    content = check_wheel.metadata_in(result.content)
    return _metadata_outcome(task, result, content, reporter, started)


def _metadata_outcome(
    task: BuildTask, result: "_Result", content: bytes, reporter: Reporter, started: float
) -> MetadataOutcome:
    if result.is_kept:
        record.enforce_limits(task, result.entry, reporter)
    sha256 = hashlib.sha256(content).hexdigest()
    outcome = dataclasses.replace(_outcome(task, result, started), sha256=sha256)
    return MetadataOutcome(outcome, content)


def status(project: Project, request: Request, cache: Store) -> StatusOutcome:
    """Find out what ``wheel`` would do. Calls no hook and writes nothing.

    Args:
        project: the project.
        request: what the command was asked for.
        cache: where results are kept.

    Raises:
        LbuildError: if the configuration or the cache is wrong.
    """
    task = tasks.new_task(project, request, BUILD_WHEEL, cache)
    verdict = assess(task, tasks.known_digests(task, None)).verdict
    known = verdict.last if verdict.reuse is None else verdict.reuse.build
    delivered, outdated, key = None, None, None
    if verdict.reuse is None:
        key = key_of(verdict.present)
    else:
        entry = verdict.reuse.build.entry
        key = entry.key
        path = task.out_dir / entry.file
        if delivery.is_delivered(path, entry.sha256):
            delivered = path
        else:
            outdated = delivery.outdated(path, entry.name)
    return StatusOutcome(
        project=project.root,
        cache=None if cache.is_read_only else cache.root,
        name=known.entry.name if known else task.label,
        version=known.entry.version if known else None,
        reuse=verdict.reuse is not None,
        key=key,
        wheel=delivered,
        outdated=outdated,
        out_dir=request.out_dir,
        reasons=verdict.reasons,
        nearest=_nearest(verdict),
        inputs=verdict.present,
    )


@dataclass(frozen=True, slots=True)
class _Result:
    """A hook's result, built or reused.

    Attributes:
        entry: what is recorded of it.
        reasons: why it was built; empty if it was reused.
        nearest: see ``Outcome``.
        built: what the build gave; None if the result was reused.
        content: the bytes of the result.
        is_kept: whether something was added to the cache.
    """

    entry: Entry
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    built: "Built | None"
    content: bytes
    is_kept: bool = False


def _build_or_reuse(
    task: BuildTask, reporter: Reporter, before_change: Callable[[], None]
) -> _Result:
    """Return the result of the task's hook: a recorded one if it can be reused, else a new one."""
    task, problem = _prepared(task, reporter)
    digests = tasks.known_digests(task, reporter)
    if leftovers.is_taken_away(task):
        with _exclusive(task, {}, reporter):
            leftovers.recover(task, reporter)
    found = assess(task, digests)
    if found.verdict.reuse is None:
        before_change()
        with (
            _writable(task, problem, reporter) as own,
            _exclusive(own, found.verdict.present, reporter) as lock,
        ):
            # While this process waited, another one may have built it, or somebody edited it.
            cache_folder.check_private(task.cache)
            project = projects.load(task.project.root)
            task = dataclasses.replace(own, project=project, lock=lock)
            found = assess(task, digests)
            if found.verdict.reuse is None:
                return _build(task, found, reporter)
    return _reuse(task, found, found.verdict.reuse, reporter)


def _prepared(task: BuildTask, reporter: Reporter) -> tuple[BuildTask, str | None]:
    cache, problem = cache_folder.ready(task.cache, reporter)
    return dataclasses.replace(task, cache=cache), problem


@contextlib.contextmanager
def _writable(task: BuildTask, problem: str | None, reporter: Reporter) -> Iterator[BuildTask]:
    """Provide the task with a cache to build with: for one that cannot be written a temporary one.

    Args:
        problem: why nothing can be written, if that is known already, and nobody asked for it.
    """
    if problem is None and not task.cache.is_read_only:
        problem = cache_folder.problem_of_writing(task.cache)
        if problem is None:
            yield task
            return
    if problem is not None:
        reporter.warn(
            f"{task.cache.root}: the cache cannot be written ({problem}), so what is built is not "
            "kept for reuse. To read it without this warning: --cache-mode read-only"
        )
    with cache_location.writable_copy(task.cache) as cache:
        yield dataclasses.replace(task, cache=cache)


def _build(task: BuildTask, due: Assessment, reporter: Reporter) -> _Result:
    from lbuild_frontend.builds.build import build  # imports what only a build needs

    tasks.drop_unusable(task, due.unusable, reporter)
    try:
        built = build(task, due, reporter)
    except BuildFailed as error:
        from lbuild_frontend.builds import failure_log

        error.log = failure_log.keep(task, error.output)
        raise
    verdict = due.verdict
    return _Result(
        built.entry,
        verdict.reasons,
        _nearest(verdict),
        built,
        built.content,
        is_kept=task.cache.keeps,
    )


def _reuse(
    task: BuildTask, found: Assessment, reuse: Reusable[RecordedBuild], reporter: Reporter
) -> _Result:
    record.mark_used(task, found.history, reuse.build.stored, reporter)
    tasks.drop_unusable(task, found.unusable, reporter)
    task.cache.keep_digests(task.project.root, found.observer.digests)
    return _Result(reuse.build.entry, (), None, None, reuse.content)


@contextlib.contextmanager
def _exclusive(task: BuildTask, present: Snapshot, reporter: Reporter) -> Iterator[int | None]:
    """Keep other processes from building the same, and from building in the same folder.

    The context is a descriptor of the latter lock.
    """

    def note(text: str) -> None:
        reporter.note(f"{task.label}: {text}")

    with contextlib.ExitStack() as stack:
        key = key_of(present)
        if key is not None:
            what = "another lbuild that may build the same wheel"
            stack.enter_context(task.cache.lock(f"{key[:32]}-{task.hook.name}", what, note))
        # All processes take this one second, so that no two wait for each other.
        folder = hashlib.sha256(os.fsencode(task.folder)).hexdigest()[:32]
        what = f"another lbuild in {task.folder}"
        lock = stack.enter_context(task.cache.lock(folder, what, note))
        # Third: other processes may use another cache, or another name of the folder.
        own = stack.enter_context(locks.lock_folder(task.project.root, what, note))
        yield lock if own is None else own


def _metadata_of(task: BuildTask, entry: Entry, reporter: Reporter) -> bytes | None:
    """Return the metadata of a recorded wheel; None if they are missing or damaged."""
    path = task.cache.blob_path(entry.metadata)
    try:
        return task.cache.blob(entry.metadata)
    except RecordError as error:
        damaged = UnusableRecord(path, str(error), other_version=False)
        tasks.drop_unusable(task, [damaged], reporter)
        return None


def _nearest(verdict: Verdict[RecordedBuild]) -> NearestBuild | None:
    if verdict.nearest is None:
        return None
    entry = verdict.nearest.entry
    return NearestBuild(entry.folder, entry.key or "", entry.built_at)


def _outcome(
    task: BuildTask, result: _Result, started: float, *, unchanged: bool = False
) -> Outcome:
    entry, built = result.entry, result.built
    return Outcome(
        project=task.project.root,
        cache=None if task.cache.is_read_only else task.cache.root,
        name=entry.name,
        version=entry.version,
        hook=task.hook.name,
        built=built is not None,
        sha256=entry.sha256,
        key=entry.key,
        reasons=result.reasons,
        nearest=result.nearest,
        unchanged=unchanged,
        same_as_earlier=built is not None and built.same_as_earlier,
        since=entry.built_at,
        seconds=time.monotonic() - started,
        warnings=built.warnings if built else (),
    )
