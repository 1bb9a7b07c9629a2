"""What became of each project of a command: it is printed as it comes, and summed up at the end."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.commands import boundary, steps
from lbuild_frontend.errors import LbuildError, Skipped, Stopped
from lbuild_frontend.model.outcome import (
    FailedProject,
    MemberOutcome,
    ProjectOutcome,
    StatusOutcome,
)
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.schedule import Schedule, Step
from lbuild_keys.workspaces.members import Workspace

if TYPE_CHECKING:
    from lbuild_frontend.workspaces.find import Choice


class Account:
    """What became of each project of a command.

    Attributes:
        done: what was done, or found out.
        code: the gravest exit code so far.
        is_in_order: whether steps come one by one. If not, standard output is kept back until the
            end: then it is in the order in which they would have come.
    """

    def __init__(
        self, command: Command, terminal: Terminal, choice: "Choice", schedule: Schedule
    ) -> None:
        self.done: list[ProjectOutcome] = []
        self.code = 0
        self.is_in_order = True
        self._command, self._terminal = command, terminal
        self._choice, self._schedule = choice, schedule
        self._rows: dict[Step, ProjectOutcome | FailedProject] = {}
        self._reported: set[str] = set()
        self._kept_back: dict[Step, list[bytes]] = {}
        self._has_table = bool(command.scope.workspace or command.scope.packages)

    def take(self, step: Step, result: ProjectOutcome | LbuildError) -> None:
        """Note what a step came to, and print it."""
        if isinstance(result, LbuildError):
            self._report(step, result)
            self._rows[step] = failed_project(step.folder, result, self._choice.workspace)
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
        if not self.is_in_order:
            self._kept_back[step] = pieces
            return
        for piece in pieces:
            self._terminal.result(piece)

    def count(self) -> None:
        """Show how many steps are done."""
        states = self._schedule.states
        failed = sum(state == "failed" for state in states.values())
        self._terminal.count(len(states), len(self._schedule.steps), failed)

    def close(self) -> None:
        """Print what was kept back, and what became of all projects."""
        order = self._schedule.steps
        for step in order:
            for piece in self._kept_back.get(step, ()):
                self._terminal.result(piece)
        names = begin.needed_by(self._choice.workspace, self._schedule)
        shown = [step for step in order if self._is_shown(step)]
        rows = [_with_names(self._rows[step], names.get(step, ())) for step in shown]
        if self._has_table or len(rows) > 1:
            self._sum_up(rows)
        if self._command.as_json:
            self._terminal.line(results.as_json(rows))

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

    def _report(self, step: Step, error: LbuildError) -> None:
        if isinstance(error, Skipped):
            if not self._has_table:  # which says so
                name = begin.name_of(self._choice.workspace, step.folder)
                self._terminal.note(f"{name}: {error}")
            return
        is_known = isinstance(error, Stopped) and boundary.is_interruption(self.code)
        if self._has_table:  # what is wrong with the command is wrong for each project
            is_known |= str(error) in self._reported
        if not is_known:
            self._reported.add(str(error))
            self._terminal.error(error)

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


def _with_names(
    row: ProjectOutcome | FailedProject, needed_by: tuple[str, ...]
) -> ProjectOutcome | FailedProject:
    """Add to the row of a project that others need which these are."""
    return row._replace(needed_by=needed_by) if isinstance(row, MemberOutcome) else row


def failed_project(
    folder: Path, error: LbuildError, workspace: Workspace | None = None
) -> FailedProject:
    """Return what is reported of a project that a command had an error with.

    Args:
        folder: of the project; the current one if it is not known which projects are meant.
        error: the error.
        workspace: which may know the name of the project.
    """
    try:
        place = Path(os.path.realpath(folder))
    except (OSError, ValueError):  # relative to a folder that is gone, for example
        place = folder
    # Projects that are only named on the command line are known by their folders.
    members = workspace.members if workspace is not None and workspace.file is not None else ()
    name = next((one.name for one in members if one.folder == folder), None) or ""
    return FailedProject(place, error.kind, str(error), error.log, name)
