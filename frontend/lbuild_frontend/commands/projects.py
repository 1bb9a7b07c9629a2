"""The commands on projects: go through their steps, and print what these come to."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from lbuild_frontend import api
from lbuild_frontend.commands import boundary, steps
from lbuild_frontend.commands.steps import Doing
from lbuild_frontend.errors import LbuildError, Skipped, Stopped
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import (
    FailedProject,
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
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.run import Actions, Run
from lbuild_frontend.workspaces.schedule import Step


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
    course = _Course(command, terminal)
    course.go(recording.stop, jobs=_jobs(command))
    done = course.doing.done
    summaries = [_summary(outcome) for outcome in done]
    roots = {summary.project for summary in summaries}
    caches = {summary.cache for summary in summaries if summary.cache is not None}
    printed = None
    if course.code == 0:
        has_acted = any(map(_has_acted, done))
        printed = _rehearse(command, recording, caches) if has_acted else _as_no_op(terminal, done)
    for cache in caches:
        recording.keep(command, cache, roots, printed, terminal)
    return course.code or int(command.exit_code and any(map(_is_due, done)))


def _jobs(command: Command) -> int:
    """Return how many projects may be at work at once."""
    if command.verb in ("status", "metadata", "graph") or command.request.verbose:
        return 1  # what backends print at once nobody could read
    if command.scope.jobs is not None:
        return command.scope.jobs
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(usable) or os.cpu_count() or 1


class _Course:
    """One course through the projects of a command.

    Attributes:
        doing: how steps are done, and what was done.
        code: the gravest exit code so far.
    """

    def __init__(self, command: Command, terminal: Terminal, *, rehearsal: bool = False) -> None:
        self._command = command
        self._terminal = terminal
        scope = command.scope
        extras: Mapping[Path, tuple[str, ...]] = {}
        if command.verb == "install":
            self._choice, extras = api.select_to_install(
                command.projects, workspace=scope.workspace, packages=scope.packages
            )
        else:
            self._choice = api.select_projects(
                command.projects,
                several=command.verb != "metadata",
                workspace=scope.workspace,
                packages=scope.packages,
            )
        self.doing = Doing(command, extras, rehearsal, [])
        self.code = 0
        self._rows: dict[Step, ProjectOutcome | FailedProject] = {}
        # What belongs on standard output: steps that are done at once are done in no order.
        self._unprinted: dict[Step, list[bytes]] = {}
        self._is_in_order = True

    def go(self, before_change: Callable[[], None], jobs: int) -> None:
        """Go through all steps.

        Args:
            before_change: is called before the first change.
            jobs: how many projects may be at work at once.
        """
        command, terminal = self._command, self._terminal
        for note in self._choice.notes:
            terminal.note(note)
        schedule = begin.schedule_of(self._choice, command.verb)

        def before_first_change() -> None:
            before_change()
            self._is_in_order = jobs == 1

        actions = Actions(self._attempt, self._attempt_at_once, self._over, before_first_change)
        run = Run(self._choice.workspace, schedule, actions, fail_fast=command.scope.fail_fast)
        if jobs > 1 and len(schedule.steps) > 1:
            run.at_once(jobs)
        else:
            run.one_by_one()
        order = schedule.steps
        for step in order:
            for piece in self._unprinted.get(step, ()):
                terminal.result(piece)
        if command.as_json:
            names = begin.needed_by(self._choice.workspace, schedule)
            rows = (_named(self._rows[step], names.get(step, ())) for step in order)
            terminal.line(results.as_json(rows))

    def _attempt(
        self, step: Step, members: Members, before_change: Callable[[], None]
    ) -> ProjectOutcome | LbuildError:
        try:
            return self.doing.attempt(step, members, before_change, self._terminal)
        finally:
            self._terminal.rest()

    def _attempt_at_once(
        self, step: Step, members: Members, before_change: Callable[[], None]
    ) -> ProjectOutcome | LbuildError:
        label = begin.name_of(self._choice.workspace, step.folder)
        reporter = self._terminal.for_project(label)
        try:
            return self.doing.attempt(step, members, before_change, reporter)
        finally:
            reporter.end()

    def _over(self, step: Step, result: ProjectOutcome | LbuildError) -> Iterable[Step]:
        """Print what a step came to, and note it; return the steps that follow from it."""
        if isinstance(result, LbuildError):
            self._report(step, result)
            self._rows[step] = _failed(step.folder, result)
            self.code = max(self.code, result.exit_code)
            return ()
        self.doing.done.append(result)
        self._rows[step] = result
        pieces = steps.show(result, self._command, self._terminal)
        if self._is_in_order:
            for piece in pieces:
                self._terminal.result(piece)
        else:
            self._unprinted[step] = pieces
        return ()

    def _report(self, step: Step, error: LbuildError) -> None:
        if isinstance(error, Skipped):
            self._terminal.note(f"{begin.name_of(self._choice.workspace, step.folder)}: {error}")
        elif not isinstance(error, Stopped) or not boundary.is_interruption(self.code):
            self._terminal.error(error)  # an interruption is reported once


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
    course = _Course(command, silent, rehearsal=True)
    course.go(_refuse, jobs=1)
    if boundary.is_interruption(course.code):
        message = "interrupted; what was asked for is done."
        raise Stopped(message, course.code)
    return _as_no_op(silent, course.doing.done) if course.code == 0 else None


def _refuse() -> None:
    """End a rehearsal, in place of a build or a delivery."""
    message = "there is something to do"
    raise LbuildError(message)


def _named(
    row: ProjectOutcome | FailedProject, needed_by: tuple[str, ...]
) -> ProjectOutcome | FailedProject:
    """Add to the row of a project that others need which these are."""
    return row._replace(needed_by=needed_by) if isinstance(row, MemberOutcome) else row


def _failed(folder: Path, error: LbuildError) -> FailedProject:
    try:
        place = Path(os.path.realpath(folder))
    except (OSError, ValueError):  # relative to a folder that is gone, for example
        place = folder
    return FailedProject(project=place, kind=error.kind, message=str(error), log=error.log)


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
