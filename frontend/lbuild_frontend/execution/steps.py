"""The steps of a command: what is done for one project of it."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.execution import interruption, one_project
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    InstallOutcome,
    ProjectOutcome,
    SdistOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Command
from lbuild_frontend.workspaces.run import Done, Result
from lbuild_frontend.workspaces.schedule import Step

if TYPE_CHECKING:
    from lbuild_frontend.execution.installation import Installation


class StepRunner(NamedTuple):
    """Does the steps of a command.

    Attributes:
        command: the command.
        extras: by folder, the extras that are installed of a project.
        counted: whether it is a request that ``lbuild cache info`` counts.
        done: what was done so far; it grows.
        installation: prepares projects that are installed together; None if none are.
    """

    command: Command
    extras: Mapping[Path, Collection[str]]
    counted: bool
    done: Sequence[ProjectOutcome]
    installation: "Installation | None" = None

    def attempt(
        self, step: Step, members: Members, before_change: Callable[[], None], reporter: Reporter
    ) -> Result:
        """Do a step, or return its error.

        Raises:
            MembersNeeded: if other members have to come first.
        """
        return interruption.attempt(
            lambda: self._do(step, members, before_change, reporter),
            subject=os.fspath(step.folder),
            when_interrupted=_WHEN_INTERRUPTED.get(step.verb, "no partial result was kept."),
        )

    def _do(
        self, step: Step, members: Members, before_change: Callable[[], None], reporter: Reporter
    ) -> Done:
        folder, request = step.folder, self.command.request
        match step.verb:
            case "wheel" | "editable" | "sdist":
                sdist = step.verb == "sdist"
                deliver = one_project.build_sdist if sdist else one_project.build_wheel
                return deliver(
                    folder,
                    request,
                    reporter,
                    before_change=before_change,
                    earlier=_delivered(self.done),
                    members=members,
                    counted=self.counted,
                )
            case "needed":
                return one_project.member_wheel(
                    folder,
                    request._replace(editable=False, out_dir=None),
                    reporter,
                    before_change=before_change,
                    members=members,
                    counted=self.counted,
                )
            case "metadata":
                return one_project.metadata(
                    folder,
                    request,
                    reporter,
                    before_change=before_change,
                    members=members,
                    counted=self.counted,
                )
            case "install" if self.installation is not None:
                return self.installation.prepare(
                    folder,
                    self.extras.get(folder, ()),
                    members,
                    before_change,
                    reporter,
                    counted=self.counted,
                )
            case "install":
                return one_project.install(
                    folder,
                    request,
                    self.command.install,
                    self.extras.get(folder, ()),
                    reporter,
                    before_change=before_change,
                    earlier=_installed(self.done),
                    counted=self.counted,
                )
            case "status":
                return one_project.status(folder, request, reporter, members=members)


def _delivered(done: Iterable[ProjectOutcome]) -> list[DeliveredOutcome]:
    return [one for one in done if isinstance(one, WheelOutcome | SdistOutcome)]


def _installed(done: Iterable[ProjectOutcome]) -> list[InstallOutcome]:
    return [one for one in done if isinstance(one, InstallOutcome)]


_WHEN_INTERRUPTED = {
    "install": "if the environment is incomplete now, the next lbuild install repairs it.",
}
