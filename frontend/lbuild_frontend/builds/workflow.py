"""One project through: check, lock, check again, build or reuse, record. ``verbs`` delivers."""

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.builds import cache_location, leftovers, record
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import Assessment, RecordedBuild, assess
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import locks
from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import BuildFailed, CacheError
from lbuild_frontend.model.hook import Hook
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members, MemberWheel
from lbuild_frontend.model.outcome import (
    NearestBuild,
    Outcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects import project as projects
from lbuild_frontend.projects.project import Project
from lbuild_keys.content import Content
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.decision.verdict import Reusable, Verdict
from lbuild_keys.model import Snapshot, key_of
from lbuild_keys.pep508 import normalize_name

if TYPE_CHECKING:
    from lbuild_frontend.builds.build import Built


class Obtained(NamedTuple):
    """A hook's result, built or reused. It is not delivered yet.

    Attributes:
        task: the task, with the cache that was asked for.
        entry: what is recorded of it.
        reasons: why it was built; empty if it was reused.
        nearest: see ``Outcome``.
        built: what the build gave; None if the result was reused.
        content: the result.
        is_kept: whether something was added to the cache.
    """

    task: BuildTask
    entry: Entry
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    built: "Built | None"
    content: Content
    is_kept: bool = False


def obtain(
    project: Project,
    request: Request,
    hook: Hook,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    interpreter: Interpreter | None = None,
    members: Members = NO_MEMBERS,
) -> Obtained:
    """Return a hook's result for a project: a recorded one if it can be reused, else a new one.

    Args:
        project: the project.
        request: what the command was asked for.
        hook: the one whose result is wanted.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: called before a build, once it is found to be due.
        interpreter: see ``task.new_task``.
        members: likewise.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
        HookMissing: if the backend does not have the hook, and need not have it.
        MembersNeeded: if it needs wheels of other members first; nothing has changed then.
    """
    task = tasks.new_task(project, request, hook, cache, interpreter, members)
    return _build_or_reuse(task, reporter, before_change)._replace(task=task)


def _build_or_reuse(
    task: BuildTask, reporter: Reporter, before_change: Callable[[], None]
) -> Obtained:
    task, problem = prepared(task, reporter)
    digests = tasks.known_digests(task, reporter)
    if leftovers.is_taken_away(task):
        with _exclusive(task, {}, reporter):
            leftovers.recover(task, reporter)
    found = assess(task, digests)
    if found.verdict.reuse is None:
        before_change()
        with (
            _writable(task, problem, reporter) as own,
            _exclusive(own, found.verdict.present, reporter) as (lock, has_waited),
        ):
            cache_folder.check_private(task.cache)
            now = own._replace(project=projects.reload(task.project), lock=lock)
            if has_waited or not _is_as_decided(task, now, found):
                found = assess(now, digests)
            task = now
            if found.verdict.reuse is None:
                return _build(task, found, reporter)
    return _reuse(task, found, found.verdict.reuse, reporter)


def _is_as_decided(then: BuildTask, now: BuildTask, found: Assessment) -> bool:
    """Whether the decision to build holds once the locks are held, so that there is no other one.

    Another process may have built meanwhile, or somebody edited pyproject.toml. An edit of another
    file is noticed after the build: there the states that the decision found are compared.
    """
    same_task = now.project == then.project and now.cache == then.cache
    return same_task and now.history() == found.history


def prepared(task: BuildTask, reporter: Reporter) -> tuple[BuildTask, str | None]:
    """Return the task with a cache that can be read, and why nothing can be written to it."""
    cache, problem = cache_folder.ready(task.cache, reporter)
    return task._replace(cache=cache), problem


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
        yield task._replace(cache=cache)


def _build(task: BuildTask, due: Assessment, reporter: Reporter) -> Obtained:
    from lbuild_frontend.builds.build import build  # imports what only a build needs

    tasks.drop_unusable(task, due.unusable, reporter)
    try:
        built = build(task, due, reporter)
    except BuildFailed as error:
        from lbuild_frontend.builds import failure_log

        error.log = failure_log.keep(task, error.output)
        raise
    verdict = due.verdict
    return Obtained(
        task,
        built.entry,
        verdict.reasons,
        nearest_build(verdict),
        built,
        built.content,
        is_kept=task.cache.keeps,
    )


def _reuse(
    task: BuildTask, found: Assessment, reuse: Reusable[RecordedBuild], reporter: Reporter
) -> Obtained:
    record.mark_used(task, found.history, reuse.build.stored, reporter)
    tasks.drop_unusable(task, found.unusable, reporter)
    tasks.keep_digests(task, found.observer.digests)
    return Obtained(task, reuse.build.entry, (), None, None, reuse.content)


@contextlib.contextmanager
def _exclusive(task: BuildTask, present: Snapshot, reporter: Reporter) -> Iterator[locks.Held]:
    """Keep other processes from building the same, and from building in the same folder.

    The context has a descriptor of the latter lock, and whether one of them was waited for.
    """

    def note(text: str) -> None:
        reporter.note(f"{task.label}: {text}")

    with contextlib.ExitStack() as stack:
        held = []
        if (key := key_of(present)) is not None:
            what = "another lbuild that may build the same wheel"
            name = f"{key[:32]}-{task.hook.name}"
            held.append(stack.enter_context(task.cache.lock(name, what, note)))
        # All processes take this one second, so that no two wait for each other.
        folder = hashlib.sha256(os.fsencode(task.folder)).hexdigest()[:32]
        what = f"another lbuild in {task.folder}"
        held.append(stack.enter_context(task.cache.lock(folder, what, note)))
        # Third: other processes may use another cache, or another name of the folder.
        held.append(stack.enter_context(locks.lock_folder(task.project.root, what, note)))
        *_, file, own = held
        descriptor = file.descriptor if own.descriptor is None else own.descriptor
        yield locks.Held(descriptor, any(each.has_waited for each in held))


def metadata_of(result: Obtained) -> bytes:
    """Return the metadata of a wheel; of an editable one those that the metadata hook prepared.

    An installer resolves the latter, and a backend need not put them into the wheel.
    """
    if result.built is not None:
        return result.built.metadata
    with contextlib.suppress(RecordError):
        content = result.task.cache.blob(result.entry.metadata)
        if content is not None:
            return content
    from lbuild_frontend.hooks import check_wheel  # brings zipfile

    return check_wheel.metadata_in(result.content)


def member_wheel_of(result: Obtained) -> MemberWheel:
    """Return what the other members of a workspace are given of a wheel."""
    entry = result.entry
    return MemberWheel(
        project=result.task.project.root,
        name=normalize_name(entry.name),
        version=entry.version,
        file=entry.file,
        content_digest=entry.content,
        requires=_required_by(metadata_of(result)),
        opened=_opened(result),
        reasons=result.reasons,
        meant=result.task.members.meant,
    )


def _opened(result: Obtained) -> Callable[[], Content]:
    """Return what opens a wheel again: only one that will not stay in the cache is kept open."""
    cache, sha256, content = result.task.cache, result.entry.sha256, result.content
    if cache.is_temporary or (result.built is not None and not result.is_kept):
        return lambda: content
    label = result.task.label

    def opened() -> Content:
        try:
            found = cache.open_blob(sha256)
        except RecordError:
            found = None
        if found is None:
            message = (
                f"{label}: its wheel is not in the cache any more: another command has removed it. "
                "Run this one again."
            )
            raise CacheError(message)
        return found

    return opened


def reusable_member_wheel(task: BuildTask, reuse: Reusable[RecordedBuild]) -> MemberWheel:
    """Return the same of a wheel that was found to be reusable, and is not obtained."""
    return member_wheel_of(Obtained(task, reuse.build.entry, (), None, None, reuse.content))


def _required_by(metadata: bytes) -> tuple[str, ...]:
    """Return what a distribution requires at run time (PEP 508), by its METADATA."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]  # without the description
    if b"requires-dist" not in head.lower():
        return ()
    from packaging.metadata import parse_email  # brings all of email

    raw, _ = parse_email(head)
    return tuple(raw.get("requires_dist", ()))


def nearest_build(verdict: Verdict[RecordedBuild]) -> NearestBuild | None:
    """Return the build of another folder that the reasons are differences to, if there is one."""
    if verdict.nearest is None:
        return None
    entry = verdict.nearest.entry
    return NearestBuild(entry.folder, entry.key or "", entry.built_at)


def outcome_of(result: Obtained, started: float, *, unchanged: bool = False) -> Outcome:
    """Return what a command tells of a result.

    Args:
        result: the result.
        started: when the command began with this project, by the monotonic clock.
        unchanged: whether the out-dir has had it since before the command.
    """
    task, entry, built = result.task, result.entry, result.built
    return Outcome(
        project=task.project.place,
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
