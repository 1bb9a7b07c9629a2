"""What became of several projects: tables with a line for each, and a line that counts them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.model.results import (
    BuiltResult,
    FailedResult,
    InstallResult,
    NeededResult,
    Result,
    StatusResult,
)
from lbuild_frontend.output import results, table
from lbuild_frontend.output.formats import counted
from lbuild_frontend.output.look import PLAIN, Look

_WIDEST_NAME = 40
_LEAST_ROOM = 20
_MANY = 20
"""Of more projects, those that nothing was done for are only counted."""

_NAMES = 3
"""How many names the last line has of what happened alike."""

_WOULD = "would be "
"""How it begins what --dry-run reports."""

_GOOD = ("installed", "replaced", "built", "unchanged", "reused", "up to date")
_BAD = ("failed", "skipped", "interrupted")
_DUE = ("rebuild", "deliver", "install")
_NOTHING_DONE = ("reused", "unchanged")
_ORDER = (*_DUE, *_GOOD, *_BAD)
"""What may have happened, in the order in which it is counted."""


class _Row(NamedTuple):
    name: str
    version: str
    what: str
    seconds: str
    why: str

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}".rstrip()


def done(rows: Iterable[Result], look: Look = PLAIN, *, in_full: bool = False) -> list[str]:
    """Write what a command did: a line for each project, and one that counts them.

    Args:
        rows: of the projects, in order.
        look: of the stream.
        in_full: whether many projects have a line each, also those that nothing was done for.
    """
    rows = [*rows]
    found = [_row(one) for one in rows]
    is_short = in_full or len(found) <= _MANY
    shown = [one for one in found if is_short or one.what not in _NOTHING_DONE]
    widest = max((len(one.seconds) for one in shown), default=0)
    cells = [(one.title, one.what, one.seconds.rjust(widest), one.why) for one in shown]
    styles = (look.bold, _painted(look), look.dim)
    last = _counts(found, look, _environment(rows))
    return [*_table(cells, look, styles), *last.split("\n")]


def counts(rows: Iterable[Result], look: Look = PLAIN) -> str:
    """Write the line that counts what became of projects."""
    rows = [*rows]
    return _counts([_row(one) for one in rows], look, _environment(rows))


def is_mixed(rows: Iterable[Result]) -> bool:
    """Whether something failed, and something else came of others: errors do not say that."""
    kinds = [_row(one).what for one in rows]
    return len({kind if kind in _BAD else "" for kind in kinds}) > 1


def status(
    rows: Iterable[StatusResult | FailedResult],
    look: Look = PLAIN,
    *,
    only_needed: Collection[Path] = (),
) -> list[str]:
    """Write whether rebuilds are due: a line with one reason for each project, and the counts.

    Args:
        rows: of the projects, in order.
        look: of the stream.
        only_needed: folders of projects whose wheels are not delivered.
    """
    found = [
        _Row(one.name, one.version or "", "up to date", "", "")
        if isinstance(one, StatusResult) and one.verdict == "reuse" and one.project in only_needed
        else _row(one)
        for one in rows
    ]
    cells = [(one.title, one.what, one.why) for one in found]
    styles = (look.bold, _painted(look))
    return [*_table(cells, look, styles), *_counts(found, look).split("\n")]


def _table(
    rows: Sequence[Sequence[str]], look: Look, styles: Sequence[Callable[[str], str]]
) -> list[str]:
    """Write rows; the last cell of each, a clause, is broken within its column if there is room."""
    first = len(styles)
    wide = [max((len(row[column]) for row in rows), default=0) for column in range(first)]
    wide[0] = min(wide[0], _WIDEST_NAME)
    indent = sum(wide) + 2 * (first + 1)
    if look.width is None or look.width - indent < _LEAST_ROOM:
        return table.lines(rows, wide, look, beside=first, styles=styles)
    lines = table.lines(rows, wide, look._replace(width=None), beside=first, styles=styles)
    return "\n".join(look.fold(line, " " * indent) for line in lines).split("\n")


def _row(one: Result) -> _Row:
    match one:
        case FailedResult(error=error):
            what = error.kind if error.kind in _BAD else "failed"
            name = one.name or one.project.name or str(one.project)
            return _Row(name, "", what, "", _because(error.message, name))
        case StatusResult():
            return _Row(one.name, one.version or "", *_due(one))
        case InstallResult():
            would = _WOULD if one.dry_run and one.action != "unchanged" else ""
            # An editable installation stays as it is when native code is built in the tree.
            is_only_built = one.built and one.action == "unchanged"
            what = "built" if is_only_built else would + one.action
            return _of(one, what, _why_installed(one))
        case NeededResult(action="reused", needed_by=names) if names:
            return _of(one, "reused", f"needed by {_listed(names)}")
        case _:
            why = results.first_reason(one.reasons, one.nearest) if one.action == "built" else ""
            return _of(one, one.action, why)


def _of(one: BuiltResult, what: str, why: str) -> _Row:
    was_done = what not in ("reused", "unchanged") and not what.startswith(_WOULD)
    seconds = f"{one.seconds:.2f} s" if was_done else ""
    return _Row(one.name, one.version, what, seconds, why)


def _why_installed(one: InstallResult) -> str:
    if one.built or one.due:
        return results.first_reason(one.reasons, one.nearest)
    if one.problem is not None and one.action == "replaced":
        return one.problem
    return f"missing: {', '.join(one.requirements)}" if one.requirements else ""


def _due(one: StatusResult) -> tuple[str, str, str]:
    environment = one.environment
    if one.verdict == "rebuild":
        return "rebuild", "", results.first_reason(one.reasons, one.nearest)
    if environment is not None and environment.problem is not None:
        return "install", "", f"{environment.path}: {environment.problem}"
    if one.outdated is not None:
        return "deliver", "", f"{one.outdated} is out of date"
    if one.wheel is None:
        return "deliver", "", "the wheel is in the cache only"
    return "up to date", "", ""


def _because(message: str, name: str) -> str:
    """Return the first line of what is wrong, without what the table says already."""
    said = message.partition("\n")[0]
    for prefix in (f"{name}: ", "skipped, ", "not installed, ", "interrupted; ", "interrupted "):
        said = said.removeprefix(prefix)
    return said


def _environment(rows: Iterable[Result]) -> str:
    """Return where projects were installed, as a part of a sentence; nothing if that is no one."""
    found = {one.environment for one in rows if isinstance(one, InstallResult)}
    return f" in {found.pop()}" if len(found) == 1 else ""


def _counts(rows: Sequence[_Row], look: Look, where: str = "") -> str:
    parts = []
    for what in dict.fromkeys([*_ORDER, *(one.what for one in rows)]):
        alike = [one for one in rows if one.what == what]
        if alike:
            count = f"{len(alike)} to {what}" if what in _DUE else f"{len(alike)} {what}"
            parts.append(f"{count}{_which(what, alike)}")
    projects = f"{counted(len(rows), 'project')}{where}"
    return look.fold(f"{projects}: {', '.join(parts) or 'nothing to do'}")


def _which(what: str, rows: Sequence[_Row]) -> str:
    """Return, in brackets, what failed, and what was skipped because of what."""
    if what not in _BAD:
        return ""
    if what != "skipped":
        return f" ({_listed([one.name for one in rows])})"
    causes: dict[str, list[str]] = {}
    for one in rows:
        causes.setdefault(one.why, []).append(one.name)
    clauses = [f"{_listed(names)}, {why}" for why, names in causes.items()]
    return f" ({'; '.join(clauses)})"


def _listed(names: Sequence[str]) -> str:
    """Write ``a, b and c``; of many only the first."""
    shown = [*names] if len(names) <= _NAMES + 1 else [*names[:_NAMES]]
    if len(shown) < len(names):
        shown.append(f"{len(names) - len(shown)} more")
    *most, last = shown
    return f"{', '.join(most)} and {last}" if most else last


def _painted(look: Look) -> Callable[[str], str]:
    """Return what shows a word for what happened."""
    styles = {
        **dict.fromkeys(_GOOD, look.green),
        **dict.fromkeys(_DUE, look.yellow),
        **dict.fromkeys(("reused", "unchanged", "up to date"), look.dim),
        "failed": look.red,
        **dict.fromkeys(("skipped", "interrupted"), look.yellow),
    }
    return lambda text: styles.get(text, look.green)(text)
