"""The steps of a command: what is done for one project, and what is printed of it."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.model.outcome import (
    DeliveredOutcome,
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    ProjectOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.reporter import Reporter
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.workspaces.run import Done, Result
from lbuild_frontend.workspaces.schedule import Step

if TYPE_CHECKING:
    from lbuild_frontend.commands.installation import Installation


class Doing(NamedTuple):
    """How steps are done.

    Attributes:
        command: the command.
        extras: by folder, the extras that are installed of a project.
        rehearsal: whether this is not a request of the user's, so that it is not counted as one.
        done: what was done so far; it grows.
        installation: prepares projects that are installed together; None if none are.
    """

    command: Command
    extras: Mapping[Path, Collection[str]]
    rehearsal: bool
    done: Sequence[ProjectOutcome]
    installation: "Installation | None" = None

    def attempt(
        self, step: Step, members: Members, before_change: Callable[[], None], reporter: Reporter
    ) -> Result:
        """Do a step, or return its error.

        Raises:
            MembersNeeded: if other members have to come first.
        """
        found: list[Done] = []
        error = boundary.error_of(
            lambda: found.append(self._do(step, members, before_change, reporter)),
            subject=os.fspath(step.folder),
            when_interrupted=_WHEN_INTERRUPTED.get(step.verb, "no partial result was kept."),
        )
        return found[0] if error is None else error

    def _do(
        self, step: Step, members: Members, before_change: Callable[[], None], reporter: Reporter
    ) -> Done:
        folder, request = step.folder, self.command.request
        match step.verb:
            case "wheel" | "editable" | "sdist":
                deliver = api.build_sdist if step.verb == "sdist" else api.build_wheel
                return deliver(
                    folder,
                    request,
                    reporter,
                    before_change=before_change,
                    earlier=_delivered(self.done),
                    members=members,
                    rehearsal=self.rehearsal,
                )
            case "needed":
                return api.member_wheel(
                    folder,
                    request._replace(editable=False, out_dir=None),
                    reporter,
                    before_change=before_change,
                    members=members,
                    rehearsal=self.rehearsal,
                )
            case "metadata":
                return api.metadata(
                    folder,
                    request,
                    reporter,
                    before_change=before_change,
                    members=members,
                    rehearsal=self.rehearsal,
                )
            case "install" if self.installation is not None:
                return self.installation.prepare(
                    folder,
                    self.extras.get(folder, ()),
                    members,
                    before_change,
                    reporter,
                    rehearsal=self.rehearsal,
                )
            case "install":
                return api.install(
                    folder,
                    request,
                    self.command.install,
                    self.extras.get(folder, ()),
                    reporter,
                    before_change=before_change,
                    earlier=_installed(self.done),
                    rehearsal=self.rehearsal,
                )
            case "status":
                return api.status(folder, request, reporter, members=members)
            case "graph":
                message = "it has no steps"
                raise ValueError(message)


def _delivered(done: Iterable[ProjectOutcome]) -> list[DeliveredOutcome]:
    return [one for one in done if isinstance(one, WheelOutcome | SdistOutcome)]


def _installed(done: Iterable[ProjectOutcome]) -> list[InstallOutcome]:
    return [one for one in done if isinstance(one, InstallOutcome)]


_WHEN_INTERRUPTED = {
    "install": "if the environment is incomplete now, the next lbuild install repairs it.",
}


def say(outcome: ProjectOutcome, terminal: Terminal) -> None:
    """Print what was done for a project: one line, and with ``-v`` all reasons."""
    match outcome:
        case StatusOutcome():
            return
        case InstallOutcome(outcome=done):
            text = results.installed(outcome, terminal.err)
        case _:
            done = outcome.outcome
            text = results.done(done, terminal.err)
    warn(outcome, terminal)
    terminal.note(text)
    if terminal.level > 0:
        for reason in results.all_reasons(done, terminal.err):
            terminal.note(reason)


def warn(outcome: ProjectOutcome, terminal: Terminal) -> None:
    """Print what the user should know."""
    if not isinstance(outcome, StatusOutcome):
        for warning in outcome.outcome.warnings:
            terminal.warn(warning)


def result(outcome: ProjectOutcome, command: Command, terminal: Terminal) -> list[bytes]:
    """Return what belongs on standard output of what was done for a project."""
    match outcome:
        case WheelOutcome() | SdistOutcome():
            return [] if command.as_json else [line(os.fspath(outcome.path))]
        case MetadataOutcome(metadata=metadata):
            return [] if command.as_json else [metadata]
        case MemberOutcome() | InstallOutcome():
            return []
        case StatusOutcome():
            if command.as_json or command.level < 0:
                return []
            listed = results.inputs(outcome, terminal.out) if command.level > 0 else []
            return [line(text) for text in [*results.status(outcome, terminal.out), *listed]]


def line(text: str) -> bytes:
    """Return a line of standard output; file names as the bytes that they are."""
    return os.fsencode(text) + b"\n"
