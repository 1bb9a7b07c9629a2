"""Outcomes of the commands on projects -> text and JSON. Decides nothing."""

from collections.abc import Iterable, Mapping, Sequence

from lbuild_frontend.model import hook as hooks
from lbuild_frontend.model.outcome import (
    EnvironmentStatus,
    FailedProject,
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    NearestBuild,
    Outcome,
    ProjectOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.output import table
from lbuild_frontend.output.formats import iso, json_array, moment
from lbuild_frontend.output.look import PLAIN, Look
from lbuild_keys.decision.describe import describe, thing, to_json
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import count_by_kind

_WIDEST = (15, 40, 40)
"""Columns of the table of reasons: what happened, to what, and what made that an input."""


def done(outcome: Outcome, look: Look = PLAIN) -> str:
    """Write one line on what a command did."""
    name = look.bold(f"{outcome.name} {outcome.version}")
    if not outcome.built:
        return f"{name}: {look.green('reused')}, nothing changed since {moment(outcome.since)}"
    why = first_reason(outcome.reasons, outcome.nearest)
    hook = hooks.ALL[outcome.hook]
    same = "; identical to an earlier build" if outcome.same_as_earlier else ""
    same = f"; the {hook.result} the same as before" if outcome.unchanged else same
    return f"{name}: {look.green(hook.done)} in {outcome.seconds:.2f} s, {why}{same}"


def installed(one: InstallOutcome, look: Look = PLAIN) -> str:
    """Write one line on what ``install`` did, or would do."""
    outcome = one.outcome
    name = look.bold(f"{outcome.name} {outcome.version}".rstrip())
    place = f"{one.environment} as editable" if one.editable else str(one.environment)
    built = outcome.built or one.due
    if one.action == "unchanged" and not built:
        what = f"{look.green('unchanged')} in {place}"
        return f"{name}: {what}, nothing changed since {moment(outcome.since)}"
    would = "would be " if one.dry_run else ""
    if one.problem is not None:
        what = f"{would}{'built and ' if built else ''}{one.action}"
    else:
        what = f"requirements {would}installed" if one.requirements else "built, unchanged"
    into = "into" if one.action == "installed" else "in"
    seconds = "" if one.dry_run else f" in {outcome.seconds:.2f} s"
    why = ""
    if built:
        why = f", {first_reason(outcome.reasons, outcome.nearest)}"
    elif one.problem is not None and one.was_there:
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


def _more(reasons: Sequence[Reason]) -> str:
    return f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""


def _nearest(nearest: NearestBuild | None, reasons: Sequence[Reason]) -> str:
    """Return where the project was built instead, and the first difference; empty if nowhere."""
    if nearest is None:
        return ""
    return f"last built in {nearest.folder}; differs here: {thing(reasons[0])}{_more(reasons)}"


def all_reasons(outcome: Outcome | StatusOutcome, look: Look = PLAIN) -> list[str]:
    """Write the table of reasons, a line each unless that is wider than the stream."""
    rows = [
        (words.label, words.subject, one.source.by, words.change)
        for one in outcome.reasons
        for words in (describe(one),)
    ]
    return _table(rows, look)


def status(outcome: StatusOutcome, look: Look = PLAIN) -> list[str]:
    """Write the lines that ``status`` prints for one project; see ``all_reasons``."""
    title = outcome.name if outcome.version is None else f"{outcome.name} {outcome.version}"
    name = look.bold(title)
    if not outcome.reuse:
        near = _nearest(outcome.nearest, outcome.reasons)
        return [
            look.fold(f"{name}: {look.yellow('a rebuild is due')}"),
            *([look.fold(f"  {near}")] if near else []),
            *all_reasons(outcome, look),
            *_environment(outcome, look),
        ]
    nothing = f"{name}: {look.green('nothing to build')}"
    command = "lbuild wheel"
    if outcome.out_dir is not None:
        import shlex  # few commands have one

        command += f" -o {shlex.quote(str(outcome.out_dir))}"
    if outcome.outdated is not None:
        shown = outcome.outdated
        line = f"{nothing}, but {shown} is out of date; run {command}"
    elif outcome.wheel is None:
        line = f"{nothing}; run {command} to deliver the wheel from the cache"
    else:
        line = f"{name}: {look.green('up to date')}"
    return [look.fold(line), *_environment(outcome, look)]


def _environment(outcome: StatusOutcome, look: Look) -> list[str]:
    one = outcome.environment
    if one is None:
        return []
    if one.problem is None:
        return [look.fold(f"  {one.environment}: {look.green('runs the code of this tree')}")]
    problem = look.yellow("does not run the code of this tree")
    return [look.fold(f"  {one.environment}: {problem}, because {one.problem}; run lbuild install")]


def inputs(outcome: StatusOutcome, look: Look = PLAIN) -> list[str]:
    """Write the inputs by kind (``status -v``); see ``all_reasons``."""
    rows = [
        (thing.kind, thing.shown_name, seen.source.by, "")
        for thing, seen in sorted(outcome.inputs.items())
        if seen.state.presence != "absent"
    ]
    # Reasons stand above it: they have the same columns.
    heading = ["  all inputs:"] if rows and outcome.reasons else []
    return [*heading, *_table(rows, look)]


def _table(rows: Sequence[tuple[str, str, str, str]], look: Look) -> list[str]:
    return table.lines(rows, _WIDEST, look, beside=2, styles=(look.cyan, look.bold, look.dim))


def as_json(outcomes: Iterable[ProjectOutcome | FailedProject]) -> str:
    """Return what a command prints with ``--json``."""
    return json_array(map(_row, outcomes))


def _row(outcome: ProjectOutcome | FailedProject) -> Mapping[str, object]:
    match outcome:
        case FailedProject(project=project, kind=kind, message=message, log=log):
            error = {"kind": kind, "message": message, "log": None if log is None else str(log)}
            name = {"name": outcome.name} if outcome.name else {}
            return {"project": str(project), **name, "error": error}
        case WheelOutcome(outcome=done, wheel=wheel):
            return _outcome(done, {"wheel": str(wheel), "unchanged": done.unchanged})
        case MemberOutcome(outcome=done, needed_by=names):
            return _outcome(done, {"wheel": None, "needed_by": list(names)})
        case SdistOutcome(outcome=done, sdist=sdist):
            return _outcome(done, {"sdist": str(sdist), "unchanged": done.unchanged})
        case MetadataOutcome(outcome=done, metadata=metadata):
            from lbuild_frontend.output.core_metadata import to_json as fields_of  # brings email

            return _outcome(done, {"metadata": fields_of(metadata)})
        case InstallOutcome(outcome=done):
            return {
                **_outcome(done, {"wheel": None if outcome.wheel is None else str(outcome.wheel)}),
                "action": outcome.action,
                "sha256": done.sha256 or None,
                "built": done.built,
                "environment": str(outcome.environment),
                "editable": outcome.editable,
                "problem": outcome.problem,
                "requirements": list(outcome.requirements),
                "dry_run": outcome.dry_run,
            }
        case StatusOutcome():
            return _status(outcome)


def _outcome(one: Outcome, result: Mapping[str, object]) -> Mapping[str, object]:
    return {
        "project": str(one.project),
        "name": one.name,
        "version": one.version,
        "hook": one.hook,
        "action": "built" if one.built else "reused",
        **result,
        "sha256": one.sha256,
        "same_as_earlier": one.same_as_earlier,
        "key": one.key,
        "reasons": [to_json(why) for why in one.reasons],
        "nearest": _nearest_json(one.nearest),
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
        "nearest": _nearest_json(one.nearest),
        "inputs": count_by_kind(counting),
        **_environment_json(one.environment),
    }


def _environment_json(one: EnvironmentStatus | None) -> Mapping[str, object]:
    """Return the member ``environment``; nothing if none was named."""
    if one is None:
        return {}
    current = one.problem is None
    fields = {"path": str(one.environment), "current": current, "problem": one.problem}
    return {"environment": fields}


def _nearest_json(one: NearestBuild | None) -> Mapping[str, str] | None:
    if one is None:
        return None
    return {"folder": one.folder, "key": one.key, "built_at": iso(one.built_at)}
