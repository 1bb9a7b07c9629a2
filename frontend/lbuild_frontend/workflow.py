"""The one way through: decide, build or reuse, record, deliver."""

import contextlib
import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lbuild_frontend import delivery, job, store
from lbuild_frontend import project as projects
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.job import Job
from lbuild_frontend.project import Project
from lbuild_frontend.record import Entry, RecordError
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.request import Delivered, Outcome, Prepared, Request, Status
from lbuild_frontend.store import History, Store, Stored
from lbuild_keys.files import Digests
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.reason import Reason

if TYPE_CHECKING:
    from lbuild_frontend.building import Built


def wheel(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    building: Callable[[], None] = lambda: None,
) -> Delivered:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    Args:
        building: called before a build, once that is decided.

    Raises:
        LbuildError: for anything that the user or the backend has to put right.
    """
    started = time.monotonic()
    work = job.of(project, request, "build_wheel", cache)
    delivery.check_out_dir(work.out_dir)
    result = _result(work, reporter, building)
    path = work.out_dir / result.entry.file
    if not delivery.is_delivered(path, result.entry.sha256):
        delivery.deliver(result.content(), path)
    return Delivered(_outcome(work, result, started), path)


def metadata(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    building: Callable[[], None] = lambda: None,
) -> Prepared:
    """Prepare the metadata that a project's wheel would have, or reuse what is known of it.

    That of a wheel that can be reused is known.

    Args:
        building: see ``wheel``.

    Raises:
        LbuildError: for anything that the user or the backend has to put right.
    """
    started = time.monotonic()
    of_wheel = job.of(project, request, "build_wheel", cache)
    history = of_wheel.history()
    now = job.moment(of_wheel, history, cache.digests(project.root))
    known = job.judge(of_wheel, history, now).reuse
    if known is not None:
        with contextlib.suppress(RecordError):
            text = cache.blob(known.entry.metadata)
            if text is not None:
                reused = _Result(known.entry, (), None, lambda: text)
                outcome = _outcome(of_wheel, reused, started)
                outcome = dataclasses.replace(outcome, sha256=known.entry.metadata)
                return Prepared(outcome, text)
    work = job.of(project, request, "prepare_metadata_for_build_wheel", cache)
    result = _result(work, reporter, building)
    return Prepared(_outcome(work, result, started), result.content())


@dataclass(frozen=True, slots=True)
class _Result:
    """A hook's result, built or reused.

    Attributes:
        reasons: why it was built.
        built: what came of that; None if it was reused.
        content: gives the bytes.
    """

    entry: Entry
    reasons: tuple[Reason, ...]
    built: "Built | None"
    content: Callable[[], bytes]


def _result(work: Job, reporter: Reporter, building: Callable[[], None]) -> _Result:
    """Decide, and build if need be."""
    store.check_writable(work.cache)
    work = dataclasses.replace(work, cache=work.cache.prepared())
    digests = work.cache.digests(work.project.root)
    history = work.history()
    verdict = job.judge(work, history, job.moment(work, history, digests))
    if verdict.reuse is None:
        building()
        with _alone(work, verdict.present, reporter):
            # While this one waited another process may have built it, or somebody edited it.
            work = dataclasses.replace(work, project=projects.load(work.project.root))
            history = work.history()
            now = job.moment(work, history, digests)
            verdict = job.judge(work, history, now)
            if verdict.reuse is None:
                from lbuild_frontend.building import build  # brings what only a build needs

                built = build(work, history, now, verdict, reporter)
                return _Result(built.entry, verdict.reasons, built, lambda: built.content)
    entry = verdict.reuse.entry
    _mark_used(work, history, verdict.reuse, digests)
    return _Result(entry, (), None, lambda: _from_cache(work, entry))


def _from_cache(work: Job, entry: Entry) -> bytes:
    content = work.cache.blob(entry.sha256)
    if content is None:
        message = f"{work.label}: {entry.file} was removed from the cache just now. Try again."
        raise LbuildError(message)
    return content


def status(project: Project, request: Request, cache: Store) -> Status:
    """Find out what ``wheel`` would do. Calls no hook and writes nothing.

    Raises:
        LbuildError: if the configuration or the cache is wrong.
    """
    work = job.of(project, request, "build_wheel", cache)
    digests = cache.digests(project.root)
    history = work.history()
    verdict = job.judge(work, history, job.moment(work, history, digests))
    known = verdict.reuse or verdict.last
    delivered, outdated = None, None
    if verdict.reuse is not None:
        path = work.out_dir / verdict.reuse.entry.file
        if delivery.is_delivered(path, verdict.reuse.entry.sha256):
            delivered = path
        else:
            outdated = delivery.outdated(path, verdict.reuse.entry.name)
    return Status(
        project=project.root,
        name=known.entry.name if known else work.label,
        version=known.entry.version if known else None,
        reuse=verdict.reuse is not None,
        key=verdict.reuse.entry.key if verdict.reuse else key_of(verdict.present),
        wheel=delivered,
        outdated=outdated,
        reasons=verdict.reasons,
        inputs=verdict.present,
    )


@contextlib.contextmanager
def _alone(work: Job, present: Snapshot, reporter: Reporter) -> Iterator[None]:
    """Hold off other processes that would build the same, or build in the same folder."""
    with contextlib.ExitStack() as stack:
        key = key_of(present)
        if key is not None:
            message = f"{work.label}: waiting for another lbuild that may build the same"
            stack.enter_context(
                work.cache.lock(f"{key[:32]}-{work.hook}", lambda: reporter.note(message))
            )
        # Taken second by all, so that no two wait for each other.
        folder = hashlib.sha256(os.fsencode(work.folder)).hexdigest()[:32]
        message_folder = f"{work.label}: waiting for another lbuild in {work.folder}"
        stack.enter_context(work.cache.lock(folder, lambda: reporter.note(message_folder)))
        yield


def _mark_used(work: Job, history: History, stored: Stored, digests: Digests) -> None:
    entry, cache = stored.entry, work.cache
    here = dataclasses.replace(entry, folder=work.folder, out_dir=work.relative_out_dir)
    # This folder's changes are told as differences to the entry that it used last.
    own = next((one for one in (stored, *history.entries) if one.entry == here), None)
    if own is None:
        cache.publish(work.identity, work.hook, here)
    else:
        cache.mark_used(own)
    for unusable in history.unusable:
        cache.drop(unusable)
    cache.keep_digests(work.project.root, digests)


def _outcome(work: Job, result: _Result, started: float) -> Outcome:
    entry, built = result.entry, result.built
    return Outcome(
        project=work.project.root,
        name=entry.name,
        version=entry.version,
        hook=work.hook,
        built=built is not None,
        sha256=entry.sha256,
        key=entry.key,
        reasons=result.reasons,
        same_as_before=built is not None and built.same_as_before,
        since=entry.built_at,
        seconds=time.monotonic() - started,
        warnings=built.warnings if built else (),
    )
