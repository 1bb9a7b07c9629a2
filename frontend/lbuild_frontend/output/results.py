"""Results of the commands on projects -> text. Decides nothing."""

from collections.abc import Sequence

from lbuild_frontend.model import hook as hooks
from lbuild_frontend.model.outcome import NearestBuild
from lbuild_frontend.model.results import (
    BuiltResult,
    InstallResult,
    MetadataResult,
    NeededResult,
    SdistResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.output import table
from lbuild_frontend.output.formats import moment
from lbuild_frontend.output.look import PLAIN, Look
from lbuild_keys.decision.describe import describe, thing
from lbuild_keys.decision.reasons import Reason

_WIDEST = (15, 40, 40)
"""Columns of the table of reasons: what happened, to what, and what made that an input."""


def done(one: WheelResult | SdistResult | NeededResult | MetadataResult, look: Look = PLAIN) -> str:
    """Write one line on what a command did."""
    name = look.bold(f"{one.name} {one.version}")
    if one.action == "reused":
        return f"{name}: {look.green('reused')}, nothing changed since {moment(one.built_at)}"
    why = first_reason(one.reasons, one.nearest)
    hook = hooks.ALL[one.hook]
    same = "; identical to an earlier build" if one.same_as_earlier else ""
    if isinstance(one, WheelResult | SdistResult) and one.unchanged:
        same = f"; the {hook.result} the same as before"
    return f"{name}: {look.green(hook.done)} in {one.seconds:.2f} s, {why}{same}"


def installed(one: InstallResult, look: Look = PLAIN) -> str:
    """Write one line on what ``install`` did, or would do."""
    name = look.bold(f"{one.name} {one.version}".rstrip())
    place = f"{one.environment} as editable" if one.editable else str(one.environment)
    built = one.built or one.due
    if one.action == "unchanged" and not built:
        what = f"{look.green('unchanged')} in {place}"
        return f"{name}: {what}, nothing changed since {moment(one.built_at)}"
    would = "would be " if one.dry_run else ""
    if one.problem is not None:
        what = f"{would}{'built and ' if built else ''}{one.action}"
    else:
        what = f"requirements {would}installed" if one.requirements else "built, unchanged"
    into = "into" if one.action == "installed" else "in"
    seconds = "" if one.dry_run else f" in {one.seconds:.2f} s"
    why = ""
    if built:
        why = f", {first_reason(one.reasons, one.nearest)}"
    elif one.problem is not None and one.action == "replaced":
        why = f", because {one.problem}"
    missing = f"; missing: {', '.join(one.requirements)}" if one.requirements else ""
    return f"{name}: {look.green(what)} {into} {place}{seconds}{why}{missing}"


def first_reason(reasons: Sequence[Reason], nearest: NearestBuild | None) -> str:
    """Return the most telling reason as a clause, and how many more there are.

    Args:
        reasons: at least one.
        nearest: the build of another folder that they are differences to, if they are.
    """
    return _nearest(nearest, reasons) or f"{describe(reasons[0]).clause}{_more(reasons)}"


def _more(reasons: Sequence[object]) -> str:
    return f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""


def _nearest(nearest: NearestBuild | None, reasons: Sequence[Reason]) -> str:
    """Return where the project was built instead, and the first difference; empty if nowhere."""
    if nearest is None:
        return ""
    return f"last built in {nearest.folder}; differs here: {thing(reasons[0])}{_more(reasons)}"


def all_reasons(result: BuiltResult | StatusResult, look: Look = PLAIN) -> list[str]:
    """Write the table of reasons, a line each unless that is wider than the stream."""
    rows = [
        (words.label, words.subject, one.source.by, words.change)
        for one in result.reasons
        for words in (describe(one),)
    ]
    return _table(rows, look)


def status(result: StatusResult, look: Look = PLAIN) -> list[str]:
    """Write the lines that ``status`` prints for one project; see ``all_reasons``."""
    title = result.name if result.version is None else f"{result.name} {result.version}"
    name = look.bold(title)
    if result.verdict == "rebuild":
        near = _nearest(result.nearest, result.reasons)
        return [
            look.fold(f"{name}: {look.yellow('a rebuild is due')}"),
            *([look.fold(f"  {near}")] if near else []),
            *all_reasons(result, look),
            *_environment(result, look),
        ]
    nothing = f"{name}: {look.green('nothing to build')}"
    command = "lbuild wheel"
    if result.out_dir is not None:
        import shlex  # few commands have one

        command += f" -o {shlex.quote(str(result.out_dir))}"
    if result.outdated is not None:
        shown = result.outdated
        line = f"{nothing}, but {shown} is out of date; run {command}"
    elif result.wheel is None:
        line = f"{nothing}; run {command} to deliver the wheel from the cache"
    else:
        line = f"{name}: {look.green('up to date')}"
    return [look.fold(line), *_environment(result, look)]


def _environment(result: StatusResult, look: Look) -> list[str]:
    one = result.environment
    if one is None:
        return []
    if one.current:
        return [look.fold(f"  {one.path}: {look.green('runs the code of this tree')}")]
    problem = look.yellow("does not run the code of this tree")
    return [look.fold(f"  {one.path}: {problem}, because {one.problem}; run lbuild install")]


def last_build(result: StatusResult) -> str:
    """Write when the last build was, and the first reason for it; empty if that is not known."""
    one = result.last_build
    if one is None or not one.because:
        return ""
    return f"last built {moment(one.built_at)}: {one.because[0].rstrip('.')}{_more(one.because)}"


def inputs(result: StatusResult, look: Look = PLAIN) -> list[str]:
    """Write the inputs by kind (``status -v``); see ``all_reasons``."""
    rows = [
        (thing.kind, thing.shown_name, seen.source.by, "")
        for thing, seen in sorted(result.inputs.items())
        if seen.state.presence != "absent"
    ]
    # Reasons stand above it: they have the same columns.
    heading = ["  all inputs:"] if rows and result.reasons else []
    return [*heading, *_table(rows, look)]


def _table(rows: Sequence[tuple[str, str, str, str]], look: Look) -> list[str]:
    return table.lines(rows, _WIDEST, look, beside=2, styles=(look.cyan, look.bold, look.dim))
