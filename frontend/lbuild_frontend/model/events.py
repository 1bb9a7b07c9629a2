"""What is reported while a command runs: values that a callback is given one by one.

They are public (docs/reference/stability.md). More kinds may be added: a callback passes over those
that it does not know.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.results import DoneResult, Result


class Progress(NamedTuple):
    """What happens now.

    Attributes:
        project: its folder; None if it is done for all projects together.
        text: for people.
    """

    project: Path | None
    text: str

    def __str__(self) -> str:
        return self.text


class Idle(NamedTuple):
    """Nothing happens now: the project is done, or waits for others.

    Attributes:
        project: see ``Progress``.
    """

    project: Path | None

    def __str__(self) -> str:
        return f"{self.project}: idle" if self.project else "idle"


class Note(NamedTuple):
    """Something that the user should find later as well.

    Attributes:
        project: see ``Progress``.
        text: a sentence without a full stop.
    """

    project: Path | None
    text: str

    def __str__(self) -> str:
        return self.text


class Warned(NamedTuple):
    """Something that the user should change.

    Attributes:
        project: see ``Progress``.
        text: one or more sentences.
    """

    project: Path | None
    text: str

    def __str__(self) -> str:
        return f"warning: {self.text}"


class Changing(NamedTuple):
    """Something is about to change: a hook is called, or a file is written or replaced.

    It comes before the first change, and may come again. An exception that the callback raises now
    prevents the change.

    Attributes:
        at_once: whether from now on several projects are worked on at the same time.
    """

    at_once: bool

    def __str__(self) -> str:
        return "changing"


class Counted(NamedTuple):
    """How far a command with several projects is.

    Attributes:
        done: how many projects are over.
        total: how many there are, as far as it is known.
        failed: how many of those that are over failed.
    """

    done: int
    total: int
    failed: int

    def __str__(self) -> str:
        return f"{self.done} of {self.total} done, {self.failed} failed"


class Finished(NamedTuple):
    """What became of a project.

    Attributes:
        project: its folder, as it was asked for.
        result: of it.
        is_listed: whether it is one of the results of the command; if not, it was only needed.
    """

    project: Path
    result: DoneResult
    is_listed: bool

    def __str__(self) -> str:
        return f"{self.result.name}: finished"


class Failed(NamedTuple):
    """There is an error; other projects go on.

    Attributes:
        project: its folder; None if the error is in what is done for all projects together.
        name: of the project, or of its folder; empty if there is none.
        error: what is wrong.
    """

    project: Path | None
    name: str
    error: LbuildError

    def __str__(self) -> str:
        return f"error: {self.error}"


class Ended(NamedTuple):
    """The command is over. It is the last event, also if there was an error.

    Attributes:
        results: of all projects, in order.
        requested: the folders of those that were asked for.
    """

    results: tuple[Result, ...]
    requested: tuple[Path, ...]

    def __str__(self) -> str:
        return "ended"


Event = Progress | Idle | Note | Warned | Changing | Counted | Finished | Failed | Ended

Callback = Callable[[Event], None]
"""Takes events: in the thread that does the work, and never two at the same time."""


def ignore(_event: Event) -> None:
    """Take an event, and do nothing."""
