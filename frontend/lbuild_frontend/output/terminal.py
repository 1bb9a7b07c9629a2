"""The two streams of a command: its result on one, and on the other what happens meanwhile."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TextIO

from lbuild_frontend import replay
from lbuild_frontend.errors import BrokenPipe, BuildFailed, LbuildError
from lbuild_frontend.model.request import Color
from lbuild_frontend.output.look import Look, is_capable, look_of

if TYPE_CHECKING:
    from lbuild_frontend.output.progress import Board, Steps

_LAST_LINES = 30
"""How much of a failed hook's output is shown: the error is at its end, in all that was seen."""


class Terminal:
    """Prints results on standard output, and everything else on standard error.

    If it is silent, it prints nothing, and only keeps what it would print.

    On standard error there are lines that stay, and below them one that changes (``progress``), or
    several while projects are at work at once (``board``). Threads may print: what is printed by
    one call stays together, and so does what is printed while ``together`` lasts.

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
        self._board: Board | None = None
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let no other thread print meanwhile."""
        with self._lock:
            yield

    @contextlib.contextmanager
    def board(self) -> Iterator[None]:
        """Show the steps of several projects meanwhile: see ``step_of``."""
        with self._lock:
            self.rest()
            self._board = self._new_board()
        try:
            yield
        finally:
            with self._lock:
                self._on_board(lambda board: board.close())
                self._board = None

    @property
    def has_board(self) -> bool:
        """Whether ``board`` shows what happens on lines that change."""
        # The output of a backend that is shown as it comes would mix with such lines.
        return self.level == 0 and sys.stderr.isatty() and is_capable(os.environ)

    def count(self, done: int, total: int, failed: int) -> None:
        """Show how many projects are done, and how many of these failed, on a board."""
        with self._lock:
            self._on_board(lambda board: board.count(done, total, failed))

    def step_of(self, project: object, text: str | None) -> None:
        """Show what happens now with one of several projects; None once it is not at work."""
        with self._lock:
            if text is not None and self.level > 0:
                self._say(text)
            if text is None:
                self._on_board(lambda board: board.end(project))
            else:
                self._on_board(lambda board: board.begin(project, text))

    def result(self, content: bytes) -> None:
        """Write to standard output.

        Raises:
            BrokenPipe: if nobody reads it any more.
            LbuildError: if it cannot be written.
        """
        with self._out_of_the_way():
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
        with self._lock:
            if self._board is not None:
                self.step_of(self, text)
                return
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
        with self._lock:
            self.complained = True
            if text in self._warned:
                return
            self._warned.add(text)
            self._say(f"{self.err.yellow('warning:')} {text}")

    def error(self, error: LbuildError) -> None:
        """Print an error; before it the end of what the backend printed, and where all of it is."""
        with self._out_of_the_way():
            self.complained = True
            if isinstance(error, BuildFailed) and error.output.strip():
                self._output(error.output.rstrip().split("\n"), error.printed_by)
                if error.log is not None:
                    self._say(f"All of it is in {error.log}")
            self._say(f"{self.err.red('error:')} {error}")

    def rest(self) -> None:
        """End the line that changes. A board stays: others are at work."""
        with self._lock:
            self.step_of(self, None)
            if self._steps is not None:
                steps, self._steps = self._steps, None
                try:
                    steps.end()
                except OSError:  # the terminal was closed
                    _discard(sys.stderr)

    @contextlib.contextmanager
    def _out_of_the_way(self) -> Iterator[None]:
        """Print meanwhile where the board is: it comes back below."""
        with self._lock:
            board = self._board
            self._on_board(lambda board: board.hide())
            self._board = None
            try:
                yield
            finally:
                self._board = board
                self._on_board(lambda board: board.show())

    def _on_board(self, change: Callable[["Board"], None]) -> None:
        if self._board is not None:
            try:
                change(self._board)
            except OSError:  # the terminal was closed
                _discard(sys.stderr)

    def _new_steps(self) -> "Steps":
        if self.has_board:
            from lbuild_frontend.output.board import LiveStep  # brings rich; a hit has no steps

            return LiveStep(has_colors=self.err.has_colors)
        from lbuild_frontend.output.progress import EVERY, Lines

        return Lines(self._write, EVERY)

    def _new_board(self) -> "Board | None":
        if self.level < 0 or self._silent:
            return None
        if self.has_board:
            from lbuild_frontend.output.board import LiveBoard  # brings rich

            return LiveBoard(has_colors=self.err.has_colors)
        from lbuild_frontend.output.progress import EVERY, LinesOfProjects

        return LinesOfProjects(self._write, EVERY)

    def _output(self, lines: list[str], printed_by: str) -> None:
        from lbuild_frontend.output.formats import counted  # few commands fail

        last = lines[-_LAST_LINES:]
        whole = counted(len(lines), "line")
        header = whole if len(last) == len(lines) else f"the last {len(last)} of {whole}"
        self._say(self.err.bold(f"Output of the {printed_by} ({header}):"))
        # As they are: another width would break what the backend lined up.
        self._write("\n".join(f"  {line}".rstrip() for line in last))

    def _say(self, text: str) -> None:
        with self._out_of_the_way():
            self.rest()
            self._write(self.err.fold(text))

    def _write(self, text: str) -> None:
        # Output of backends and names of files may have characters that the stream has not.
        encoding = sys.stderr.encoding or "utf-8"
        content = text.encode(encoding, "backslashreplace")
        with self._lock:
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
