"""The commands on projects: go through their steps, and print what these come to."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.commands.account import failed_project
from lbuild_frontend.commands.course import Course
from lbuild_frontend.errors import LbuildError, Stopped
from lbuild_frontend.model.outcome import (
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    Outcome,
    ProjectOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.self_tracing.own_process import Recording


def run(command: Command) -> int:
    """Run a command for each of its projects; return the gravest exit code."""
    if command.verb == "install":
        api.import_what_installs_need()  # while it records, each module counts as looked at
    request = command.request
    is_kept = request.cache_mode != "read-only" and not request.no_cache
    with Recording(writes=is_kept) as recording:
        return boundary.run(
            command.level, command.color, lambda terminal: _run(command, terminal, recording)
        )


def _run(command: Command, terminal: Terminal, recording: Recording) -> int:
    course = _course(command, terminal)
    course.go(recording.stop, jobs=_jobs(command))
    done = course.account.done
    summaries = [_summary(outcome) for outcome in done]
    roots = {summary.project for summary in summaries}
    caches = {summary.cache for summary in summaries if summary.cache is not None}
    printed = None
    if course.account.code == 0:
        has_acted = course.has_added or any(map(_has_acted, done))
        printed = _rehearse(command, recording, caches) if has_acted else _as_no_op(terminal, done)
    for cache in caches:
        recording.keep(command, cache, roots, printed, terminal)
    return course.account.code or int(command.exit_code and any(map(_is_due, done)))


def _course(command: Command, terminal: Terminal) -> Course:
    """Choose the projects; programs that read JSON get an error of that, too.

    Raises:
        LbuildError: see ``Course``.
    """
    try:
        return Course(command, terminal)
    except LbuildError as error:
        if command.as_json:
            terminal.line(results.as_json([failed_project(Path(), error)]))
        raise


def _jobs(command: Command) -> int:
    """Return how many projects may be at work at once."""
    if command.verb in ("status", "metadata", "graph"):
        return 1
    if command.scope.jobs is not None:
        return command.scope.jobs
    if command.request.verbose:
        return 1  # what several backends print at once nobody can read
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(usable) or os.cpu_count() or 1


def _as_no_op(terminal: Terminal, done: Iterable[ProjectOutcome]) -> list[tuple[int, bytes]] | None:
    """Return what was printed, if nothing was done, is due, or was complained of."""
    if terminal.complained or any(_has_acted(one) or _is_due(one) for one in done):
        return None
    return terminal.printed


def _rehearse(
    command: Command, recording: Recording, caches: Collection[Path]
) -> list[tuple[int, bytes]] | None:
    """Return what the same command would print now; None if it would not be a hit.

    So the next one can be replayed. The decision is made once more, and recorded.

    Raises:
        Stopped: if the user interrupts it.
    """
    if not recording.begin_again(caches):
        return None
    silent = Terminal(command.level, command.color, silent=True)
    course = Course(command, silent, rehearsal=True)
    course.go(_refuse, jobs=1)
    if boundary.is_interruption(course.account.code):
        message = "interrupted; what was asked for is done."
        raise Stopped(message, course.account.code)
    return _as_no_op(silent, course.account.done) if course.account.code == 0 else None


def _refuse() -> None:
    """End a rehearsal, in place of a build or a delivery."""
    message = "there is something to do"
    raise LbuildError(message)


def _summary(outcome: ProjectOutcome) -> Outcome | StatusOutcome:
    return outcome if isinstance(outcome, StatusOutcome) else outcome.outcome


def _is_due(outcome: ProjectOutcome) -> bool:
    """Whether there is something to do that the command did not do."""
    match outcome:
        case StatusOutcome(reuse=reuse, outdated=outdated, environment=environment):
            wrong = environment is not None and environment.problem is not None
            return not reuse or outdated is not None or wrong
        case InstallOutcome(dry_run=dry_run, action=action):
            return dry_run and action != "unchanged"
        case _:
            return False


def _has_acted(outcome: ProjectOutcome) -> bool:
    """Whether something was built or delivered."""
    match outcome:
        case WheelOutcome(outcome=done) | SdistOutcome(outcome=done):
            return done.built or not done.unchanged
        case MetadataOutcome(outcome=done) | MemberOutcome(outcome=done):
            return done.built
        case InstallOutcome(outcome=done, dry_run=dry_run, action=action):
            return not dry_run and (done.built or not done.unchanged or action != "unchanged")
        case StatusOutcome():
            return False
