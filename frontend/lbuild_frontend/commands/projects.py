"""Runs a command: takes it as a plain value, prints, and returns an exit code. Knows no parser."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lbuild_frontend.builds import cache_location, workflow
from lbuild_frontend.builds import project as projects
from lbuild_frontend.builds.project import Project
from lbuild_frontend.cache.store import Store
from lbuild_frontend.errors import BrokenPipe, Interrupted, LbuildError, unforeseen
from lbuild_frontend.model.request import Answer, Command, Outcome, StatusOutcome, WheelOutcome
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.self_tracing.own_process import Recording


def run(command: Command) -> int:
    """Do what was asked for; return the exit code, the gravest of all projects."""
    seen = Recording()
    terminal = Terminal(command.level)
    end_by_sigterm()
    done = _Done()
    try:
        code = _each(command, terminal, done, seen.give_up)
        if command.as_json:
            terminal.line(results.as_json(done.answers))
    except BrokenPipe as error:
        return error.exit_code
    except LbuildError as error:
        terminal.error(error)
        return error.exit_code
    no_op = code == 0 and not terminal.complained and not any(map(_has_done, done.answers))
    for cache in done.caches:
        roots = {_outcome(answer).project for answer in done.answers}
        printed = terminal.printed if no_op else None
        seen.keep(command, cache, roots, printed, terminal)
    return code or int(command.exit_code and any(map(_is_due, done.answers)))


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done so far, and with which caches."""

    answers: list[Answer] = field(default_factory=list)
    caches: set[Path] = field(default_factory=set)


def _each(command: Command, terminal: Terminal, done: _Done, building: Callable[[], None]) -> int:
    """Do it for each project; tell of errors, go on, and return the gravest exit code."""
    code = 0
    for folder in command.projects:
        try:
            one = projects.load(folder)
            writes = command.verb != "status"
            with cache_location.opened(command.request, one, terminal, writes=writes) as cache:
                done.answers.append(_answer(command, one, cache, terminal, building, done))
                done.caches.add(cache.root)
        except KeyboardInterrupt:
            terminal.error(LbuildError("interrupted; nothing half done is kept."))
            return Interrupted.exit_code
        except LbuildError as error:
            terminal.error(error)
            code = max(code, error.exit_code)
        except OSError as error:
            terminal.error(unforeseen(os.fspath(folder), error))
            code = max(code, LbuildError.exit_code)
        finally:
            terminal.rest()
    return code


def _answer(
    command: Command,
    one: Project,
    cache: Store,
    terminal: Terminal,
    building: Callable[[], None],
    done: _Done,
) -> Answer:
    """Do it for one project, and tell."""
    match command.verb:
        case "wheel":
            earlier = [answer for answer in done.answers if isinstance(answer, WheelOutcome)]
            delivered = workflow.wheel(one, command.request, cache, terminal, building, earlier)
            _tell(delivered.outcome, terminal)
            if not command.as_json:
                terminal.line(os.fspath(delivered.wheel))
            return delivered
        case "metadata":
            prepared = workflow.metadata(one, command.request, cache, terminal, building)
            _tell(prepared.outcome, terminal)
            if not command.as_json:
                terminal.result(prepared.metadata)
            return prepared
        case "status":
            status = workflow.status(one, command.request, cache)
            width = results.width_of(sys.stdout)
            listed = results.inputs(status, width) if command.level > 0 else []
            for line in [*results.status(status, width), *listed]:
                if not command.as_json:
                    terminal.line(line)
            return status


def _tell(outcome: Outcome, terminal: Terminal) -> None:
    terminal.rest()
    for warning in outcome.warnings:
        terminal.warn(warning)
    terminal.note(results.done(outcome))
    if terminal.level > 0:
        for line in results.all_reasons(outcome, results.width_of(sys.stderr)):
            terminal.note(line)


def _is_due(answer: Answer) -> bool:
    return isinstance(answer, StatusOutcome) and bool(not answer.reuse or answer.outdated)


def _outcome(answer: Answer) -> Outcome | StatusOutcome:
    return answer if isinstance(answer, StatusOutcome) else answer.outcome


def _has_done(answer: Answer) -> bool:
    """Whether something was built, or should be."""
    return _is_due(answer) if isinstance(answer, StatusOutcome) else answer.outcome.built


def end_by_sigterm() -> None:
    """Let SIGTERM end the process in order, as SIGINT does."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted
