"""The one way through: decide, build or reuse, record, deliver."""

import contextlib
import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend import replay
from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import project as projects
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.project import Project
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.builds.verdict import Reusable
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import limits, locks
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History, Store, StoredEntry, UnusableRecord
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.outcome import (
    MetadataOutcome,
    Outcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_keys.config import sizes
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import Snapshot, key_of

if TYPE_CHECKING:
    from lbuild_frontend.builds.build import Built


def wheel(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    building: Callable[[], None] = lambda: None,
    earlier: Iterable[WheelOutcome] = (),
) -> WheelOutcome:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    Args:
        building: called before a build, once that is decided.
        earlier: what the same command has delivered, and told the places of.

    Raises:
        LbuildError: for anything that the user or the backend has to put right.
    """
    started = time.monotonic()
    task = tasks.of(project, request, "build_wheel", cache)
    delivery.check_out_dir(task.out_dir)
    result = _result(task, reporter, building)
    path = task.out_dir / result.entry.file
    if not delivery.is_delivered(path, result.entry.sha256):
        _check_free(path, [one for one in earlier if one.outcome.project != project.root])
        delivery.deliver(result.content, path)
    if result.built is not None:
        _see_to_bounds(task, result.entry, reporter)
    return WheelOutcome(_outcome(task, result, started), path)


def metadata(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    building: Callable[[], None] = lambda: None,
) -> MetadataOutcome:
    """Prepare the metadata that a project's wheel would have, or reuse what is known of it.

    That of a wheel that can be reused is known.

    Args:
        building: see ``wheel``.

    Raises:
        LbuildError: for anything that the user or the backend has to put right.
    """
    started = time.monotonic()
    of_wheel = tasks.of(project, request, "build_wheel", cache)
    history = of_wheel.history()
    now = tasks.observer(of_wheel, history, tasks.digests(of_wheel, reporter))
    verdict = tasks.judge(of_wheel, history, now)
    known = verdict.reuse
    tasks.drop(of_wheel, (*history.unusable, *verdict.unusable), reporter)
    text = None if known is None else _metadata_of(of_wheel, known, reporter)
    if known is not None and text is not None:
        _mark_used(of_wheel, history, known.stored, reporter)
        _count(of_wheel, replay.HITS)
        outcome = _outcome(of_wheel, _Result(known.entry, (), None, text), started)
        return MetadataOutcome(dataclasses.replace(outcome, sha256=known.entry.metadata), text)
    task = tasks.of(project, request, "prepare_metadata_for_build_wheel", cache)
    result = _result(task, reporter, building)
    if result.built is not None:
        _see_to_bounds(task, result.entry, reporter)
    return MetadataOutcome(_outcome(task, result, started), result.content)


def _check_free(path: Path, earlier: Iterable[WheelOutcome]) -> None:
    """See that no wheel of the same command has to make way for another one of its name.

    Raises:
        LbuildError: if one lies there: two clones of a project give wheels of one name.
    """
    place = os.path.realpath(path)
    other = next((one for one in earlier if os.path.realpath(one.wheel) == place), None)
    if other is not None:
        message = (
            f"{path}: the wheel of {other.outcome.project} was just put there, and has the same "
            "name. Build them one by one, each with an --out-dir of its own."
        )
        raise LbuildError(message)


def _see_to_bounds(task: BuildTask, entry: Entry, reporter: Reporter) -> None:
    """Keep the cache within its bounds now that something came to it."""
    if task.request.no_cache:
        return
    from lbuild_frontend.maintenance import removal

    most = task.bounds.size
    try:
        removed = removal.after_build(task.cache, most, reporter)
    except (LbuildError, OSError) as error:
        reporter.warn(f"{task.label}: the cache was not kept within its bounds. {error}")
        return
    if most is not None and entry.sha256 in removed.blobs:
        reporter.warn(
            f"{task.label}: {entry.file} was not kept for reuse, for the cache may hold no more "
            f"than {sizes.format_size(most)}. Let it hold more: tool.lbuild.cache-size or "
            f"{limits.VARIABLE}."
        )


def _metadata_of(task: BuildTask, known: Reusable, reporter: Reporter) -> bytes | None:
    """The metadata of a wheel; None if they are missing or damaged."""
    path = task.cache.blob_path(known.entry.metadata)
    try:
        return task.cache.blob(known.entry.metadata)
    except RecordError as error:
        tasks.drop(task, [UnusableRecord(path, str(error), other_version=False)], reporter)
        return None


@dataclass(frozen=True, slots=True)
class _Result:
    """A hook's result, built or reused.

    Attributes:
        reasons: why it was built.
        built: what came of that; None if it was reused.
        content: its bytes.
    """

    entry: Entry
    reasons: tuple[Reason, ...]
    built: "Built | None"
    content: bytes


def _result(task: BuildTask, reporter: Reporter, building: Callable[[], None]) -> _Result:
    """Decide, and build if need be."""
    cache_folder.check_writable(task.cache)
    task = dataclasses.replace(task, cache=cache_folder.prepared(task.cache, reporter))
    digests = tasks.digests(task, reporter)
    history = task.history()
    verdict = tasks.judge(task, history, tasks.observer(task, history, digests))
    if verdict.reuse is None:
        building()
        with _alone(task, verdict.present, reporter) as lock:
            # While this one waited another process may have built it, or somebody edited it.
            cache_folder.check_private(task.cache)
            project = projects.load(task.project.root)
            task = dataclasses.replace(task, project=project, lock=lock)
            history = task.history()
            now = tasks.observer(task, history, digests)
            verdict = tasks.judge(task, history, now)
            tasks.drop(task, (*history.unusable, *verdict.unusable), reporter)
            if verdict.reuse is None:
                from lbuild_frontend.builds.build import build  # brings what only a build needs

                built = build(task, history, now, verdict, reporter)
                _count(task, replay.MISSES)
                return _Result(built.entry, verdict.reasons, built, built.content)
    _mark_used(task, history, verdict.reuse.stored, reporter)
    tasks.drop(task, (*history.unusable, *verdict.unusable), reporter)
    task.cache.keep_digests(task.project.root, digests)
    _count(task, replay.HITS)
    return _Result(verdict.reuse.entry, (), None, verdict.reuse.content)


def status(project: Project, request: Request, cache: Store) -> StatusOutcome:
    """Find out what ``wheel`` would do. Calls no hook and writes nothing.

    Raises:
        LbuildError: if the configuration or the cache is wrong.
    """
    task = tasks.of(project, request, "build_wheel", cache)
    history = task.history()
    verdict = tasks.judge(task, history, tasks.observer(task, history, tasks.digests(task, None)))
    known = verdict.reuse or verdict.last
    delivered, outdated = None, None
    if verdict.reuse is not None:
        path = task.out_dir / verdict.reuse.entry.file
        if delivery.is_delivered(path, verdict.reuse.entry.sha256):
            delivered = path
        else:
            outdated = delivery.outdated(path, verdict.reuse.entry.name)
    return StatusOutcome(
        project=project.root,
        cache=cache.root,
        name=known.entry.name if known else task.label,
        version=known.entry.version if known else None,
        reuse=verdict.reuse is not None,
        key=verdict.reuse.entry.key if verdict.reuse else key_of(verdict.present),
        wheel=delivered,
        outdated=outdated,
        reasons=verdict.reasons,
        inputs=verdict.present,
    )


@contextlib.contextmanager
def _alone(task: BuildTask, present: Snapshot, reporter: Reporter) -> Iterator[int | None]:
    """Hold off other processes that would build the same, or build in the same folder.

    The context is a descriptor of the latter lock.
    """

    def tell(text: str) -> None:
        reporter.note(f"{task.label}: {text}")

    with contextlib.ExitStack() as stack:
        key = key_of(present)
        if key is not None:
            what = "another lbuild that may build the same"
            stack.enter_context(task.cache.lock(f"{key[:32]}-{task.hook}", what, tell))
        # Taken second by all, so that no two wait for each other.
        folder = hashlib.sha256(os.fsencode(task.folder)).hexdigest()[:32]
        what = f"another lbuild in {task.folder}, or a hook that it has left"
        lock = stack.enter_context(task.cache.lock(folder, what, tell))
        # Third, for those who use another cache, or have another name for the folder.
        own = stack.enter_context(locks.lock_folder(task.project.root, what, tell))
        yield lock if own is None else own


def _mark_used(task: BuildTask, history: History, stored: StoredEntry, reporter: Reporter) -> None:
    entry, cache = stored.entry, task.cache
    here = dataclasses.replace(entry, folder=task.folder, out_dir=task.relative_out_dir)
    # This folder's changes are told as differences to the entry that it used last.
    own = next((one for one in (stored, *history.entries) if one.entry == here), None)
    if own is not None:
        cache.mark_used(own)
        return
    try:
        with cache.exclusive(reporter.note):
            named = (entry.sha256, entry.metadata, entry.snapshot)
            if all(cache.blob_path(sha256).exists() for sha256 in named):  # until just now
                cache.publish(task.identity, task.hook, here)
                tasks.forget_surplus(task, task.history())
    except LbuildError as error:
        reporter.warn(f"{task.label}: the cache does not note that this was used here. {error}")


def _count(task: BuildTask, what: str) -> None:
    with contextlib.suppress(OSError):
        cache_files.make_folder(task.cache.root / replay.COUNTS)
    replay.count(os.fspath(task.cache.root), what)


def _outcome(task: BuildTask, result: _Result, started: float) -> Outcome:
    entry, built = result.entry, result.built
    return Outcome(
        project=task.project.root,
        cache=task.cache.root,
        name=entry.name,
        version=entry.version,
        hook=task.hook,
        built=built is not None,
        sha256=entry.sha256,
        key=entry.key,
        reasons=result.reasons,
        same_as_before=built is not None and built.same_as_before,
        since=entry.built_at,
        seconds=time.monotonic() - started,
        warnings=built.warnings if built else (),
    )
