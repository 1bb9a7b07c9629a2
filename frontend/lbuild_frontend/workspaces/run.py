"""Runs the steps of a command: one by one, and several at once when there is something to do.

As long as nothing has to be done, all happens in this thread, under the recorder of ``replay``. The
first change that is due ends that. From there each step has a thread of its own, which waits most
of its time for the processes of hooks and installers.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Union

from lbuild_frontend import processes
from lbuild_frontend.errors import (
    Interrupted,
    LbuildError,
    MembersNeeded,
    ProjectError,
    Skipped,
    Stopped,
)
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members, MemberWheel
from lbuild_frontend.model.outcome import (
    MemberOutcome,
    ProjectOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.workspaces import begin
from lbuild_frontend.workspaces.schedule import Schedule, State, Step
from lbuild_keys.workspaces.members import Member, Workspace

if TYPE_CHECKING:
    from lbuild_frontend.run_time.prepare import ReadyToInstall

Done = Union[ProjectOutcome, "ReadyToInstall"]
Result = Done | LbuildError
"""What a step came to."""

_Ended = tuple[Step, Result | MembersNeeded | BaseException]
"""A step of another thread, and what it came to; another error than of lbuild's is a defect."""

_GRACE_PERIOD = 5.0
"""Seconds that hooks and installers have to end by themselves when lbuild is interrupted."""

_PAUSE = 0.05
"""Seconds between two looks at them."""


class ChangeDue(Exception):
    """Something has to be built, delivered or installed."""


class Actions(NamedTuple):
    """What a command does for its steps.

    Attributes:
        attempt: does a step, or gives its error; it is called with what the step is given of its
            workspace, and with what is called once it is decided that something is done. With
            ``at_once``, in a thread of the step.
        over: takes what a step came to, in the thread of the command, and returns the steps that
            have to follow because of that.
        before_change: is called before the first change of the command.
    """

    attempt: Callable[[Step, Members, Callable[[], None]], Result]
    over: Callable[[Step, Result], Iterable[Step]]
    before_change: Callable[[], None]


class Run:
    """One run of the steps of a command."""

    def __init__(
        self, workspace: Workspace, schedule: Schedule, actions: Actions, *, fail_fast: bool
    ) -> None:
        """Prepare to run.

        Args:
            workspace: the projects that there are.
            schedule: the steps for the projects that are requested.
            actions: what is done.
            fail_fast: whether nothing begins any more once a step has failed.
        """
        self._workspace = workspace
        self._schedule = schedule
        self._actions = actions
        self._fail_fast = fail_fast
        self._members: Mapping[Path, Member] = {one.folder: one for one in workspace.members}
        self._wheels: dict[Path, MemberWheel | None] = {}
        # Members of which a step is not to know anything: they wait for it.
        self._unknown: dict[Step, set[Path]] = {}
        self._stopping = threading.Event()
        self._failed: Step | None = None

    def one_by_one(self) -> None:
        """Run all steps in this thread."""
        self._run_here(self._actions.before_change)

    def at_once(self, jobs: int) -> None:
        """Run the steps in this thread until something has to be done, then several at once.

        Args:
            jobs: how many.
        """
        has_ended = False
        try:
            self._run_here(_end_this_part)
        except ChangeDue:
            has_ended = True
        if has_ended:
            self._actions.before_change()
            self._run_in_threads(jobs)

    def _run_here(self, before_change: Callable[[], None]) -> None:
        while ready := self._next():
            step = ready[0]
            self._schedule.begin(step)
            try:
                result = self._with_members(step, self._actions.attempt, before_change)
            except ChangeDue:
                self._schedule.wait(step)
                raise
            self._take(step, result)
            if isinstance(result, Stopped):
                self._stop(result.exit_code)

    def _run_in_threads(self, jobs: int) -> None:
        import queue  # most commands have one project, or nothing to do
        import sysconfig

        # What sees this half made in another thread finds None (CPython 3.11): uv's find_uv_bin.
        sysconfig.get_config_vars()
        begun = processes.now()
        results: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
        threads: list[threading.Thread] = []

        def work(step: Step) -> None:
            try:
                result: Result | MembersNeeded | BaseException
                result = self._with_members(step, self._actions.attempt, self._go_on)
            except BaseException as error:
                result = error
            results.put((step, result))

        try:
            while True:
                for step in self._next()[: jobs - len(self._schedule.running)]:
                    self._schedule.begin(step)
                    # If it does not end when all is interrupted, the process ends without it.
                    threads.append(threading.Thread(target=work, args=(step,), daemon=True))
                    threads[-1].start()
                if not self._schedule.running:
                    for thread in threads:
                        thread.join()  # each has put its result
                    return
                step, result = results.get()
                if isinstance(result, BaseException) and not isinstance(
                    result, LbuildError | MembersNeeded
                ):
                    raise result
                self._take(step, result)
        except KeyboardInterrupt as error:
            self._end_threads(begun, threads)
            code = error.exit_code if isinstance(error, Interrupted) else Interrupted.exit_code
            self._stop(code)
        except BaseException:
            self._end_threads(begun, threads)
            raise

    def _end_threads(self, begun: float, threads: Iterable[threading.Thread]) -> None:
        """End all that these threads have started, and wait for that, but not forever."""
        self._stopping.set()
        end = time.monotonic() + _GRACE_PERIOD
        number = signal.SIGTERM
        while at_work := [thread for thread in threads if thread.is_alive()]:
            if time.monotonic() >= end:
                if number != signal.SIGTERM:
                    return
                number = getattr(signal, "SIGKILL", signal.SIGTERM)
                end += _GRACE_PERIOD
            ids = [thread.native_id for thread in at_work if thread.native_id is not None]
            for process in processes.started_by(ids, begun):
                with contextlib.suppress(OSError):  # it has ended
                    os.kill(process, number)
            at_work[0].join(_PAUSE)

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise Interrupted

    def _next(self) -> list[Step]:
        """Return the steps that can begin, after those that never will are given up."""
        while blocked := self._schedule.blocked():
            for step, cause in blocked:
                what = "failed" if self._schedule.states[cause] == "failed" else "was skipped"
                why = f"skipped, because {self._name(cause.folder)} {what}"
                self._give_up(step, Skipped(why))
        ready = self._schedule.ready()
        if self._fail_fast and self._failed is not None:
            why = f"skipped, because {self._name(self._failed.folder)} failed (--fail-fast)"
            for step in self._schedule.waiting():
                self._give_up(step, Skipped(why))
            return []
        return ready

    def _give_up(self, step: Step, error: LbuildError) -> None:
        if step not in self._schedule.states:
            self._end(step, "skipped", error)

    def _stop(self, code: int) -> None:
        """Give up all that is not over, because the user or the system ends the command."""
        for step in [*self._schedule.running]:
            self._end(step, "failed", Stopped("interrupted; no partial result was kept.", code))
        for step in self._schedule.waiting():
            self._give_up(step, Stopped("interrupted before its turn.", code))

    def _with_members(
        self,
        step: Step,
        attempt: Callable[[Step, Members, Callable[[], None]], Result],
        before_change: Callable[[], None],
    ) -> Result | MembersNeeded:
        try:
            return attempt(step, self._given_to(step), before_change)
        except MembersNeeded as needed:
            return needed

    def _given_to(self, step: Step) -> Members:
        member = self._members.get(step.folder)
        if member is None or begin.are_alone(self._workspace):
            return NO_MEMBERS
        missing = {
            need.folder
            for need in self._schedule.needs_of(step)
            if self._schedule.states.get(need, "done") != "done"
        }
        unknown = dict.fromkeys(missing | self._unknown.get(step, set()))
        return Members(
            meant=member.meant,
            folders=frozenset(self._members.keys() - {step.folder}),
            wheels={**self._wheels, **unknown},
        )

    def _take(self, step: Step, result: Result | MembersNeeded) -> None:
        match result:
            case MembersNeeded():
                self._schedule.wait(step)
                error = self._wait_for(step, result)
                if error is not None:
                    self._take(step, error)
            case LbuildError():
                self._failed = self._failed or step
                self._end(step, "failed", result)
            case _:
                self._keep(step, result)
                self._end(step, "done", result)

    def _end(self, step: Step, state: State, result: Result) -> None:
        self._schedule.end(step, state)
        for more in self._actions.over(step, result):
            self._schedule.add(more, (), is_certain=True)

    def _keep(self, step: Step, result: Done) -> None:
        match result:
            case MemberOutcome(as_member=wheel):
                self._wheels[step.folder] = wheel
            case WheelOutcome(as_member=wheel) if wheel is not None and step.verb == "wheel":
                self._wheels[step.folder] = wheel
            case StatusOutcome(as_member=wheel) if wheel is not None or not result.reuse:
                self._wheels[step.folder] = wheel
            case _:
                pass

    def _wait_for(self, step: Step, needed: MembersNeeded) -> LbuildError | None:
        """Let a step wait for members; return an error if they wait for it."""
        before = dict(self._schedule.needs_of(step))
        unknown = self._unknown.setdefault(step, set())
        known = set(unknown)
        for folder in sorted(needed.folders):
            provider = self._schedule.provider(step, folder)
            if needed.is_certain:
                # What others wait for only because of an earlier build must not make a cycle.
                for other, hint in self._schedule.give_up_hints(provider, step):
                    self._unknown.setdefault(other, set()).add(hint.folder)
            if self._schedule.add(step, [provider], is_certain=needed.is_certain):
                continue
            if needed.is_certain:
                return begin.cycle(self._workspace, self._schedule, step, provider)
            unknown.add(folder)
        if before == self._schedule.needs_of(step) and known == unknown:
            names = ", ".join(self._name(folder) for folder in sorted(needed.folders))
            message = f"{self._name(step.folder)}: it needs {names}, of which there is no wheel."
            return ProjectError(message)
        return None

    def _name(self, folder: Path) -> str:
        return begin.name_of(self._workspace, folder)


def _end_this_part() -> None:
    raise ChangeDue
