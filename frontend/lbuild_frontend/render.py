"""Outcomes -> text and JSON. Decides nothing."""

import json
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_frontend.request import Delivered, Outcome, Prepared, Status
from lbuild_keys import wording
from lbuild_keys.model import count_by_kind

if TYPE_CHECKING:
    from rich.status import Status as Spinner

_DAY = 86_400


class Terminal:
    """Tells on standard error what a command does: a line that changes, and lines that stay.

    Attributes:
        level: -1 for errors and warnings only, 0 as usual, 1 for everything.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        self._shown = ExitStack()
        self._spinner: Spinner | None = None

    def progress(self, text: str) -> None:
        """Show what is going on: on a terminal while it lasts, else only when asked for all."""
        if self.level > 0:
            self._line(text)
        elif self.level == 0 and sys.stderr.isatty():
            self._spin(text)

    def note(self, text: str) -> None:
        """Print a line, unless asked to be quiet."""
        if self.level >= 0:
            self._line(text)

    def warn(self, text: str) -> None:
        """Print a warning."""
        self._line(f"warning: {text}")

    def error(self, error: LbuildError) -> None:
        """Print an error, and before it what the backend had to say."""
        self.rest()
        if isinstance(error, BuildFailed) and error.output.strip():
            self._line(error.output.rstrip())
        self._line(f"error: {error}")

    def rest(self) -> None:
        """End the line that changes."""
        self._shown.close()
        self._spinner = None

    def _line(self, text: str) -> None:
        self.rest()
        # What backends and file names hold need not be printable here.
        encoding = sys.stderr.encoding or "utf-8"
        printable = text.encode(encoding, "backslashreplace").decode(encoding)
        print(printable, file=sys.stderr, flush=True)

    def _spin(self, text: str) -> None:
        from rich.text import Text  # plain: a name in brackets is no markup

        if self._spinner is not None:
            self._spinner.update(Text(text))
            return
        from rich.console import Console

        self._spinner = Console(stderr=True).status(Text(text))
        self._shown.enter_context(self._spinner)


def done(outcome: Outcome) -> str:
    """One line on what a command did."""
    name = f"{outcome.name} {outcome.version}"
    if not outcome.built:
        return f"{name}: reused, nothing changed since {_moment(outcome.since)}"
    why = wording.describe(outcome.reasons[0]).clause
    more = f" (and {len(outcome.reasons) - 1} more)" if len(outcome.reasons) > 1 else ""
    is_wheel = outcome.hook == "build_wheel"
    verb, result = ("built", "wheel is") if is_wheel else ("prepared", "metadata are")
    same = f"; the {result} the same as before" if outcome.same_as_before else ""
    return f"{name}: {verb} in {outcome.seconds:.2f} s, {why}{more}{same}"


def width_of(stream: TextIO) -> int | None:
    """The columns of a terminal; None for anything else, where lines may be of any length."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def all_reasons(outcome: Outcome | Status, width: int | None = None) -> list[str]:
    """The table of reasons, a line each unless it is wider than ``width``."""
    rows = [
        (words.label, words.subject, one.source.by, words.change)
        for one in outcome.reasons
        for words in (wording.describe(one),)
    ]
    return _table(rows, width)


def status(outcome: Status, width: int | None = None) -> list[str]:
    """The lines that ``status`` prints for one project; see ``all_reasons``."""
    name = outcome.name if outcome.version is None else f"{outcome.name} {outcome.version}"
    if not outcome.reuse:
        return [f"{name}: a rebuild is due", *all_reasons(outcome, width)]
    if outcome.outdated is not None:
        shown = outcome.outdated
        return [f"{name}: nothing to build, but {shown} is out of date; run lbuild wheel"]
    if outcome.wheel is None:
        return [f"{name}: nothing to build; lbuild wheel delivers the wheel from the cache"]
    return [f"{name}: up to date"]


def inputs(outcome: Status, width: int | None = None) -> list[str]:
    """The inputs by kind (``status -v``); see ``all_reasons``."""
    rows = [
        (thing.kind, thing.name, seen.source.by, "")
        for thing, seen in sorted(outcome.inputs.items())
        if seen.state.presence != "absent"
    ]
    return _table(rows, width)


def delivered_as_json(outcomes: Sequence[Delivered]) -> str:
    """What ``wheel --json`` prints."""
    return _json(_outcome_as_json(one.outcome, {"wheel": str(one.wheel)}) for one in outcomes)


def prepared_as_json(outcomes: Sequence[Prepared]) -> str:
    """What ``metadata --json`` prints; the metadata are text, with ``\\ufffd`` for what is none."""
    return _json(
        _outcome_as_json(one.outcome, {"metadata": one.metadata.decode("utf-8", "replace")})
        for one in outcomes
    )


def _outcome_as_json(one: Outcome, result: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "project": str(one.project),
        "name": one.name,
        "version": one.version,
        "hook": one.hook,
        "action": "built" if one.built else "reused",
        **result,
        "sha256": one.sha256,
        "key": one.key,
        "reasons": [wording.to_json(why) for why in one.reasons],
        "seconds": round(one.seconds, 3),
    }


def status_as_json(outcomes: Sequence[Status]) -> str:
    """What ``status --json`` prints."""
    return _json(
        {
            "project": str(one.project),
            "name": one.name,
            "verdict": "reuse" if one.reuse else "rebuild",
            "key": one.key,
            "wheel": None if one.wheel is None else str(one.wheel),
            "reasons": [wording.to_json(why) for why in one.reasons],
            "inputs": count_by_kind(
                thing for thing, seen in one.inputs.items() if seen.state.presence != "absent"
            ),
        }
        for one in outcomes
    )


def folder_as_json(folder: Path) -> str:
    """What ``cache dir --json`` prints."""
    return _json([{"dir": str(folder)}])


def _json(rows: Iterable[Mapping[str, object]]) -> str:
    return json.dumps(list(rows), indent=2)


def _table(rows: Sequence[tuple[str, str, str, str]], width: int | None) -> list[str]:
    """Columns that line up; a row that is longer than its column only moves itself.

    Where a row is wider than ``width``, all have what belongs to the second column below it.
    """
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    widths = [min(widest, most) for widest, most in zip(widths, (15, 40, 40), strict=True)]
    lines = [
        "  ".join(
            ["", *(f"{cell:{wide}}" for cell, wide in zip(row, widths, strict=False)), row[3]]
        ).rstrip()
        for row in rows
    ]
    if width is None or all(len(line) <= width for line in lines):
        return lines
    below = " " * (widths[0] + 4)
    return [
        line
        for first, second, *more in rows
        for line in (
            f"  {first:{widths[0]}}  {second}".rstrip(),
            *(f"{below}{cell}" for cell in more if cell),
        )
    ]


def _moment(seconds: float) -> str:
    """A time of today by the clock, any other with its date; the user's time zone."""
    then = time.localtime(seconds)
    today = time.time() - seconds < _DAY and then.tm_mday == time.localtime().tm_mday
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
