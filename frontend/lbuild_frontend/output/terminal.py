"""The two streams of a command: its result on one, and on the other what happens meanwhile."""

import os
import shutil
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, TextIO

from lbuild_frontend import replay
from lbuild_frontend.errors import BrokenPipe, BuildFailed, LbuildError

if TYPE_CHECKING:
    from rich.status import Status as Spinner


class Terminal:
    """Prints results on standard output, and everything else on standard error.

    If it is silent, it prints nothing, and only keeps what it would print.

    On standard error there are lines that stay, and below them one that changes (``progress``).

    Attributes:
        level: -1 for errors and warnings only, 0 as usual, 1 for everything.
        printed: what was printed so far, without the line that changes: descriptors and bytes.
        complained: whether there was a warning or an error.
    """

    def __init__(self, level: int, *, silent: bool = False) -> None:
        self.level = level
        self._silent = silent
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
        if self._silent:
            return
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except OSError as error:
            _discard(sys.stdout)
            if isinstance(error, BrokenPipeError):
                raise BrokenPipe from error
            raise LbuildError(replay.unwritable(error)) from error

    def line(self, text: str) -> None:
        """Write a line to standard output; file names as the bytes that they are."""
        self.result(os.fsencode(text) + b"\n")

    def progress(self, text: str) -> None:
        """Show what happens now: on a terminal while it lasts, elsewhere only at level 1."""
        if self.level > 0:
            self._say(text)
        elif self.level == 0 and not self._silent and sys.stderr.isatty():
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
        """Print an error, and before it what the backend printed."""
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
        # Output of backends and names of files may have characters that the stream has not.
        encoding = sys.stderr.encoding or "utf-8"
        content = text.encode(encoding, "backslashreplace")
        self.printed.append((2, content + b"\n"))
        if self._silent:
            return
        try:
            print(content.decode(encoding), file=sys.stderr, flush=True)
        except OSError:  # which cannot be reported anywhere
            _discard(sys.stderr)

    def _spin(self, text: str) -> None:
        from rich.text import Text  # not markup: names may have brackets

        if self._spinner is not None:
            self._spinner.update(Text(text))
            return
        from rich.console import Console

        self._spinner = Console(stderr=True).status(Text(text))
        self._shown.enter_context(self._spinner)


def width_of(stream: TextIO) -> int | None:
    """Return the columns of a terminal; None for anything else: lines may have any length there."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def _discard(stream: TextIO) -> None:
    """Let a stream lead nowhere: otherwise Python would write to it again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
