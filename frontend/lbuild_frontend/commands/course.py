"""One course through the projects of a command: their steps, and what is done for all."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.commands.account import Account
from lbuild_frontend.commands.steps import Doing
from lbuild_frontend.errors import LbuildError, MembersNeeded, Skipped, Stopped
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import (
    InstallOutcome,
    ProjectOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.request import Command
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.run import Actions, Result, Run
from lbuild_frontend.workspaces.schedule import Step

if TYPE_CHECKING:
    from pathlib import Path

    from lbuild_frontend.commands.dependencies import Dependencies
    from lbuild_frontend.commands.installation import Installation
    from lbuild_frontend.workspaces.find import Choice


class Course:
    """One course through the projects of a command.

    Attributes:
        account: what became of each project.
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
        self.has_added = False
        self._schedule = begin.schedule_of(
            self._choice, command.verb, only_looks=command.install.dry_run
        )
        self.account = Account(command, terminal, self._choice, self._schedule)
        self._installation: Installation | None = None
        if command.verb == "install" and not begin.are_alone(self._choice.workspace):
            from lbuild_frontend.commands import installation  # few commands install several

            self._installation = installation.installation_of(command, self._choice)
            command = self._installation.command
        self._dependencies: Dependencies | None = None
        if command.scope.with_dependencies:
            from lbuild_frontend.commands import dependencies  # likewise

            self._dependencies = dependencies.Dependencies(command.request, {}, {})
        self._doing = Doing(command, extras, rehearsal, self.account.done, self._installation)

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
                    self.account.is_in_order = False
                    self.account.count()

            actions = Actions(self._attempt, self._attempt_at_once, self._over, before_first_change)
            run = Run(self._choice.workspace, schedule, actions, fail_fast=command.scope.fail_fast)
            self._run(run, jobs if at_once else 1)
            while not self._finish(before_change):
                self._run(run, jobs if at_once else 1)
        self.account.close()

    def _run(self, run: Run, jobs: int) -> None:
        if jobs > 1:
            run.at_once(jobs)
        else:
            run.one_by_one()

    def _finish(self, before_change: Callable[[], None]) -> bool:
        """Do what is done for all projects together; return whether no other is needed for that."""
        if self._installation is not None:
            return self._install(self._installation, before_change)
        if self._dependencies is not None and self.account.code == 0:
            return self._add(self._dependencies, before_change)
        if self._dependencies is not None:
            self._terminal.note("no wheels of dependencies are added, because a project failed")
        return True

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
            self.account.code = error.exit_code
        self.has_added = bool(added)
        return True

    def _install(self, ready: "Installation", before_change: Callable[[], None]) -> bool:
        """Install what is ready; return whether that is all: others may turn out to be needed."""
        stopped = self._is_stopped()
        if stopped is not None:
            for folder in ready.ready:
                self.account.take(Step(folder, "install"), stopped)
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
            self.account.take(step, results[folder] if error is None else error)
        return True

    def _is_stopped(self) -> LbuildError | None:
        """Return why nothing is begun any more; None if the command goes on."""
        if boundary.is_interruption(self.account.code):
            return Stopped("interrupted before its turn.", self.account.code)
        if self.account.code and self._command.scope.fail_fast:
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
            self.account.take(step, result)
            if self._dependencies is not None and isinstance(result, WheelOutcome):
                self._dependencies.take(step.folder, result)
        elif self._installation is not None:
            self._installation.ready[step.folder] = result
            follows = self._installation.follows(step.folder)
        if not self.account.is_in_order:
            self.account.count()
        return follows


def _choice(command: Command) -> "tuple[Choice, Mapping[Path, tuple[str, ...]]]":
    scope = command.scope
    if command.verb == "install":
        return api.select_to_install(
            command.projects,
            workspace=scope.workspace,
            packages=scope.packages,
            python=command.request.python,
        )
    several = command.verb != "metadata"
    choice = api.select_projects(
        command.projects,
        several=several,
        workspace=scope.workspace,
        packages=scope.packages,
        python=command.request.python,
    )
    return choice, {}
