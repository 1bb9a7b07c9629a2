"""A command from its projects to their results: the steps, and what is done for all together."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from lbuild_frontend.errors import LbuildError, MembersNeeded, Skipped, Stopped
from lbuild_frontend.execution import choose, interruption, public
from lbuild_frontend.execution.reporting import Events, ProjectReporter
from lbuild_frontend.execution.steps import StepRunner
from lbuild_frontend.model.events import (
    Callback,
    Changing,
    Counted,
    Ended,
    Failed,
    Finished,
    Note,
)
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import InstallOutcome, ProjectOutcome, WheelOutcome
from lbuild_frontend.model.request import Command, Verb
from lbuild_frontend.model.results import DoneResult, Result
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces import run as runs
from lbuild_frontend.workspaces.run import Actions, Run
from lbuild_frontend.workspaces.schedule import Step

if TYPE_CHECKING:
    from lbuild_frontend.execution.dependencies import Dependencies
    from lbuild_frontend.execution.installation import Installation


class Execution:
    """One course through the projects of a command.

    Attributes:
        requested: the folders of the projects that the command is for.
        errors: by step, of the projects that there was an error with.
        error: of what is done for all projects together; None if there is none.
        results: of all projects, in order, once it is over.
    """

    def __init__(self, command: Command, callback: Callback, *, counted: bool) -> None:
        """Choose the projects.

        Args:
            command: the command.
            callback: takes what happens.
            counted: whether it is a request that ``lbuild cache info`` counts.

        Raises:
            LbuildError: if that is not possible.
        """
        if command.verb == "editable":
            command = command._replace(request=command.request._replace(editable=True))
        self._command = command
        self._events = Events(callback)
        self._choice, extras = choose.projects_of(command)
        self.requested = self._choice.requested
        self._schedule = begin.schedule_of(
            self._choice, command.verb, only_looks=command.install.dry_run
        )
        self.errors: dict[Step, LbuildError] = {}
        self.error: LbuildError | None = None
        self.results: tuple[Result, ...] = ()
        self._done: dict[Step, ProjectOutcome] = {}
        self._in_order: list[ProjectOutcome] = []
        self._installation: Installation | None = None
        if command.verb == "install" and not begin.are_alone(self._choice.workspace):
            from lbuild_frontend.execution import installation  # few commands install several

            self._installation = installation.installation_of(command, self._choice)
            command = self._installation.command
        self._dependencies: Dependencies | None = None
        if command.scope.with_dependencies:
            from lbuild_frontend.execution import dependencies  # likewise

            self._dependencies = dependencies.Dependencies(command.request, {}, {})
        self._runner = StepRunner(command, extras, counted, self._in_order, self._installation)
        self._jobs = _jobs(command) if len(self._schedule.steps) > 1 else 1
        self._is_at_once = False

    def go(self) -> None:
        """Go through all steps."""
        for note in self._choice.notes:
            self._events.give(Note(None, note))
        actions = Actions(self._attempt, self._over, self._before_steps)
        scope = self._command.scope
        run = Run(self._choice.workspace, self._schedule, actions, fail_fast=scope.fail_fast)
        self._run(run)
        while not self._finish():
            self._run(run)
        self.results = self._results()
        self._events.give(Ended(self.results, tuple(self.requested)))

    @property
    def result_of_request(self) -> DoneResult | None:
        """The result of the one project that was asked for; None if there are several."""
        found = [
            public.result_of(self._done[step])
            for step in self._done
            if step.verb == self._command.verb and step.folder in self.requested
        ]
        return found[0] if len(found) == 1 else None

    def _run(self, run: Run) -> None:
        if self._jobs > 1:
            run.at_once(self._jobs)
        else:
            run.one_by_one()

    def _before_steps(self) -> None:
        """Report that the first step changes something; from now on several may be at work."""
        self._is_at_once = self._jobs > 1
        self._before_change()
        self._count()

    def _before_change(self) -> None:
        self._events.give(Changing(self._is_at_once))

    def _count(self) -> None:
        if self._is_at_once:
            states = self._schedule.states
            failed = sum(state == "failed" for state in states.values())
            self._events.give(Counted(len(states), len(self._schedule.steps), failed))

    def _finish(self) -> bool:
        """Do what is done for all projects together; return whether no other is needed for that."""
        if self._installation is not None:
            return self._install(self._installation)
        if self._dependencies is not None and not self.errors:
            return self._add(self._dependencies)
        if self._dependencies is not None:
            text = "no wheels of dependencies are added, because a project failed"
            self._events.give(Note(None, text))
        return True

    def _add(self, dependencies: "Dependencies") -> bool:
        """Add the wheels of dependencies to the out-dir."""
        reporter = ProjectReporter(self._events, None)
        try:
            done = interruption.attempt(
                lambda: dependencies.add(self._before_change, reporter),
                subject=str(self._command.request.out_dir),
                when_interrupted="wheels of dependencies may be missing.",
            )
        except MembersNeeded as needed:
            self._need(needed, "wheel")
            return False
        finally:
            reporter.rest()
        if isinstance(done, LbuildError):
            self.error = done
            self._events.give(Failed(None, "", done))
        elif done.added:
            names = ", ".join(sorted(path.name for path in done.added))
            wheels = "1 wheel" if len(done.added) == 1 else f"{len(done.added)} wheels"
            reporter.note(f"{done.out_dir}: {wheels} added: {names}")
        return True

    def _install(self, ready: "Installation") -> bool:
        """Install what is ready; return whether that is all: others may turn out to be needed."""
        stopped = self._why_stopped()
        if stopped is not None:
            for folder in ready.ready:
                self._take(Step(folder, "install"), stopped)
            return True
        states = self._schedule.states.items()
        failed = [one.folder for one, state in states if one.verb == "install" and state != "done"]
        reporter = ProjectReporter(self._events, None)
        try:
            results = interruption.attempt(
                lambda: ready.finish(failed, self._before_change, reporter),
                subject=str(ready.target.prefix),
                when_interrupted="if the environment is incomplete now, the next lbuild install "
                "repairs it.",
            )
        except MembersNeeded as needed:
            self._need(needed, "install")
            return False
        finally:
            reporter.rest()
        for folder in ready.ready:
            result = results if isinstance(results, LbuildError) else results[folder]
            self._take(Step(folder, "install"), result)
        return True

    def _need(self, needed: MembersNeeded, verb: Verb) -> None:
        for folder in sorted(needed.folders):
            self._schedule.add(Step(folder, verb), (), is_certain=True)

    def _why_stopped(self) -> LbuildError | None:
        """Return why nothing is begun any more; None if the command goes on."""
        for error in self.errors.values():
            if isinstance(error, Stopped):
                return Stopped("interrupted before its turn.", error.exit_code)
        if self.errors and self._command.scope.fail_fast:
            return Skipped("not installed, because another project failed (--fail-fast)")
        return None

    def _attempt(
        self, step: Step, members: Members, before_change: Callable[[], None]
    ) -> runs.Result:
        if self._dependencies is not None:
            members = self._dependencies.given(step.folder, members)
        reporter = ProjectReporter(self._events, step.folder)
        try:
            return self._runner.attempt(step, members, before_change, reporter)
        finally:
            reporter.rest()

    def _over(self, step: Step, result: runs.Result) -> Iterable[Step]:
        """Note what a step came to; return the steps that follow from it."""
        follows: Iterable[Step] = ()
        if isinstance(result, LbuildError | ProjectOutcome):
            self._take(step, result)
            if self._dependencies is not None and isinstance(result, WheelOutcome):
                self._dependencies.take(step.folder, result)
        elif self._installation is not None:
            self._installation.ready[step.folder] = result
            follows = self._installation.follows(step.folder)
        self._count()
        return follows

    def _take(self, step: Step, result: ProjectOutcome | InstallOutcome | LbuildError) -> None:
        """Note what was done for a project, and report it."""
        if isinstance(result, LbuildError):
            self.errors[step] = result
            name = begin.name_of(self._choice.workspace, step.folder)
            self._events.give(Failed(step.folder, name, result))
            return
        self._in_order.append(result)
        self._done[step] = result
        found = public.result_of(result)
        self._events.give(Finished(step.folder, found, is_listed=self._is_listed(step)))

    def _results(self) -> tuple[Result, ...]:
        names = begin.needed_by(self._choice.workspace, self._schedule)
        return tuple(
            self._failed(step, self.errors[step])
            if step in self.errors
            else public.result_of(self._done[step], names.get(step, ()))
            for step in self._schedule.steps
            if self._is_listed(step)
        )

    def _failed(self, step: Step, error: LbuildError) -> Result:
        workspace = self._choice.workspace
        # Projects that are only named on the command line are known by their folders.
        members = workspace.members if workspace.file is not None else ()
        name = next((one.name for one in members if one.folder == step.folder), None) or ""
        return public.failed_result(step.folder, error, name)

    def _is_listed(self, step: Step) -> bool:
        """Whether a step has a result of its own.

        Who names projects gets one for each of them, and for what is installed or delivered with
        them. Who means members of a workspace gets one also for what is only needed to build them.
        """
        verb, scope = self._command.verb, self._command.scope
        if step.verb == verb and step.verb != "status":
            return True
        if step.folder in self.requested:
            return step.verb == verb
        of_workspace = scope.workspace or bool(scope.packages)
        return of_workspace and len(self._schedule.steps_at(step.folder)) == 1


def _jobs(command: Command) -> int:
    """Return how many projects may be at work at once."""
    if command.verb in ("status", "metadata"):
        return 1
    if command.scope.jobs is not None:
        return command.scope.jobs
    if command.request.verbose:
        return 1  # what several backends print at once nobody can read
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(usable) or os.cpu_count() or 1
