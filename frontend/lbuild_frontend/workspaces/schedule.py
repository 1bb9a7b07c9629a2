"""What can be done now, and what has to wait: the steps of a command, and what each needs.

Some needs are known from the files of projects. Others turn up when a backend is asked, or when the
wheel of a member is there, which requires other members. Nothing here does anything.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from lbuild_frontend.model.request import Verb

State = Literal["done", "failed", "skipped"]


class Step(NamedTuple):
    """What is done for one project.

    Attributes:
        folder: of the project, or its archive.
        verb: the command whose part this is. A project that others need is ``needed``: its wheel is
            obtained, and not delivered.
    """

    folder: Path
    verb: Verb | Literal["needed"]


class Schedule:
    """The steps of a command: which of them are done, and which can begin.

    Attributes:
        states: of the steps that are over.
        running: the steps that have begun and are not over.
    """

    def __init__(self, steps: Iterable[Step], *, only_looks: bool = False) -> None:
        """Take the steps in the order in which they should begin.

        Args:
            steps: the steps.
            only_looks: whether nothing is built, so that of what they need only the status counts.
        """
        self._only_looks = only_looks
        self._steps = dict.fromkeys(steps)
        # What each step waits for, and whether it cannot do without that.
        self._needs: dict[Step, dict[Step, bool]] = {}
        self.states: dict[Step, State] = {}
        self.running: set[Step] = set()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those that it needs, as they would be done one by one."""
        found: dict[Step, None] = {}
        left = dict.fromkeys(self._steps)
        while left:
            step = next(one for one in left if self._needs.get(one, {}).keys() <= found.keys())
            found[step] = left.pop(step)
        return tuple(found)

    def add(self, step: Step, needs: Collection[Step], *, is_certain: bool) -> bool:
        """Add what a step needs; return whether it can: not if these wait for the step itself.

        Args:
            step: one that has not begun.
            needs: steps that are added if they are new.
            is_certain: whether the step cannot do without them.
        """
        self._steps.setdefault(step)
        if any(need == step or step in self._before(need) for need in needs):
            return False
        known = self._needs.setdefault(step, {})
        for need in needs:
            self._steps.setdefault(need)
            known[need] = known.get(need, False) or is_certain
        return True

    def give_up_hints(self, start: Step, end: Step) -> list[tuple[Step, Step]]:
        """Let a step wait for another one only where it cannot do without what it waits for.

        Returns:
            What is not waited for any more: pairs of a step and what it needed.
        """
        given_up = []
        while end == start or end in self._before(start):
            way = self.path(start, end)
            hints = [pair for pair in pairwise(way) if not self._needs[pair[0]][pair[1]]]
            if not hints:
                break
            step, need = hints[0]
            del self._needs[step][need]
            given_up.append((step, need))
        return given_up

    def provider(self, step: Step, folder: Path) -> Step:
        """Return the step that gives a member's wheel to another step."""
        verb: Verb = "status" if self._only_looks or step.verb == "status" else "wheel"
        if verb == "status" or Step(folder, verb) in self._steps:
            return Step(folder, verb)
        return Step(folder, "needed")

    def needs_of(self, step: Step) -> Mapping[Step, bool]:
        """Return what a step waits for, each with whether it cannot do without that."""
        return self._needs.get(step, {})

    def _before(self, step: Step) -> set[Step]:
        """Return all that a step waits for, directly or not."""
        found: set[Step] = set()
        pending = [step]
        while pending:
            new = self._needs.get(pending.pop(), {}).keys() - found
            found |= new
            pending += new
        return found

    def path(self, start: Step, end: Step) -> tuple[Step, ...]:
        """Return the shortest way by which a step waits for another one: both, and what is between.

        Raises:
            ValueError: if it does not wait for it.
        """
        came_from: dict[Step, Step] = {}
        pending = [start]
        for step in pending:  # it grows
            if step == end:
                way = [end]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            for need in self._needs.get(step, {}):
                if need not in came_from and need != start:
                    came_from[need] = step
                    pending.append(need)
        message = f"{start} does not wait for {end}"
        raise ValueError(message)

    def ready(self) -> list[Step]:
        """Return the steps that can begin now, in order."""
        return [step for step in self.waiting() if not self._unfinished(step)]

    def waiting(self) -> list[Step]:
        """Return the steps that have not begun."""
        return [one for one in self._steps if one not in self.states and one not in self.running]

    def steps_at(self, folder: Path) -> list[Step]:
        """Return the steps for one project."""
        return [one for one in self._steps if one.folder == folder]

    def _unfinished(self, step: Step) -> bool:
        return any(need not in self.states for need in self._needs.get(step, ()))

    def blocked(self) -> list[tuple[Step, Step]]:
        """Return the steps that will never begin, each with the one that failed or was skipped."""
        return [
            (step, need)
            for step in self.waiting()
            for need, is_certain in self._needs.get(step, {}).items()
            if is_certain and self.states.get(need, "done") != "done"
        ]

    def begin(self, step: Step) -> None:
        """Note that a step has begun."""
        self.running.add(step)

    def wait(self, step: Step) -> None:
        """Note that a step that has begun found out that it has to wait."""
        self.running.discard(step)

    def end(self, step: Step, state: State) -> None:
        """Note that a step is over."""
        self.running.discard(step)
        self.states[step] = state
