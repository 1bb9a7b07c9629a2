"""Outcomes -> text and JSON. Decides nothing."""

import json
import shutil
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from lbuild_frontend.model import hook as hooks
from lbuild_frontend.model.outcome import (
    MetadataOutcome,
    Outcome,
    ProjectOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.output import table
from lbuild_keys.decision.describe import describe, to_json
from lbuild_keys.model import count_by_kind

_DAY = 86_400
_WIDEST = (15, 40, 40)
"""Columns of the table of reasons: what happened, to what, and who said so."""


def done(outcome: Outcome) -> str:
    """One line on what a command did."""
    name = f"{outcome.name} {outcome.version}"
    if not outcome.built:
        return f"{name}: reused, nothing changed since {moment(outcome.since)}"
    why = describe(outcome.reasons[0]).clause
    more = f" (and {len(outcome.reasons) - 1} more)" if len(outcome.reasons) > 1 else ""
    hook = hooks.ALL[outcome.hook]
    same = f"; the {hook.result} the same as before" if outcome.same_as_before else ""
    return f"{name}: {hook.done} in {outcome.seconds:.2f} s, {why}{more}{same}"


def width_of(stream: TextIO) -> int | None:
    """The columns of a terminal; None for anything else, where lines may be of any length."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def all_reasons(outcome: Outcome | StatusOutcome, width: int | None = None) -> list[str]:
    """The table of reasons, a line each unless it is wider than ``width``."""
    rows = [
        (words.label, words.subject, one.source.by, words.change)
        for one in outcome.reasons
        for words in (describe(one),)
    ]
    return table.lines(rows, _WIDEST, width, beside=2)


def status(outcome: StatusOutcome, width: int | None = None) -> list[str]:
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


def inputs(outcome: StatusOutcome, width: int | None = None) -> list[str]:
    """The inputs by kind (``status -v``); see ``all_reasons``."""
    rows = [
        (thing.kind, thing.name, seen.source.by, "")
        for thing, seen in sorted(outcome.inputs.items())
        if seen.state.presence != "absent"
    ]
    return table.lines(rows, _WIDEST, width, beside=2)


def as_json(outcomes: Iterable[ProjectOutcome]) -> str:
    """Return what a command prints with ``--json``."""
    return json_array(map(_row, outcomes))


def _row(outcome: ProjectOutcome) -> Mapping[str, object]:
    match outcome:
        case WheelOutcome(outcome=done, wheel=wheel):
            return _outcome(done, {"wheel": str(wheel)})
        case MetadataOutcome(outcome=done, metadata=metadata):
            # Text, with U+FFFD for what is none.
            return _outcome(done, {"metadata": metadata.decode("utf-8", "replace")})
        case StatusOutcome():
            return _status(outcome)


def _outcome(one: Outcome, result: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "project": str(one.project),
        "name": one.name,
        "version": one.version,
        "hook": one.hook,
        "action": "built" if one.built else "reused",
        **result,
        "sha256": one.sha256,
        "key": one.key,
        "reasons": [to_json(why) for why in one.reasons],
        "seconds": round(one.seconds, 3),
    }


def _status(one: StatusOutcome) -> Mapping[str, object]:
    counting = (thing for thing, seen in one.inputs.items() if seen.state.presence != "absent")
    return {
        "project": str(one.project),
        "name": one.name,
        "verdict": "reuse" if one.reuse else "rebuild",
        "key": one.key,
        "wheel": None if one.wheel is None else str(one.wheel),
        "reasons": [to_json(why) for why in one.reasons],
        "inputs": count_by_kind(counting),
    }


def json_array(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as every command prints them with ``--json``."""
    return json.dumps(list(rows), indent=2)


def moment(seconds: float) -> str:
    """A time of today by the clock, any other with its date; the user's time zone."""
    then = time.localtime(seconds)
    today = time.time() - seconds < _DAY and then.tm_mday == time.localtime().tm_mday
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
