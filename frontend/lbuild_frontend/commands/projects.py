"""The commands on projects: carry them out, and keep what a replay needs."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from lbuild_frontend import api
from lbuild_frontend.commands import boundary
from lbuild_frontend.commands.account import Account
from lbuild_frontend.errors import Interrupted, LbuildError, Stopped
from lbuild_frontend.model.request import CommandLine
from lbuild_frontend.model.results import (
    DoneResult,
    InstallResult,
    StatusResult,
)
from lbuild_frontend.output import json_rows
from lbuild_frontend.output.terminal import Terminal
from lbuild_frontend.self_tracing.own_process import Recording


def run(line: CommandLine) -> int:
    """Run a command for each of its projects; return the gravest exit code."""
    request = line.command.request
    api.preload(line.command.verb)  # while it records, each module counts as looked at
    is_kept = request.cache_mode != "read-only" and not request.no_cache
    with Recording(writes=is_kept) as recording:
        return boundary.run(
            line.level, line.color, lambda terminal: _run(line, terminal, recording)
        )


def _run(line: CommandLine, terminal: Terminal, recording: Recording) -> int:
    account = _account(line, terminal, recording.stop)
    done = account.done
    roots = {one.project for one in done}
    caches = {one.cache for one in done if one.cache is not None}
    printed = None
    if account.code == 0 and account.has_changed:
        printed = _rehearse(line, recording, caches)
    elif account.code == 0:
        printed = _as_no_op(terminal, done)
    for cache in caches:
        recording.keep(line, cache, roots, printed, terminal)
    return account.code or int(line.exit_code and any(map(_is_due, done)))


def _account(line: CommandLine, terminal: Terminal, before_change: Callable[[], None]) -> Account:
    """Carry out a command, and print what happens; programs that read JSON get errors of it, too.

    Raises:
        LbuildError: if it is not known for which projects.
    """
    with Account(line, terminal, before_change) as account:
        try:
            api.run(line.command, progress=account.take)
        except KeyboardInterrupt:
            if not account.has_ended:
                raise
        except LbuildError as error:
            if account.has_ended:
                return account  # it is printed
            if line.as_json:
                terminal.line(json_rows.as_json([api.failed_result(Path(), error)]))
            raise
    return account


def _as_no_op(terminal: Terminal, done: Iterable[DoneResult]) -> list[tuple[int, bytes]] | None:
    """Return what was printed, if nothing is due, or was complained of."""
    return None if terminal.complained or any(map(_is_due, done)) else terminal.printed


def _rehearse(
    line: CommandLine, recording: Recording, caches: Collection[Path]
) -> list[tuple[int, bytes]] | None:
    """Return what the same command would print now; None if it would not be a hit.

    So the next one can be replayed. The decision is made once more, and recorded.

    Raises:
        Stopped: if the user interrupts it.
    """
    if not recording.begin_again(caches):
        return None
    silent = Terminal(line.level, line.color, silent=True)
    one_by_one = line.command.scope._replace(jobs=1)
    command = line.command._replace(scope=one_by_one)
    try:
        with Account(line, silent, _refuse) as account:
            api.run(command, progress=account.take, counted=False)
    except (_ChangeDue, LbuildError):
        return None
    except KeyboardInterrupt as error:
        message = "interrupted; what was asked for is done."
        code = error.exit_code if isinstance(error, Interrupted) else Interrupted.exit_code
        raise Stopped(message, code) from error
    return _as_no_op(silent, account.done) if account.code == 0 else None


class _ChangeDue(Exception):
    """The same command would have something to do."""


def _refuse() -> None:
    """End a rehearsal, in place of a build or a delivery."""
    raise _ChangeDue


def _is_due(result: DoneResult) -> bool:
    """Whether there is something to do that the command did not do."""
    match result:
        case StatusResult(verdict=verdict, outdated=outdated, environment=environment):
            wrong = environment is not None and not environment.current
            return verdict == "rebuild" or outdated is not None or wrong
        case InstallResult(dry_run=dry_run, action=action):
            return dry_run and action != "unchanged"
        case _:
            return False
