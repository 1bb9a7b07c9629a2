"""Runs a command: takes it as a plain value, prints, and returns an exit code. Knows no parser."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lbuild_frontend import caches, project, render, workflow
from lbuild_frontend.errors import BrokenPipe, Interrupted, LbuildError
from lbuild_frontend.project import Project
from lbuild_frontend.request import Answer, Command, Outcome, Status
from lbuild_frontend.store import Store
from lbuild_frontend.terminal import Terminal


def run(command: Command) -> int:
    """Do what was asked for; return the exit code, the gravest of all projects."""
    terminal = Terminal(command.level)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(command, terminal)
    except BrokenPipe as error:
        return error.exit_code


def _run(command: Command, terminal: Terminal) -> int:
    code = 0
    answers: list[Answer] = []
    for folder in command.projects:
        try:
            one = project.load(folder)
            with caches.opened(command.request, one, terminal) as cache:
                answers.append(_answer(command, one, cache, terminal))
        except KeyboardInterrupt:
            terminal.error(LbuildError("interrupted; nothing half done is kept."))
            return Interrupted.exit_code
        except LbuildError as error:
            terminal.error(error)
            code = max(code, error.exit_code)
        except OSError as error:
            # What no module foresaw: a full disk, a folder that vanished.
            place = f"{error.filename}: " if error.filename else ""
            problem = error.strerror or str(error)
            terminal.error(LbuildError(f"{folder}: {place}{problem}. Mend that and try again."))
            code = max(code, LbuildError.exit_code)
        finally:
            terminal.rest()
    if command.as_json:
        terminal.line(render.as_json(answers))
    return code or int(command.exit_code and any(map(_is_due, answers)))


def cache_dir(asked_for: Path | None, *, as_json: bool) -> int:
    """Print the folder of the cache that is used here."""
    terminal = Terminal(0)
    try:
        folder = caches.used_in(Path(), asked_for)
        terminal.line(render.folder_as_json(folder) if as_json else os.fspath(folder))
    except LbuildError as error:
        terminal.error(error)
        return error.exit_code
    except BrokenPipe as error:
        return error.exit_code
    return 0


def _answer(command: Command, one: Project, cache: Store, terminal: Terminal) -> Answer:
    """Do it for one project, and tell."""
    match command.verb:
        case "wheel":
            delivered = workflow.wheel(one, command.request, cache, terminal)
            _tell(delivered.outcome, terminal)
            if not command.as_json:
                terminal.line(os.fspath(delivered.wheel))
            return delivered
        case "metadata":
            prepared = workflow.metadata(one, command.request, cache, terminal)
            _tell(prepared.outcome, terminal)
            if not command.as_json:
                terminal.result(prepared.metadata)
            return prepared
        case "status":
            status = workflow.status(one, command.request, cache)
            width = render.width_of(sys.stdout)
            listed = render.inputs(status, width) if command.level > 0 else []
            for line in [*render.status(status, width), *listed]:
                if not command.as_json:
                    terminal.line(line)
            return status


def _tell(outcome: Outcome, terminal: Terminal) -> None:
    terminal.rest()
    for warning in outcome.warnings:
        terminal.warn(warning)
    terminal.note(render.done(outcome))
    if terminal.level > 0:
        for line in render.all_reasons(outcome, render.width_of(sys.stderr)):
            terminal.note(line)


def _is_due(answer: Answer) -> bool:
    return isinstance(answer, Status) and bool(not answer.reuse or answer.outdated)


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted
