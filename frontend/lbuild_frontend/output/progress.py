"""What happens now, and for how long: a line that changes on a terminal, or a line at times."""

import threading
import time
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

EVERY = 30.0
"""Seconds after which a step that goes on is reported again where lines cannot change."""


class Steps(Protocol):
    """Shows the present step of a command."""

    def begin(self, text: str) -> None:
        """Show that a step begins; the one before it is over."""

    def end(self) -> None:
        """Show nothing any more."""


class Board(Protocol):
    """Shows the present steps of several projects that are at work at once.

    Nothing here is safe for threads: ``Terminal`` has a lock.
    """

    def begin(self, project: Hashable, text: str) -> None:
        """Show the step that a project is at now, on a line of its own."""

    def end(self, project: Hashable) -> None:
        """Remove the line of a project: it is not at work any more."""

    def count(self, text: str) -> None:
        """Show how many projects are done."""

    def show(self) -> None:
        """Show all of this again."""

    def hide(self) -> None:
        """Show nothing, so that something else can be printed."""


class Spinner:
    """The last line of a terminal: the step and its seconds, drawn again while it lasts."""

    def __init__(self, *, has_colors: bool) -> None:
        self._has_colors = has_colors
        self._shown = ExitStack()
        self._progress: Progress | None = None

    def begin(self, text: str) -> None:
        """See ``Steps``."""
        progress = self._progress
        if progress is None:
            progress = self._progress = _progress(self._has_colors)
            self._shown.enter_context(progress)
        for task in progress.task_ids:
            progress.remove_task(task)
        progress.add_task(text, total=None)

    def end(self) -> None:
        """See ``Steps``."""
        self._shown.close()
        self._progress = None


def _progress(has_colors: bool) -> "Progress":
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn
    from rich.table import Column

    whole = Column(no_wrap=True, min_width=4)  # where there is little room, the step is cut
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),  # names may have brackets
        TextColumn("{task.elapsed:.0f} s", style="dim", table_column=whole),
        console=Console(stderr=True, no_color=not has_colors),
        transient=True,
    )


class Lines:
    """A line for each half minute of a step, so that a log shows that it goes on."""

    def __init__(self, say: Callable[[str], None], every: float) -> None:
        self._say = say
        self._every = every
        self._over = threading.Event()

    def begin(self, text: str) -> None:
        """See ``Steps``."""
        self.end()
        self._over = threading.Event()
        arguments = (text, time.monotonic(), self._over)
        threading.Thread(target=self._go_on, args=arguments, daemon=True).start()

    def end(self) -> None:
        """See ``Steps``."""
        self._over.set()

    def _go_on(self, text: str, began: float, over: threading.Event) -> None:
        while not over.wait(self._every):
            self._say(f"{text} ({time.monotonic() - began:.0f} s so far)")


class LinesOfProjects:
    """The same for projects that are at work at once: see ``Board``."""

    def __init__(self, say: Callable[[str], None], every: float) -> None:
        self._say = say
        self._every = every
        self._of: dict[Hashable, Lines] = {}

    def begin(self, project: Hashable, text: str) -> None:
        """See ``Board``."""
        if project not in self._of:
            self._of[project] = Lines(self._say, self._every)
        self._of[project].begin(text)

    def end(self, project: Hashable) -> None:
        """See ``Board``."""
        if project in self._of:
            self._of.pop(project).end()

    def count(self, text: str) -> None:
        """Each project that is done has a line of its own."""

    def show(self) -> None:
        """There is nothing that goes away when something is printed."""

    def hide(self) -> None:
        """See ``show``."""
