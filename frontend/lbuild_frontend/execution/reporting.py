"""A callback that takes events -> a ``Reporter`` of one project, and of what is done for all."""

import threading
from pathlib import Path

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.events import Callback, Event, Idle, Note, Progress, Warned


class RaisedByCallback(Exception):
    """A callback raised what would otherwise be taken for an error of a project.

    Attributes:
        error: what it raised.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Events:
    """Passes events on to a callback, one at a time, from whatever thread they come.

    A callback may begin another command: its events are of the same thread.
    """

    def __init__(self, callback: Callback) -> None:
        self._callback = callback
        self._lock = threading.RLock()

    def give(self, event: Event) -> None:
        """Pass an event on.

        Raises:
            RaisedByCallback: instead of an LbuildError or OSError.
        """
        with self._lock:
            try:
                self._callback(event)
            except (LbuildError, OSError) as error:
                raise RaisedByCallback(error) from error


class ProjectReporter:
    """Turns what is reported of a project into events."""

    def __init__(self, events: Events, project: Path | None) -> None:
        """Report on a project; None for what is done for all projects together."""
        self._events = events
        self._project = project

    def progress(self, text: str) -> None:
        """Report what happens now."""
        self._events.give(Progress(self._project, text))

    def note(self, text: str) -> None:
        """Report something that the user should find later as well."""
        self._events.give(Note(self._project, text))

    def warn(self, text: str) -> None:
        """Report something that the user should change."""
        self._events.give(Warned(self._project, text))

    def rest(self) -> None:
        """Report that nothing happens any more."""
        self._events.give(Idle(self._project))
