"""The last lines of a terminal: the present step, or a line for each project that is at work."""

import time
from collections.abc import Hashable
from typing import NamedTuple

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Column, Table
from rich.text import Text

_OTHER_LINES = 2
"""The counter, and the line that the cursor is on."""


class _AtWork(NamedTuple):
    text: str
    began: float


class LiveBoard:
    """Lines that are drawn again while they last, below all others: see ``progress.Board``.

    The projects that do not fit into the window are only counted.
    """

    def __init__(self, *, has_colors: bool) -> None:
        self._console = Console(stderr=True, no_color=not has_colors)
        self._spinner = Spinner("dots", style="progress.spinner")
        self._projects: dict[Hashable, _AtWork] = {}
        self._counts: tuple[int, int, int] | None = None
        self._live: Live | None = None

    def begin(self, project: Hashable, text: str) -> None:
        """See ``progress.Board``."""
        known = self._projects.get(project)
        began = time.monotonic() if known is None else known.began
        self._projects = {**self._projects, project: _AtWork(text, began)}
        self._draw()

    def end(self, project: Hashable) -> None:
        """See ``progress.Board``."""
        self._projects = {key: one for key, one in self._projects.items() if key != project}

    def count(self, done: int, total: int, failed: int) -> None:
        """See ``progress.Board``."""
        self._counts = (done, total, failed)
        self._draw()

    def show(self) -> None:
        """See ``progress.Board``."""
        if self._live is None and (self._projects or self._counts):
            self._live = Live(
                console=self._console,
                get_renderable=self._drawn,
                refresh_per_second=10,
                transient=True,
                # What is printed meanwhile is printed by lbuild, with the board out of the way.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start(refresh=True)

    def hide(self) -> None:
        """See ``progress.Board``."""
        if self._live is not None:
            live, self._live = self._live, None
            try:
                live.stop()
            except IndexError:
                # Ctrl-C came while it began: rich cannot take back what it has not done yet.
                self._console.show_cursor(True)

    def _draw(self) -> None:
        """Show a change at once: a step may be over soon."""
        if self._live is None:
            self.show()
        else:
            self._live.refresh()

    def close(self) -> None:
        """See ``progress.Board``."""
        self.hide()

    def _drawn(self) -> Group:
        """Return what is shown; rich asks for it, in a thread of its own.

        So a change replaces what is read here, and nothing is changed in it.
        """
        # Where there is little room, rich makes columns narrow that may be folded: only the step.
        lines = Table.grid(Column(no_wrap=True), Column(), Column(no_wrap=True))
        lines.padding = (0, 1, 0, 0)
        room = max(self._console.height - _OTHER_LINES, 0)
        for text, began in list(self._projects.values())[:room]:
            seconds = Text(f"{time.monotonic() - began:.0f} s", style="dim")
            step = Text(text, no_wrap=True, overflow="ellipsis")
            lines.add_row(self._spinner, step, seconds)
        if self._counts is None:
            return Group(lines)
        done, total, failed = self._counts
        counter = f"{done} of {total} done, {len(self._projects)} at work"
        counter += f", {failed} failed" if failed else ""
        return Group(lines, Text(counter, style="dim", no_wrap=True, overflow="ellipsis"))


class LiveStep:
    """The last line of a terminal: the step and its seconds, drawn again while it lasts."""

    def __init__(self, *, has_colors: bool) -> None:
        self._board = LiveBoard(has_colors=has_colors)
        self._step = 0

    def begin(self, text: str) -> None:
        """See ``progress.Steps``."""
        self._board.end(self._step)
        self._step += 1
        self._board.begin(self._step, text)

    def end(self) -> None:
        """See ``progress.Steps``."""
        self._board.end(self._step)
        self._board.hide()
