"""The commands on projects (``wheel``, ``metadata``, ``status``): print, return an exit code."""

import os
from collections.abc import Callable
from pathlib import Path

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.errors import LbuildError, Stopped
from lbuild_frontend.model.outcome import (
    FailedProject,
    Outcome,
    ProjectOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.request import Command
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.self_tracing.own_process import Recording


def run(command: Command) -> int:
    """Run a command for each of its projects; return the gravest exit code."""
    with Recording() as recording:
        return boundary.run(
            command.level, command.color, lambda terminal: _run(command, terminal, recording)
        )


def _run(command: Command, terminal: Terminal, recording: Recording) -> int:
    done: list[ProjectOutcome] = []
    rows: list[ProjectOutcome | FailedProject] = []
    code = 0
    selection = api.select_projects(command.projects, several=command.verb != "metadata")
    for note in selection.notes:
        terminal.note(note)
    for folder in selection.folders:
        if boundary.is_interruption(code):
            rows.append(_failed(folder, Stopped("interrupted before its turn.", code)))
            continue
        error = _attempt(command, folder, terminal, recording.give_up, done)
        rows.append(done[-1] if error is None else _failed(folder, error))
        code = max(code, 0 if error is None else error.exit_code)
    if command.as_json:
        terminal.line(results.as_json(rows))
    is_no_op = code == 0 and not terminal.complained and not any(map(_has_done, done))
    summaries = [_summary(outcome) for outcome in done]
    roots = {summary.project for summary in summaries}
    for cache in {summary.cache for summary in summaries if summary.cache is not None}:
        printed = terminal.printed if is_no_op else None
        recording.keep(command, cache, roots, printed, terminal)
    return code or int(command.exit_code and any(map(_is_due, done)))


def _attempt(
    command: Command,
    folder: Path,
    terminal: Terminal,
    before_build: Callable[[], None],
    done: list[ProjectOutcome],
) -> LbuildError | None:
    """Run a command for one project, and add what it did; or return its error."""

    def step() -> None:
        done.append(_outcome(command, folder, terminal, before_build, done))

    return boundary.attempt(
        terminal,
        step,
        subject=os.fspath(folder),
        when_interrupted="no partial result was kept.",
    )


def _outcome(
    command: Command,
    folder: Path,
    terminal: Terminal,
    before_build: Callable[[], None],
    done: list[ProjectOutcome],
) -> ProjectOutcome:
    """Run a command for one project, and print what it did."""
    request = command.request
    match command.verb:
        case "wheel":
            earlier = [outcome for outcome in done if isinstance(outcome, WheelOutcome)]
            delivered = api.build_wheel(
                folder, request, terminal, before_build=before_build, earlier=earlier
            )
            _print_summary(delivered.outcome, terminal)
            if not command.as_json:
                terminal.line(os.fspath(delivered.wheel))
            return delivered
        case "metadata":
            prepared = api.metadata(folder, request, terminal, before_build=before_build)
            _print_summary(prepared.outcome, terminal)
            if not command.as_json:
                terminal.result(prepared.metadata)
            return prepared
        case "status":
            status = api.status(folder, request, terminal)
            listed = results.inputs(status, terminal.out) if command.level > 0 else []
            for line in [*results.status(status, terminal.out), *listed]:
                if not command.as_json and command.level >= 0:
                    terminal.line(line)
            return status


def _print_summary(outcome: Outcome, terminal: Terminal) -> None:
    terminal.rest()
    for warning in outcome.warnings:
        terminal.warn(warning)
    terminal.note(results.done(outcome, terminal.err))
    if terminal.level > 0:
        for line in results.all_reasons(outcome, terminal.err):
            terminal.note(line)


def _failed(folder: Path, error: LbuildError) -> FailedProject:
    try:
        place = Path(os.path.realpath(folder))
    except (OSError, ValueError):  # relative to a folder that is gone, for example
        place = folder
    return FailedProject(project=place, kind=error.kind, message=str(error), log=error.log)


def _summary(outcome: ProjectOutcome) -> Outcome | StatusOutcome:
    return outcome if isinstance(outcome, StatusOutcome) else outcome.outcome


def _is_due(outcome: ProjectOutcome) -> bool:
    return isinstance(outcome, StatusOutcome) and bool(not outcome.reuse or outcome.outdated)


def _has_done(outcome: ProjectOutcome) -> bool:
    """Whether something was built, or should be."""
    return _is_due(outcome) if isinstance(outcome, StatusOutcome) else outcome.outcome.built
