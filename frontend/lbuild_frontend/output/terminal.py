"""The two streams of a command: what it was asked for, and what it says meanwhile."""

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from lbuild_frontend.errors import BrokenPipe, BuildFailed, LbuildError

if TYPE_CHECKING:
    from rich.status import Status as Spinner


class Terminal:
    """Prints results on standard output, and on standard error what goes on.

    What goes on is lines that stay, and one that changes.

    Attributes:
        level: -1 for errors and warnings only, 0 as usual, 1 for everything.
        printed: what was printed so far, but for the line that changes: descriptors and bytes.
        complained: whether there was a warning or an error among it.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        self.printed: list[tuple[int, bytes]] = []
        self.complained = False
        self._shown = ExitStack()
        self._spinner: Spinner | None = None

    def result(self, content: bytes) -> None:
        """Write to standard output.

        Raises:
            BrokenPipe: if nobody reads it any more.
            LbuildError: if it cannot be written.
        """
        self.printed.append((1, content))
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except OSError as error:
            _lead_nowhere(sys.stdout)
            if isinstance(error, BrokenPipeError):
                raise BrokenPipe from error
            message = f"the answer cannot be written ({error.strerror})."
            raise LbuildError(message) from error

    def line(self, text: str) -> None:
        """Write a line to standard output; file names as the bytes that they are."""
        self.result(os.fsencode(text) + b"\n")

    def progress(self, text: str) -> None:
        """Show what is going on: on a terminal while it lasts, else only when asked for all."""
        if self.level > 0:
            self._say(text)
        elif self.level == 0 and sys.stderr.isatty():
            self._spin(text)

    def note(self, text: str) -> None:
        """Print a line, unless asked to be quiet."""
        if self.level >= 0:
            self._say(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self.complained = True
        self._say(f"warning: {text}")

    def error(self, error: LbuildError) -> None:
        """Print an error, and before it what the backend had to say."""
        self.complained = True
        self.rest()
        if isinstance(error, BuildFailed) and error.output.strip():
            self._say(error.output.rstrip())
        self._say(f"error: {error}")

    def rest(self) -> None:
        """End the line that changes."""
        self._shown.close()
        self._spinner = None

    def _say(self, text: str) -> None:
        self.rest()
        # What backends and file names hold need not be printable here.
        encoding = sys.stderr.encoding or "utf-8"
        content = text.encode(encoding, "backslashreplace")
        self.printed.append((2, content + b"\n"))
        try:
            print(content.decode(encoding), file=sys.stderr, flush=True)
        except OSError:  # which nobody can be told of
            _lead_nowhere(sys.stderr)

    def _spin(self, text: str) -> None:
        from rich.text import Text  # plain: a name in brackets is no markup

        if self._spinner is not None:
            self._spinner.update(Text(text))
            return
        from rich.console import Console

        self._spinner = Console(stderr=True).status(Text(text))
        self._shown.enter_context(self._spinner)


def _lead_nowhere(stream: TextIO) -> None:
    """Give up a stream; else Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
