"""The time while hooks ran: what is known before it, and what it says of a build afterwards.

In mode ``traced`` nobody knows before a build what it will use. What can be known then is how
everything lies there; the states of what it used are taken afterwards, and hold for the build
where nothing was touched meanwhile.
"""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.cache.store import History
from lbuild_keys.effects import footprint
from lbuild_keys.effects.classify import ON_DISK, BuildActivity, BuildEffects, classify
from lbuild_keys.effects.footprint import Footprint
from lbuild_keys.model import (
    ABSENT,
    Input,
    Kind,
    Mode,
    Observation,
    Snapshot,
    Source,
    State,
    traced,
)
from lbuild_keys.observe import tree
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.usage import Usage

_GIT = (Input("git-commit", "."), Input("git-tags", "."), Input("git-tree", "."))
_DAY = Input("date", "today")


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a project just before its hooks are called.

    Attributes:
        known: the states that were looked at to decide, and those of what earlier builds wrote.
        git: what git tells, if the build is likely to ask it.
        day: the state of the day.
        earlier: what earlier builds wrote, with the states that they gave it.
    """

    observer: Observer
    mode: Mode
    known: Mapping[Input, State]
    git: Mapping[Input, State]
    day: State
    earlier: frozenset[tuple[str, str]]
    footprint: Footprint


def look(now: Observer, mode: Mode, verdict: Verdict, history: History) -> Before:
    """Look at a project for which the verdict is to build it."""
    earlier = frozenset(item for one in history.entries for item in one.entry.outputs.items())
    written = (Input("file", path) for path, _ in earlier)
    known = {thing: now.observe(thing) for thing in written}
    known |= {
        # With what builds wrote: it is told apart later.
        thing: now.observe(thing) if thing.kind == "listing" else seen.state
        for thing, seen in verdict.present.items()
    }
    if mode == "declared":
        known |= {thing: seen.state for thing, seen in now.snapshot("tree").items()}
    asks_git = (
        verdict.last is None
        or any(thing.kind.startswith("git") for thing in known)
        # What lies at the top may have changed what the build is.
        or any("/" not in getattr(reason, "path", "") for reason in verdict.reasons)
    )
    git = {thing: now.observe(thing) for thing in _GIT} if mode == "traced" and asks_git else {}
    return Before(now, mode, known, git, now.observe(_DAY), earlier, footprint.take(now))


def judge(
    before: Before, then: Observer, used: Usage, version: str, requirements: Snapshot
) -> tuple[BuildEffects, BuildEffects]:
    """What a build was made from; and what it would be in mode ``tree``, where that is told apart.

    Args:
        then: the moment after the hooks.
        used: what they used.
        version: of what they made; it may name the day.
        requirements: states that count as they were when they were installed.
    """
    clear = not used.opaque and not used.untraced
    mode: Mode = "tree" if before.mode == "traced" and not clear else before.mode
    inputs = _hooks_inputs(before, then, used)
    if before.mode == "traced" and _names_day(version, before.day, then.observe(_DAY)):
        inputs[_DAY] = Observation(then.observe(_DAY), traced("named by the version"))
    after = dict(then.observe_again(inputs, mode))
    root = then.project.root
    if before.mode == "traced":
        for name in used.written:
            if not name.startswith(("/", "../")) and not tree.is_noise(root, name):
                after.setdefault(Input("file", name), _observed(then, Input("file", name)))
    if mode != before.mode:
        gone = before.footprint.gone()
        after |= {Input("file", name): Observation(ABSENT, _WRITTEN) for name in gone}
    activity = BuildActivity(
        written=used.written,
        overwritten=used.overwritten if clear else frozenset(),
        touched=before.footprint.touched(
            (thing for thing in after if thing.kind in _LASTING), used.written
        ),
        earlier=before.earlier,
    )
    effects = classify(_states_before(before, after, requirements), after, activity)
    edited = _git_edited(before, then, effects)
    effects = dataclasses.replace(effects, edited=(*effects.edited, *edited))
    if before.mode != "declared":
        return effects, effects
    whole = then.snapshot("tree")
    return effects, classify(_states_before(before, whole, requirements), whole, activity)


_LASTING: frozenset[Kind] = frozenset({"file", "path", "backend", "listing"})
"""Kinds of inputs whose time stamps tell whether they changed meanwhile."""

_WRITTEN = traced("written by the build")


def _observed(then: Observer, thing: Input) -> Observation:
    return Observation(then.observe(thing), _WRITTEN)


def _hooks_inputs(before: Before, then: Observer, used: Usage) -> dict[Input, Observation]:
    """The inputs that count because hooks used them."""
    own = {name for name in used.imported if not name.startswith(("/", "../"))}
    if not before.observer.project.settings.build_system.backend_path:
        own = set()
    things = {Input("backend", name): traced("run by the backend") for name in own}
    if before.mode == "traced":
        things |= {thing: why for thing, why in used.inputs.items() if thing.name not in own}
    results = _temporary(before, things)
    return {
        thing: Observation(then.observe(thing), why)
        for thing, why in things.items()
        if thing not in results
    }


def temporary_folder() -> str:
    """The folder for temporary files, as a path without links; without a slash at its end."""
    return os.path.realpath(tempfile.gettempdir())


def _temporary(before: Before, things: Mapping[Input, Source]) -> set[Input]:
    """Those of the inputs that a program which a hook ran left in the folder for such files."""
    folder = f"{temporary_folder()}/"
    there = [thing for thing in things if thing.kind in _LASTING and thing.name.startswith(folder)]
    names = before.footprint.touched(there, ())
    return {thing for thing in there if thing.name in names}


def _states_before(before: Before, after: Snapshot, requirements: Snapshot) -> Snapshot:
    states: dict[Input, Observation] = {}
    for thing, seen in after.items():
        if thing in requirements:
            states[thing] = requirements[thing]
        elif thing in before.known:
            states[thing] = Observation(before.known[thing], seen.source)
        elif thing == _DAY:
            states[thing] = Observation(before.day, seen.source)
        elif thing.kind in ON_DISK | {"listing"}:
            states[thing] = Observation(before.footprint.before(thing, seen.state), seen.source)
        else:
            states[thing] = seen
    # What was to be looked at before and is no more: a file that a pattern matched, for example.
    declared = before.observer.snapshot(before.mode)
    modules = {thing.name for thing in after if thing.kind == "backend"}
    gone = {
        thing: seen
        for thing, seen in declared.items()
        # The trace may have told that a file is one of the backend's modules.
        if thing not in after and not (thing.kind == "file" and thing.name in modules)
    }
    return {**gone, **states}


def _names_day(version: str, *days: State) -> bool:
    """Whether a version holds the date, as 1.0+d20261101 (setuptools-scm), 2026.11.1 or 26.11.1.

    One that holds it by chance costs a build on the next day.
    """
    dates = {date for state in days for date in state.detail.split()}
    return any(
        f"{year[-2:]}{month}{day}" in version.replace(".", "")
        or f"{int(year[-2:])}.{int(month)}.{int(day)}" in version
        for year, month, day in (date.split("-") for date in dates)
    )


def _git_edited(before: Before, then: Observer, effects: BuildEffects) -> tuple[str, ...]:
    """``.git``, if the repository changed meanwhile, or nobody looked at it before."""
    if before.mode != "traced" or not any(t.kind.startswith("git") for t in effects.inputs):
        return ()
    same = before.git and all(then.observe(thing) == state for thing, state in before.git.items())
    return () if same else (".git",)
