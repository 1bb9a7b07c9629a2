"""What the commands on projects do with the results of hooks: deliver them, or report on them."""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import record, workflow
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import assess
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store, UnusableRecord
from lbuild_frontend.errors import BuildFailed, HookMissing
from lbuild_frontend.model.hook import (
    BUILD_EDITABLE,
    BUILD_SDIST,
    BUILD_WHEEL,
    PREPARE_METADATA_FOR_BUILD_EDITABLE,
    PREPARE_METADATA_FOR_BUILD_WHEEL,
    Hook,
)
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members, MemberWheel
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    LastBuild,
    MemberOutcome,
    MetadataOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects.project import Project
from lbuild_keys.backends import metadata_hook
from lbuild_keys.content import Content
from lbuild_keys.model import key_of


def wheel(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    members: Members = NO_MEMBERS,
) -> WheelOutcome:
    """Build a project's wheel, or reuse the one that was built from the same inputs.

    Args:
        project: the project.
        request: what the command was asked for; it says whether an editable wheel is meant.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: called before a build or a delivery, once it is found to be due.
        earlier: what the same command has delivered and printed the paths of.
        members: what the project is given of its workspace.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
        MembersNeeded: if it cannot be built, or reused, before other members.
    """
    hook = BUILD_EDITABLE if request.editable else BUILD_WHEEL
    started = time.monotonic()
    result, path, unchanged = _deliver(
        project, request, hook, cache, reporter, before_change, earlier, members
    )
    outcome = workflow.outcome_of(result, started, unchanged=unchanged)
    return WheelOutcome(outcome, path, _as_member(result, members))


def member_wheel(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
) -> MemberOutcome:
    """Build or reuse a project's wheel for another member of its workspace; it is not delivered.

    Args and Raises:
        see ``wheel``.
    """
    started = time.monotonic()
    result = workflow.obtain(
        project, request, BUILD_WHEEL, cache, reporter, before_change, members=members
    )
    if result.is_kept:
        record.enforce_limits(result.task, result.entry, reporter)
    outcome = workflow.outcome_of(result, started, unchanged=result.built is None)
    return MemberOutcome(outcome, workflow.member_wheel_of(result))


def _as_member(result: Obtained, members: Members) -> MemberWheel | None:
    return workflow.member_wheel_of(result) if members.folders else None


def sdist(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[DeliveredOutcome] = (),
    members: Members = NO_MEMBERS,
) -> SdistOutcome:
    """Build a project's source distribution, or reuse the one built from the same inputs.

    Args and Raises:
        see ``wheel``.
    """
    started = time.monotonic()
    result, path, unchanged = _deliver(
        project, request, BUILD_SDIST, cache, reporter, before_change, earlier, members
    )
    return SdistOutcome(workflow.outcome_of(result, started, unchanged=unchanged), path)


def _deliver(
    project: Project,
    request: Request,
    hook: Hook,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None],
    earlier: Iterable[DeliveredOutcome],
    members: Members,
) -> tuple[Obtained, Path, bool]:
    """Obtain a result and put it into the out-dir: return both, and whether it was there before."""
    delivery.check_out_dir(tasks.out_dir_of(project, request))
    with _missing_hook_reported(project, hook):
        result = workflow.obtain(
            project, request, hook, cache, reporter, before_change, members=members
        )
    path = result.task.out_dir / result.entry.file
    unchanged = delivery.is_delivered(path, result.entry.sha256)
    if not unchanged:
        before_change()
        others = (one for one in earlier if one.outcome.project != project.place)
        delivery.check_free(path, {one.path: one.outcome.project for one in others})
        delivery.deliver(result.content, path)
    if result.is_kept:
        record.enforce_limits(result.task, result.entry, reporter)
    return result, path, unchanged


@contextlib.contextmanager
def _missing_hook_reported(project: Project, hook: Hook) -> Iterator[None]:
    """Turn a hook that a backend need not have, but the command needs, into an error of the build.

    Raises:
        BuildFailed: instead of ``HookMissing``.
    """
    try:
        yield
    except HookMissing as error:
        backend = project.settings.build_system.build_backend
        message = (
            f"{project.label}: the build backend {backend!r} has no {hook.name} hook (PEP 660). "
            "Require a version that has one, or build a wheel."
        )
        raise BuildFailed(message) from error


def metadata(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    members: Members = NO_MEMBERS,
) -> MetadataOutcome:
    """Prepare the metadata that a project's wheel would have, or reuse them.

    A wheel that can be reused has them.

    Args:
        project: the project.
        request: what the command was asked for; it says whether an editable wheel is meant.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: see ``wheel``, and so with ``members``.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
        MembersNeeded: see ``wheel``.
    """
    started = time.monotonic()
    hook, preparing = BUILD_WHEEL, PREPARE_METADATA_FOR_BUILD_WHEEL
    if request.editable:
        hook, preparing = BUILD_EDITABLE, PREPARE_METADATA_FOR_BUILD_EDITABLE
    task, _ = workflow.prepared(
        tasks.new_task(project, request, hook, cache, members=members), reporter
    )
    found = assess(task, tasks.known_digests(task, reporter))
    tasks.drop_unusable(task, found.unusable, reporter)
    reuse = found.verdict.reuse
    content = None if reuse is None else _metadata_of(task, reuse.build.entry, reporter)
    if reuse is not None and content is not None:
        record.mark_used(task, found.history, reuse.build.stored, reporter)
        entry = reuse.build.entry
        outcome = workflow.outcome_of(
            Obtained(task, entry, (), None, None, Content.of(content)), started
        )
        return MetadataOutcome(outcome._replace(sha256=entry.metadata), content)
    if metadata_hook.is_complete(project.root, project.settings.build_system, project.toml):
        with contextlib.suppress(HookMissing):
            result = workflow.obtain(
                project, request, preparing, cache, reporter, before_change, members=members
            )
            return _metadata_outcome(result, result.content.read(), reporter, started)
    with _missing_hook_reported(project, hook):
        result = workflow.obtain(
            project, request, hook, cache, reporter, before_change, members=members
        )
    return _metadata_outcome(result, workflow.metadata_of(result), reporter, started)


def _metadata_outcome(
    result: Obtained, content: bytes, reporter: Reporter, started: float
) -> MetadataOutcome:
    if result.is_kept:
        record.enforce_limits(result.task, result.entry, reporter)
    sha256 = hashlib.sha256(content).hexdigest()
    outcome = workflow.outcome_of(result, started)._replace(sha256=sha256)
    return MetadataOutcome(outcome, content)


def status(
    project: Project, request: Request, cache: Store, members: Members = NO_MEMBERS
) -> StatusOutcome:
    """Find out what ``wheel`` would do. Calls no hook and writes nothing.

    Args:
        project: the project.
        request: what the command was asked for.
        cache: where results are kept.
        members: see ``wheel``.

    Raises:
        LbuildError: if the configuration or the cache is wrong.
        MembersNeeded: see ``wheel``.
    """
    task = tasks.new_task(project, request, BUILD_WHEEL, cache, members=members)
    verdict = assess(task, tasks.known_digests(task, None)).verdict
    known = verdict.last if verdict.reuse is None else verdict.reuse.build
    delivered, outdated, key, as_member = None, None, None, None
    if verdict.reuse is None:
        key = key_of(verdict.present)
    else:
        entry = verdict.reuse.build.entry
        key = entry.key
        if members.folders:
            as_member = workflow.reusable_member_wheel(task, verdict.reuse)
        path = task.out_dir / entry.file
        if delivery.is_delivered(path, entry.sha256):
            delivered = path
        else:
            outdated = delivery.outdated(path, entry.name)
    return StatusOutcome(
        project=project.place,
        cache=None if cache.is_read_only else cache.root,
        name=known.entry.name if known else task.label,
        version=known.entry.version if known else None,
        reuse=verdict.reuse is not None,
        key=key,
        wheel=delivered,
        outdated=outdated,
        out_dir=request.out_dir,
        reasons=verdict.reasons,
        nearest=workflow.nearest_build(verdict),
        inputs=verdict.present,
        as_member=as_member,
        last_build=LastBuild(known.entry.built_at, known.entry.because or ()) if known else None,
    )


def _metadata_of(task: BuildTask, entry: Entry, reporter: Reporter) -> bytes | None:
    """Return the metadata of a recorded wheel; None if they are missing or damaged."""
    path = task.cache.blob_path(entry.metadata)
    try:
        return task.cache.blob(entry.metadata)
    except RecordError as error:
        damaged = UnusableRecord(path, str(error), other_version=False)
        tasks.drop_unusable(task, [damaged], reporter)
        return None
