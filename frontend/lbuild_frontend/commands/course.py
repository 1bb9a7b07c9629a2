"""One course through the projects of a command: their steps, and what is printed of each."""

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend import api
from lbuild_frontend.commands import boundary, steps
from lbuild_frontend.commands.steps import Doing
from lbuild_frontend.errors import LbuildError, MembersNeeded, Skipped, Stopped
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import (
    FailedProject,
    InstallOutcome,
    MemberOutcome,
    ProjectOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.run import Actions, Result, Run
from lbuild_frontend.workspaces.schedule import Step
from lbuild_keys.workspaces.members import Workspace

if TYPE_CHECKING:
    from lbuild_frontend.commands.dependencies import Dependencies
    from lbuild_frontend.commands.installation import Installation
    from lbuild_frontend.workspaces.find import Choice


class Course:
    """One course through the projects of a command.

    Attributes:
        done: what was done, or found out.
        code: the gravest exit code so far.
        has_added: whether wheels of dependencies were added to the out-dir.
    """

    def __init__(self, command: Command, terminal: Terminal, *, rehearsal: bool = False) -> None:
        """Choose the projects.

        Args:
            command: the command.
            terminal: where it prints.
            rehearsal: whether this is not a request of the user's, so that it is not counted.

        Raises:
            LbuildError: if that is not possible.
        """
        self._command, self._terminal = command, terminal
        self._choice, extras = _choice(command)
        self.done: list[ProjectOutcome] = []
        self.code = 0
        self.has_added = False
        self._installation: Installation | None = None
        if command.verb == "install" and not begin.are_alone(self._choice.workspace):
            from lbuild_frontend.commands import installation  # few commands install several

            self._installation = installation.installation_of(command, self._choice)
            command = self._installation.command
        self._dependencies: Dependencies | None = None
        if command.scope.with_dependencies:
            from lbuild_frontend.commands import dependencies  # likewise

            self._dependencies = dependencies.Dependencies(command.request, {}, {})
        self._doing = Doing(command, extras, rehearsal, self.done, self._installation)
        self._schedule = begin.schedule_of(
            self._choice, command.verb, only_looks=command.install.dry_run
        )
        self._rows: dict[Step, ProjectOutcome | FailedProject] = {}
        # What belongs on standard output, of steps that are at work at once: they end in no order.
        self._unprinted: dict[Step, list[bytes]] = {}
        self._is_in_order = True
        self._has_table = bool(command.scope.workspace or command.scope.packages)

    def go(self, before_change: Callable[[], None], jobs: int) -> None:
        """Go through all steps.

        Args:
            before_change: is called before the first change.
            jobs: how many projects may be at work at once.
        """
        command, terminal, schedule = self._command, self._terminal, self._schedule
        for note in self._choice.notes:
            terminal.note(note)
        at_once = jobs > 1 and len(schedule.steps) > 1
        with contextlib.ExitStack() as stack:

            def before_first_change() -> None:
                before_change()
                if at_once:
                    stack.enter_context(terminal.board())
                    self._is_in_order = False
                    self._count()

            actions = Actions(self._attempt, self._attempt_at_once, self._over, before_first_change)
            run = Run(self._choice.workspace, schedule, actions, fail_fast=command.scope.fail_fast)
            self._run(run, jobs if at_once else 1)
            while not self._finish(before_change):
                self._run(run, jobs if at_once else 1)
        order = schedule.steps
        for step in order:
            for piece in self._unprinted.get(step, ()):
                terminal.result(piece)
        names = begin.needed_by(self._choice.workspace, schedule)
        shown = [step for step in order if self._is_shown(step)]
        rows = [_with_names(self._rows[step], names.get(step, ())) for step in shown]
        if self._has_table or len(rows) > 1:
            self._sum_up(rows)
        if command.as_json:
            terminal.line(results.as_json(rows))

    def _is_shown(self, step: Step) -> bool:
        """Whether a step has a row of its own in JSON and tables.

        Who names projects gets a row for each of them, and for what is installed or delivered with
        them. In a table, what is only needed to build them has one as well.
        """
        if step.verb == self._command.verb and step.verb != "status":
            return True
        if step.folder in self._choice.requested:
            return step.verb == self._command.verb
        return self._has_table and len(self._schedule.steps_at(step.folder)) == 1

    def _run(self, run: Run, jobs: int) -> None:
        if jobs > 1:
            run.at_once(jobs)
        else:
            run.one_by_one()

    def _finish(self, before_change: Callable[[], None]) -> bool:
        """Do what is done for all projects together; return whether no other is needed for that."""
        if self._installation is not None:
            given_up = self._given_up()
            if given_up is None:
                return self._install(self._installation, before_change)
            for folder in self._installation.ready:
                self._print(Step(folder, "install"), given_up)
        elif self._dependencies is not None and self.code == 0:
            return self._add(self._dependencies, before_change)
        elif self._dependencies is not None:
            self._terminal.note("no wheels of dependencies are added, because a project failed")
        return True

    def _given_up(self) -> LbuildError | None:
        """Return why nothing is installed although projects are ready, if that is so."""
        if boundary.is_interruption(self.code):
            return Stopped("interrupted before its turn.", self.code)
        if self._command.scope.fail_fast and self.code:
            return Skipped("skipped, because another project failed (--fail-fast)")
        return None

    def _add(self, dependencies: "Dependencies", before_change: Callable[[], None]) -> bool:
        """Add the wheels of dependencies to the out-dir."""
        added: list[Path] = []
        try:
            error = boundary.error_of(
                lambda: added.extend(dependencies.add(before_change, self._terminal)),
                subject=str(self._command.request.out_dir),
                when_interrupted="wheels of dependencies may be missing.",
            )
        except MembersNeeded as needed:
            for folder in sorted(needed.folders):
                self._schedule.add(Step(folder, "wheel"), (), is_certain=True)
            return False
        finally:
            self._terminal.rest()
        if error is not None:
            self._terminal.error(error)
            self.code = error.exit_code
        self.has_added = bool(added)
        return True

    def _install(self, ready: "Installation", before_change: Callable[[], None]) -> bool:
        """Install what is ready; return whether that is all: others may turn out to be needed."""
        stopped = self._is_stopped()
        if stopped is not None:
            for folder in ready.ready:
                self._print(Step(folder, "install"), stopped)
            return True
        states = self._schedule.states.items()
        failed = [one.folder for one, state in states if one.verb == "install" and state != "done"]
        results: dict[Path, InstallOutcome | LbuildError] = {}
        try:
            error = boundary.error_of(
                lambda: results.update(ready.finish(failed, before_change, self._terminal)),
                subject=str(ready.target.prefix),
                when_interrupted="if the environment is incomplete now, the next lbuild install "
                "repairs it.",
            )
        except MembersNeeded as needed:
            for folder in sorted(needed.folders):
                self._schedule.add(Step(folder, "install"), (), is_certain=True)
            return False
        finally:
            self._terminal.rest()
        for folder in ready.ready:
            step = Step(folder, "install")
            self._print(step, results[folder] if error is None else error)
        return True

    def _is_stopped(self) -> LbuildError | None:
        """Return why nothing is begun any more; None if the command goes on."""
        if boundary.is_interruption(self.code):
            return Stopped("interrupted before its turn.", self.code)
        if self.code and self._command.scope.fail_fast:
            return Skipped("not installed, because another project failed (--fail-fast)")
        return None

    def _attempt(self, step: Step, members: Members, before_change: Callable[[], None]) -> Result:
        if self._dependencies is not None:
            members = self._dependencies.given(step.folder, members)
        try:
            return self._doing.attempt(step, members, before_change, self._terminal)
        finally:
            self._terminal.rest()

    def _attempt_at_once(
        self, step: Step, members: Members, before_change: Callable[[], None]
    ) -> Result:
        if self._dependencies is not None:
            members = self._dependencies.given(step.folder, members)
        reporter = self._terminal.for_project()
        try:
            return self._doing.attempt(step, members, before_change, reporter)
        finally:
            reporter.end()

    def _over(self, step: Step, result: Result) -> Iterable[Step]:
        """Note what a step came to, and print it; return the steps that follow from it."""
        follows: Iterable[Step] = ()
        if isinstance(result, LbuildError | ProjectOutcome):
            self._print(step, result)
            if self._dependencies is not None and isinstance(result, WheelOutcome):
                self._dependencies.take(step.folder, result)
        elif self._installation is not None:
            self._installation.ready[step.folder] = result
            follows = self._installation.follows(step.folder)
        if not self._is_in_order:
            self._count()
        return follows

    def _print(self, step: Step, result: ProjectOutcome | LbuildError) -> None:
        if isinstance(result, LbuildError):
            self._report(step, result)
            self._rows[step] = _failed(step.folder, result, self._choice.workspace)
            self.code = max(self.code, result.exit_code)
            return
        self.done.append(result)
        self._rows[step] = result
        self._say(result)
        if isinstance(result, StatusOutcome) and (
            self._is_only_in_table(result) or not self._is_shown(step)
        ):
            return
        pieces = steps.result(result, self._command, self._terminal)
        if self._is_in_order:
            for piece in pieces:
                self._terminal.result(piece)
        else:
            self._unprinted[step] = pieces

    def _say(self, result: ProjectOutcome) -> None:
        """Print what was done for a project, unless it is of no interest, or the table shows it."""
        with self._terminal.together():
            is_own = not isinstance(result, MemberOutcome) or result.outcome.built
            if (is_own or self._terminal.level > 0) and not self._is_only_in_table(result):
                steps.say(result, self._terminal)
            else:
                steps.warn(result, self._terminal)

    def _is_only_in_table(self, result: ProjectOutcome) -> bool:
        """Whether a table at the end is all that shows this result.

        What took time is shown as it is done, unless there is a board for that.
        """
        if not self._has_table or self._terminal.level > 0:
            return False
        if isinstance(result, StatusOutcome):
            return True
        return self._terminal.has_board or not result.outcome.built

    def _sum_up(self, rows: Sequence[ProjectOutcome | FailedProject]) -> None:
        """Print what became of all projects."""
        from lbuild_frontend.output import summary  # a single project needs none

        command, terminal = self._command, self._terminal
        if command.verb == "status" and self._has_table:
            if not command.as_json and command.level >= 0:
                found = [one for one in rows if isinstance(one, StatusOutcome | FailedProject)]
                only_needed = {one.project for one in found} - {*self._choice.requested}
                for text in summary.status(found, terminal.out, only_needed=only_needed):
                    terminal.line(text)
        elif self._has_table:
            for text in summary.done(rows, terminal.err, in_full=terminal.level > 0):
                terminal.note(text)
        elif summary.is_mixed(rows):
            terminal.note(summary.counts(rows, terminal.err))

    def _count(self) -> None:
        schedule = self._schedule
        failed = sum(state == "failed" for state in schedule.states.values())
        self._terminal.count(len(schedule.states), len(schedule.steps), failed)

    def _report(self, step: Step, error: LbuildError) -> None:
        if isinstance(error, Skipped):
            if not self._has_table:  # the table says so
                name = begin.name_of(self._choice.workspace, step.folder)
                self._terminal.note(f"{name}: {error}")
        elif not isinstance(error, Stopped) or not boundary.is_interruption(self.code):
            self._terminal.error(error)  # an interruption is reported once


def _choice(command: Command) -> "tuple[Choice, Mapping[Path, tuple[str, ...]]]":
    scope = command.scope
    if command.verb == "install":
        return api.select_to_install(
            command.projects, workspace=scope.workspace, packages=scope.packages
        )
    several = command.verb != "metadata"
    choice = api.select_projects(
        command.projects, several=several, workspace=scope.workspace, packages=scope.packages
    )
    return choice, {}


def _with_names(
    row: ProjectOutcome | FailedProject, needed_by: tuple[str, ...]
) -> ProjectOutcome | FailedProject:
    """Add to the row of a project that others need which these are."""
    return row._replace(needed_by=needed_by) if isinstance(row, MemberOutcome) else row


def _failed(folder: Path, error: LbuildError, workspace: Workspace) -> FailedProject:
    try:
        place = Path(os.path.realpath(folder))
    except (OSError, ValueError):  # relative to a folder that is gone, for example
        place = folder
    members = workspace.members if workspace.file is not None else ()
    name = next((one.name for one in members if one.folder == folder), None) or ""
    return FailedProject(place, error.kind, str(error), error.log, name)
