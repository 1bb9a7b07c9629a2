"""What happens while a command runs: it is printed as it comes, and summed up at the end."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Self

from lbuild_frontend.api import (
    Changing,
    Counted,
    DoneResult,
    Ended,
    Event,
    Failed,
    Finished,
    Idle,
    NeededResult,
    Note,
    Progress,
    StatusResult,
    Warned,
)
from lbuild_frontend.commands import printed
from lbuild_frontend.errors import LbuildError, Skipped, Stopped
from lbuild_frontend.model.request import CommandLine
from lbuild_frontend.model.results import FailedResult, InstallResult
from lbuild_frontend.output import json_rows
from lbuild_frontend.output.terminal import Terminal


class Account:
    """Prints the events of a command.

    Attributes:
        done: what was done, or found out.
        code: the gravest exit code so far.
        has_changed: whether something was about to change.
        has_ended: whether all is printed.
    """

    def __init__(
        self, line: CommandLine, terminal: Terminal, before_change: Callable[[], None]
    ) -> None:
        """Begin.

        Args:
            line: the command line.
            terminal: where it is printed.
            before_change: is called before something changes.
        """
        self.done: list[DoneResult] = []
        self.code = 0
        self.has_changed = False
        self.has_ended = False
        self._line, self._terminal = line, terminal
        self._before_change = before_change
        self._reported: set[str] = set()
        self._stack = contextlib.ExitStack()
        # While several projects are at work, standard output is kept back until the end: then it is
        # in the order in which they would have come one by one.
        self._is_at_once = False
        self._kept_back: dict[Path, list[bytes]] = {}
        scope = line.command.scope
        self._has_table = bool(scope.workspace or scope.packages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, event: Event) -> None:
        """Print an event."""
        match event:
            case Progress(project=project, text=text):
                self._progress(project, text)
            case Idle(project=project):
                self._progress(project, None)
            case Note(text=text):
                self._terminal.note(text)
            case Warned(text=text):
                self._terminal.warn(text)
            case Changing(at_once=at_once):
                self._change(at_once=at_once)
            case Counted(done=done, total=total, failed=failed):
                self._terminal.count(done, total, failed)
            case Finished(result=result, is_listed=is_listed):
                self._take(result, is_listed=is_listed)
            case Failed(project=project, name=name, error=error):
                self.code = max(self.code, error.exit_code)
                self._report(name, error)
            case Ended():
                self._close(event)

    def _progress(self, project: Path | None, text: str | None) -> None:
        if self._is_at_once and project is not None:
            self._terminal.step_of(project, text)
        elif text is None:
            self._terminal.rest()
        else:
            self._terminal.progress(text)

    def _change(self, *, at_once: bool) -> None:
        self.has_changed = True
        self._before_change()
        if at_once and not self._is_at_once:
            self._is_at_once = True
            self._stack.enter_context(self._terminal.board())

    def _take(self, result: DoneResult, *, is_listed: bool) -> None:
        self.done.append(result)
        self._say(result)
        if isinstance(result, StatusResult) and (self._is_only_in_table(result) or not is_listed):
            return
        pieces = printed.on_stdout(result, self._line, self._terminal)
        if self._is_at_once:
            self._kept_back[result.project] = pieces
            return
        for piece in pieces:
            self._terminal.result(piece)

    def _say(self, result: DoneResult) -> None:
        """Print what was done for a project, unless it is of no interest, or the table shows it."""
        with self._terminal.together():
            is_own = not isinstance(result, NeededResult) or result.action == "built"
            if (is_own or self._terminal.level > 0) and not self._is_only_in_table(result):
                printed.say(result, self._terminal)
            else:
                printed.warn(result, self._terminal)

    def _is_only_in_table(self, result: DoneResult) -> bool:
        """Whether a table at the end is all that shows this result.

        What took time is shown as it is done, unless there is a board for that.
        """
        if not self._has_table or self._terminal.level > 0:
            return False
        if isinstance(result, StatusResult):
            return True
        return self._terminal.has_board or not was_built(result)

    def _report(self, name: str, error: LbuildError) -> None:
        if isinstance(error, Skipped):
            if not self._has_table:  # which says so
                self._terminal.note(f"{name}: {error}")
            return
        is_known = isinstance(error, Stopped) and "" in self._reported
        if self._has_table:  # what is wrong with the command is wrong for each project
            is_known |= str(error) in self._reported
        if not is_known:
            self._reported.add("" if isinstance(error, Stopped) else str(error))
            self._terminal.error(error)

    def _close(self, ended: Ended) -> None:
        """Print what was kept back, and what became of all projects."""
        self._stack.close()
        for result in ended.results:
            for piece in self._kept_back.get(result.project, ()):
                self._terminal.result(piece)
        if self._has_table or len(ended.results) > 1:
            self._sum_up(ended)
        if self._line.as_json:
            self._terminal.line(json_rows.as_json(ended.results))
        self.has_ended = True

    def _sum_up(self, ended: Ended) -> None:
        """Print what became of all projects."""
        from lbuild_frontend.output import summary  # a single project needs none

        line, terminal, rows = self._line, self._terminal, ended.results
        if line.command.verb == "status" and self._has_table:
            if not line.as_json and line.level >= 0:
                found = [one for one in rows if isinstance(one, StatusResult | FailedResult)]
                only_needed = {one.project for one in found} - {*ended.requested}
                for text in summary.status(found, terminal.out, only_needed=only_needed):
                    terminal.line(text)
        elif self._has_table:
            for text in summary.done(rows, terminal.err, in_full=terminal.level > 0):
                terminal.note(text)
        elif summary.is_mixed(rows):
            terminal.note(summary.counts(rows, terminal.err))


def was_built(result: DoneResult) -> bool:
    """Whether a hook was called."""
    match result:
        case StatusResult():
            return False
        case InstallResult(built=built):
            return built
        case _:
            return result.action == "built"
