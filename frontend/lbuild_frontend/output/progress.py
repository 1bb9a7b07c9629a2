"""What happens now, and for how long: a line at times where lines cannot change; else ``board``."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Protocol

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

    def count(self, done: int, total: int, failed: int) -> None:
        """Show how many projects are done, and how many of these failed."""

    def show(self) -> None:
        """Show all of this again."""

    def hide(self) -> None:
        """Show nothing, so that something else can be printed."""

    def close(self) -> None:
        """Show nothing any more, also of projects that have not come to their end."""


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

    def count(self, done: int, total: int, failed: int) -> None:
        """Each project that is done has a line of its own."""

    def show(self) -> None:
        """There is nothing that goes away when something is printed."""

    def hide(self) -> None:
        """See ``show``."""

    def close(self) -> None:
        """See ``Board``."""
        for project in [*self._of]:
            self.end(project)
