"""The one way through: decide, build or reuse, record, deliver."""

import contextlib
import dataclasses
import hashlib
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lbuild_frontend import delivery, job, store
from lbuild_frontend import project as projects
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.job import HOOK, Job
from lbuild_frontend.project import Project
from lbuild_frontend.record import Entry
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.request import Delivered, Request, Status
from lbuild_frontend.store import History, Store, Stored
from lbuild_keys.files import Digests
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.reason import Reason

if TYPE_CHECKING:
    from lbuild_frontend.building import Built


def wheel(project: Project, request: Request, cache: Store, reporter: Reporter) -> Delivered:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    Raises:
        LbuildError: for anything that the user or the backend has to put right.
    """
    started = time.monotonic()
    work = job.of(project, request, cache)
    delivery.check_out_dir(work.out_dir)
    store.check_writable(cache)
    cache = cache.prepared()
    work = dataclasses.replace(work, cache=cache)
    digests = cache.digests(project.root)
    history = work.history()
    verdict = job.judge(work, history, job.moment(work, history, digests))
    if verdict.reuse is None:
        with _alone(work, verdict.present, reporter):
            # While this one waited another process may have built it, or somebody edited it.
            work = dataclasses.replace(work, project=projects.load(project.root))
            history = work.history()
            now = job.moment(work, history, digests)
            verdict = job.judge(work, history, now)
            if verdict.reuse is None:
                from lbuild_frontend import building  # brings what only a build needs

                built = building.build(work, history, now, verdict, reporter)
                path = work.out_dir / built.entry.wheel
                if not delivery.is_delivered(path, built.entry.sha256):
                    delivery.deliver(built.content, path)
                return _delivered(work, built.entry, started, verdict.reasons, built)
    _reuse(work, history, verdict.reuse, digests)
    return _delivered(work, verdict.reuse.entry, started)


def status(project: Project, request: Request, cache: Store) -> Status:
    """Find out what ``wheel`` would do. Calls no hook and writes nothing.

    Raises:
        LbuildError: if the configuration or the cache is wrong.
    """
    work = job.of(project, request, cache)
    digests = cache.digests(project.root)
    history = work.history()
    verdict = job.judge(work, history, job.moment(work, history, digests))
    known = verdict.reuse or verdict.last
    delivered, outdated = None, None
    if verdict.reuse is not None:
        path = work.out_dir / verdict.reuse.entry.wheel
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
            message = f"{work.label}: waiting for another lbuild to build the same wheel"
            stack.enter_context(work.cache.lock(key[:32], lambda: reporter.note(message)))
        # Taken second by all, so that no two wait for each other.
        folder = hashlib.sha256(os.fsencode(work.folder)).hexdigest()[:32]
        message_folder = f"{work.label}: waiting for another lbuild in {work.folder}"
        stack.enter_context(work.cache.lock(folder, lambda: reporter.note(message_folder)))
        yield


def _reuse(work: Job, history: History, stored: Stored, digests: Digests) -> None:
    entry, cache = stored.entry, work.cache
    path = work.out_dir / entry.wheel
    if not delivery.is_delivered(path, entry.sha256):
        content = cache.blob(entry.sha256)
        if content is None:
            message = f"{work.label}: {entry.wheel} was removed from the cache just now. Try again."
            raise LbuildError(message)
        delivery.deliver(content, path)
    here = dataclasses.replace(entry, folder=work.folder, out_dir=work.relative_out_dir)
    if entry == here:
        cache.mark_used(stored)
    else:
        # From now on this folder's changes are told as differences to this entry.
        cache.publish(work.identity, HOOK, here)
    for unusable in history.unusable:
        cache.drop(unusable)
    cache.keep_digests(work.project.root, digests)


def _delivered(
    work: Job,
    entry: Entry,
    started: float,
    reasons: tuple[Reason, ...] = (),
    built: "Built | None" = None,
) -> Delivered:
    return Delivered(
        project=work.project.root,
        name=entry.name,
        version=entry.version,
        built=built is not None,
        wheel=work.out_dir / entry.wheel,
        sha256=entry.sha256,
        key=entry.key,
        reasons=reasons,
        same_as_before=built is not None and built.same_as_before,
        since=entry.built_at,
        seconds=time.monotonic() - started,
        warnings=built.warnings if built else (),
    )
