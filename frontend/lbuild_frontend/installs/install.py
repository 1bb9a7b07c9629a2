"""One project into one environment: obtain the wheel, compare, replace what differs, verify."""

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from lbuild_frontend.builds import deliver as delivery
from lbuild_frontend.builds import record, workflow
from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds.assess import assess
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache import locks
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import BuildFailed, HookMissing, InstallFailed, LbuildError
from lbuild_frontend.installs import distribution, wheel_contents
from lbuild_frontend.installs import extras as extra_names
from lbuild_frontend.installs import plan as plans
from lbuild_frontend.installs import target as targets
from lbuild_frontend.installs.origin import Origin
from lbuild_frontend.installs.plan import Plan, Wanted
from lbuild_frontend.installs.target import Target
from lbuild_frontend.installs.wheel_contents import WheelContents
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_WHEEL
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members
from lbuild_frontend.model.outcome import InstallOutcome, Outcome
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import InstallRequest, Request
from lbuild_frontend.projects.project import Project
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name


def install(
    project: Project,
    request: Request,
    asked: InstallRequest,
    extras: Collection[str],
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None] = lambda: None,
    earlier: Iterable[InstallOutcome] = (),
) -> InstallOutcome:
    """Install a project into an environment, unless exactly that is there already.

    Args:
        project: the project.
        request: how its wheel is built; ``python`` names the environment.
        asked: what is installed, and how.
        extras: normalised names.
        cache: where results are kept.
        reporter: is told what goes on.
        before_change: called before a build or a change of the environment.
        earlier: what the same command has installed.

    Raises:
        LbuildError: for anything that the user, or the backend, has to correct.
        InstallFailed: if the installer fails.
        OSError: for what lbuild does not expect.
    """
    started = time.monotonic()
    target = targets.find(request.python, project.folder, os.environ)
    targets.check_managed(target, may_break=asked.break_system_packages)

    request = request._replace(python=target.interpreter.executable)
    if asked.dry_run:
        due = if_due(target, project, request, cache, started)
        if due is not None:
            return due
    obtained = obtain(project, request, cache, reporter, before_change, target)
    wanted = _wanted(project, asked, extras, obtained, target)
    _check_free(target, project, obtained, earlier)
    digests = known_digests(cache, target, wanted.wheel.name)
    plan = plans.make(target, wanted, digests)
    if not plan.is_empty and not asked.dry_run:
        targets.check_changeable(target)
        before_change()
        reporter.progress(f"{project.label}: installing into {target.prefix}")
        with locked(target, project.label, reporter):
            plan = plans.make(target, wanted, digests)  # another process may have done it
            if not plan.is_empty:
                _carry_out(target, wanted, plan, project, request, asked, obtained)
                verify(target, wanted, project.label)
    if not asked.dry_run:
        keep_digests(cache, target, wanted.wheel.name, digests)
    if obtained.is_kept:
        record.enforce_limits(obtained.task, obtained.entry, reporter)
    wheel, unchanged = (None, True) if asked.dry_run else deliver(request, obtained, before_change)
    return InstallOutcome(
        outcome=workflow.outcome_of(obtained, started, unchanged=unchanged),
        environment=target.prefix,
        was_there=bool(plan.found),
        problem=plan.problem,
        requirements=plan.unmet,
        editable=request.editable,
        dry_run=asked.dry_run,
        wheel=wheel,
    )


def obtain(
    project: Project,
    request: Request,
    cache: Store,
    reporter: Reporter,
    before_change: Callable[[], None],
    target: Target,
    members: Members = NO_MEMBERS,
) -> Obtained:
    """Build or reuse the wheel to install.

    Raises:
        LbuildError, MembersNeeded: see ``workflow.obtain``.
    """

    def before_build() -> None:
        targets.check_changeable(target)
        before_change()

    hook = BUILD_EDITABLE if request.editable else BUILD_WHEEL
    try:
        return workflow.obtain(
            project, request, hook, cache, reporter, before_build, target.interpreter, members
        )
    except HookMissing as error:
        message = (
            f"{project.label}: the build backend has no {hook.name} hook (PEP 660), so it cannot "
            "be installed as editable. Leave out --editable."
        )
        raise BuildFailed(message) from error


def if_due(
    target: Target,
    project: Project,
    request: Request,
    cache: Store,
    started: float,
    members: Members = NO_MEMBERS,
) -> InstallOutcome | None:
    """Return what ``--dry-run`` reports if the wheel would have to be built; else None.

    Raises:
        MembersNeeded: see ``workflow.obtain``.
    """
    hook = BUILD_EDITABLE if request.editable else BUILD_WHEEL
    task = tasks.new_task(project, request, hook, cache, target.interpreter, members)
    verdict = assess(task, tasks.known_digests(task, None)).verdict
    if verdict.reuse is not None:
        return None
    name = verdict.last.entry.name if verdict.last else task.label
    outcome = Outcome(
        project=project.place,
        cache=None if cache.is_read_only else cache.root,
        name=name,
        version=verdict.last.entry.version if verdict.last else "",
        hook=hook.name,
        built=False,
        sha256="",
        key=None,
        reasons=verdict.reasons,
        nearest=workflow.nearest_build(verdict),
        unchanged=False,
        same_as_earlier=False,
        since=0.0,
        seconds=time.monotonic() - started,
        warnings=(),
    )
    return InstallOutcome(
        outcome=outcome,
        environment=target.prefix,
        was_there=bool(distribution.find(target.folders, name)),
        problem="a rebuild is due",
        requirements=(),
        editable=request.editable,
        due=True,
        dry_run=True,
    )


def _wanted(
    project: Project,
    asked: InstallRequest,
    extras: Collection[str],
    obtained: Obtained,
    target: Target,
) -> Wanted:
    wheel = wheel_of(obtained)
    extra_names.check(extras, wheel.extras, project.label, project.place)
    required = () if asked.no_deps else plans.required(wheel, extras, target.details)
    return Wanted(wheel, origin_of(obtained), required)


def wheel_of(obtained: Obtained) -> WheelContents:
    """Read a wheel. An editable one requires what was prepared as its metadata, as for pip and uv.

    Args:
        obtained: the result of ``build_wheel`` or ``build_editable``.
    """
    entry = obtained.entry
    wheel = wheel_contents.read(obtained.content, entry.file, entry.sha256)
    if obtained.task.hook is not BUILD_EDITABLE:
        return wheel
    return wheel_contents.with_metadata(wheel, workflow.metadata_of(obtained))


def origin_of(obtained: Obtained) -> Origin:
    """Return what is recorded of the wheel in an environment.

    A wheel is named where ``lbuild wheel`` puts it, whether it is there or not: its digest says
    which one it is.
    """
    task, entry = obtained.task, obtained.entry
    if task.hook is BUILD_EDITABLE:
        return Origin(task.project.root.as_uri(), entry.sha256, editable=True)
    return Origin((task.out_dir / entry.file).as_uri(), entry.sha256, editable=False)


def _check_free(
    target: Target, project: Project, obtained: Obtained, earlier: Iterable[InstallOutcome]
) -> None:
    name = normalize_name(obtained.entry.name)
    for one in earlier:
        same = normalize_name(one.outcome.name) == name and one.environment == target.prefix
        if same and one.outcome.project != project.place:
            message = (
                f"{project.place}: this command has already installed {one.outcome.name} from "
                f"{one.outcome.project}. An environment has one distribution of a name: give only "
                "one of the two projects, or change a name."
            )
            raise LbuildError(message)


def known_digests(cache: Store, target: Target, name: str) -> Digests:
    """Return the digests that are known of the files that a distribution has in an environment."""
    known = cache.digests(_place_of(target, name))
    return known if isinstance(known, Digests) else Digests()


def keep_digests(cache: Store, target: Target, name: str, digests: Digests) -> None:
    """Keep the digests that are known of these files."""
    cache.keep_digests(_place_of(target, name), digests)


def _place_of(target: Target, name: str) -> Path:
    """Return what the cache keeps digests by: a path for each distribution in an environment."""
    return target.folders[0] / normalize_name(name)


@contextlib.contextmanager
def locked(target: Target, label: str, reporter: Reporter) -> Iterator[None]:
    """Keep other processes from installing into an environment while the context lasts."""

    def note(text: str) -> None:
        reporter.note(f"{label}: {text}")

    what = f"another lbuild that installs into {target.prefix}"
    with locks.lock_folder(target.prefix, what, note):
        yield


def _carry_out(
    target: Target,
    wanted: Wanted,
    plan: Plan,
    project: Project,
    request: Request,
    asked: InstallRequest,
    obtained: Obtained,
) -> None:
    from lbuild_frontend.installs import replace  # few commands change an environment

    how = replace.how_of(request, asked, project)
    due = replace.Due(wanted, plan, files_of_old_wheels(target, plan, obtained))
    replace.carry_out(target, [due], plan.required, how)


def files_of_old_wheels(target: Target, plan: Plan, obtained: Obtained) -> set[str]:
    """Return the files of earlier wheels in the cache: RECORD may have lost some, or be gone."""
    from lbuild_frontend.installs import unrecorded  # likewise

    cache = obtained.task.cache
    recorded = {one.origin.sha256 for one in plan.found if one.origin and one.origin.sha256}
    certain = {cache.blob_path(digest) for digest in recorded}
    wheels: set[Path] = set()
    if not plan.found or any(one.files is None for one in plan.found):
        history = cache.history(obtained.task.identity, obtained.task.hook.name).entries
        wheels = {cache.blob_path(one.entry.sha256) for one in history}
    return unrecorded.files(target, wheels - certain, certain)


def verify(target: Target, wanted: Wanted, label: str) -> None:
    """Check that an installer has done what it reported, and remove the mark of the install.

    Raises:
        InstallFailed: if it has not.
    """
    from lbuild_frontend.installs import replace

    left = plans.make(target, wanted, Digests(), despite_mark=True)
    if left.problem is not None:
        message = (
            f"{label}: the installer reported success, but {left.problem} in "
            f"{target.prefix}. Check its settings, and whether another program changes this "
            "environment."
        )
        raise InstallFailed(message)
    if left.unmet:
        message = (
            f"{label}: the installer reported success, but these requirements are not met "
            f"in {target.prefix}: {', '.join(left.unmet)}. To install without them: --no-deps"
        )
        raise InstallFailed(message)
    replace.finish(target, wanted.wheel.name)


def deliver(
    request: Request, obtained: Obtained, before_change: Callable[[], None]
) -> tuple[Path | None, bool]:
    """Put the wheel into the out-dir, if one was asked for; return where, and if it was there."""
    if request.out_dir is None:
        return None, True
    path = obtained.task.out_dir / obtained.entry.file
    unchanged = delivery.is_delivered(path, obtained.entry.sha256)
    if not unchanged:
        before_change()
        delivery.deliver(obtained.content, path)
    return path, unchanged
