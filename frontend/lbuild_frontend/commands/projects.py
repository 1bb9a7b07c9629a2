"""The commands on projects: print what the functions of ``api`` return; return an exit code."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.errors import LbuildError, Stopped
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
    code, done = _for_each_project(command, terminal, recording.stop)
    summaries = [_summary(outcome) for outcome in done]
    roots = {summary.project for summary in summaries}
    caches = {summary.cache for summary in summaries if summary.cache is not None}
    printed = None
    if code == 0:
        has_acted = any(map(_has_acted, done))
        printed = _rehearse(command, recording, caches) if has_acted else _as_no_op(terminal, done)
    for cache in caches:
        recording.keep(command, cache, roots, printed, terminal)
    return code or int(command.exit_code and any(map(_is_due, done)))


def _for_each_project(
    command: Command, terminal: Terminal, before_change: Callable[[], None]
) -> tuple[int, list[ProjectOutcome]]:
    """Return the gravest exit code, and what was done for the projects that did not fail."""
    done: list[ProjectOutcome] = []
    rows: list[ProjectOutcome | FailedProject] = []
    code = 0
    extras: Mapping[Path, tuple[str, ...]] = {}
    if command.verb == "install":
        selection, extras = api.select_to_install(command.projects)
    else:
        selection = api.select_projects(command.projects, several=command.verb != "metadata")
    for note in selection.notes:
        terminal.note(note)
    for folder in selection.folders:
        if boundary.is_interruption(code):
            rows.append(_failed(folder, Stopped("interrupted before its turn.", code)))
            continue
        names = extras.get(folder, ())
        error = _attempt(command, folder, names, terminal, before_change, done)
        rows.append(done[-1] if error is None else _failed(folder, error))
        code = max(code, 0 if error is None else error.exit_code)
    if command.as_json:
        terminal.line(results.as_json(rows))
    return code, done


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
    code, done = _for_each_project(command, silent, _refuse)
    if boundary.is_interruption(code):
        message = "interrupted; what was asked for is done."
        raise Stopped(message, code)
    return _as_no_op(silent, done) if code == 0 else None


def _refuse() -> None:
    """End a rehearsal, in place of a build or a delivery."""
    message = "there is something to do"
    raise LbuildError(message)


def _attempt(
    command: Command,
    folder: Path,
    extras: Collection[str],
    terminal: Terminal,
    before_change: Callable[[], None],
    done: list[ProjectOutcome],
) -> LbuildError | None:
    """Run a command for one project, and add what it did; or return its error."""

    def step() -> None:
        done.append(_outcome(command, folder, extras, terminal, before_change, done))

    return boundary.attempt(
        terminal,
        step,
        subject=os.fspath(folder),
        when_interrupted=_WHEN_INTERRUPTED.get(command.verb, "no partial result was kept."),
    )


_WHEN_INTERRUPTED = {
    "install": "if the environment is incomplete now, the next lbuild install repairs it.",
}


def _outcome(
    command: Command,
    folder: Path,
    extras: Collection[str],
    terminal: Terminal,
    before_change: Callable[[], None],
    done: list[ProjectOutcome],
) -> ProjectOutcome:
    """Run a command for one project, and print what it did."""
    request = command.request
    rehearsal = before_change is _refuse
    match command.verb:
        case "wheel" | "editable" | "sdist":
            earlier = [one for one in done if isinstance(one, WheelOutcome | SdistOutcome)]
            deliver = api.build_sdist if command.verb == "sdist" else api.build_wheel
            delivered = deliver(
                folder,
                request,
                terminal,
                before_change=before_change,
                earlier=earlier,
                rehearsal=rehearsal,
            )
            _print_summary(
                delivered.outcome, results.done(delivered.outcome, terminal.err), terminal
            )
            if not command.as_json:
                terminal.line(os.fspath(delivered.path))
            return delivered
        case "metadata":
            prepared = api.metadata(
                folder, request, terminal, before_change=before_change, rehearsal=rehearsal
            )
            summary = results.done(prepared.outcome, terminal.err)
            _print_summary(prepared.outcome, summary, terminal)
            if not command.as_json:
                terminal.result(prepared.metadata)
            return prepared
        case "install":
            installed = [outcome for outcome in done if isinstance(outcome, InstallOutcome)]
            result = api.install(
                folder,
                request,
                command.install,
                extras,
                terminal,
                before_change=before_change,
                earlier=installed,
                rehearsal=rehearsal,
            )
            _print_summary(result.outcome, results.installed(result, terminal.err), terminal)
            return result
        case "status":
            status = api.status(folder, request, terminal)
            listed = results.inputs(status, terminal.out) if command.level > 0 else []
            for line in [*results.status(status, terminal.out), *listed]:
                if not command.as_json and command.level >= 0:
                    terminal.line(line)
            return status
        case "graph":
            message = "lbuild graph is not there yet."
            raise LbuildError(message)


def _print_summary(outcome: Outcome, line: str, terminal: Terminal) -> None:
    terminal.rest()
    for warning in outcome.warnings:
        terminal.warn(warning)
    terminal.note(line)
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
