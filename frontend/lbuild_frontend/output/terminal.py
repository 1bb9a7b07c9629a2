"""The two streams of a command: its result on one, and on the other what happens meanwhile."""

import os
import sys
from typing import TYPE_CHECKING, TextIO

from lbuild_frontend import replay
from lbuild_frontend.errors import BrokenPipe, BuildFailed, LbuildError
from lbuild_frontend.model.request import Color
from lbuild_frontend.output.look import Look, is_capable, look_of

if TYPE_CHECKING:
    from lbuild_frontend.output.progress import Steps

_LAST_LINES = 30
"""How much of a failed hook's output is shown: the error is at its end, in all that was seen."""


class Terminal:
    """Prints results on standard output, and everything else on standard error.

    If it is silent, it prints nothing, and only keeps what it would print.

    On standard error there are lines that stay, and below them one that changes (``progress``).

    Attributes:
        level: -1 for errors and warnings only, 0 as usual, 1 for everything.
        out: what standard output can show.
        err: what standard error can show.
        printed: what was printed so far, without the line that changes: descriptors and bytes.
        complained: whether there was a warning or an error.
    """

    def __init__(self, level: int, color: Color, *, silent: bool = False) -> None:
        self.level = level
        self._silent = silent
        self.out: Look = look_of(sys.stdout, color)
        self.err: Look = look_of(sys.stderr, color)
        self.printed: list[tuple[int, bytes]] = []
        self.complained = False
        self._warned: set[str] = set()
        self._steps: Steps | None = None

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
        """Show what happens now: on a terminal while it lasts, elsewhere if it lasts long."""
        if self.level > 0:
            self._say(text)
        if self.level >= 0 and not self._silent:
            if self._steps is None:
                self._steps = self._new_steps()
            self._steps.begin(text)

    def note(self, text: str) -> None:
        """Print a line, unless asked to be quiet."""
        if self.level >= 0:
            self._say(text)

    def warn(self, text: str) -> None:
        """Print a warning, unless it was printed for another project of the command."""
        self.complained = True
        if text in self._warned:
            return
        self._warned.add(text)
        self._say(f"{self.err.yellow('warning:')} {text}")

    def error(self, error: LbuildError) -> None:
        """Print an error; before it the end of what the backend printed, and where all of it is."""
        self.complained = True
        self.rest()
        if isinstance(error, BuildFailed) and error.output.strip():
            self._output(error.output.rstrip().split("\n"), error.printed_by)
            if error.log is not None:
                self._say(f"All of it is in {error.log}")
        self._say(f"{self.err.red('error:')} {error}")

    def rest(self) -> None:
        """End the line that changes."""
        if self._steps is not None:
            steps, self._steps = self._steps, None
            try:
                steps.end()
            except OSError:  # the terminal was closed
                _discard(sys.stderr)

    def _new_steps(self) -> "Steps":
        from lbuild_frontend.output.progress import EVERY, Lines, Spinner  # a hit has no steps

        # The output of a backend that is shown as it comes would mix with a line that changes.
        if self.level == 0 and sys.stderr.isatty() and is_capable(os.environ):
            return Spinner(has_colors=self.err.has_colors)
        return Lines(self._write, EVERY)

    def _output(self, lines: list[str], printed_by: str) -> None:
        from lbuild_frontend.output.formats import counted  # few commands fail

        last = lines[-_LAST_LINES:]
        whole = counted(len(lines), "line")
        header = whole if len(last) == len(lines) else f"the last {len(last)} of {whole}"
        self._say(self.err.bold(f"Output of the {printed_by} ({header}):"))
        # As they are: another width would break what the backend lined up.
        self._write("\n".join(f"  {line}".rstrip() for line in last))

    def _say(self, text: str) -> None:
        self.rest()
        self._write(self.err.fold(text))

    def _write(self, text: str) -> None:
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


def _discard(stream: TextIO) -> None:
    """Let a stream lead nowhere: otherwise Python would write to it again when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
