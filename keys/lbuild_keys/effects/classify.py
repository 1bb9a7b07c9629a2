"""What the states before and after a build make of it: its inputs, its results, what was edited."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lbuild_keys.model import ABSENT, Input, Kind, Observation, Snapshot, State
from lbuild_keys.observe import listings

ON_DISK: frozenset[Kind] = frozenset({"file", "path", "directory", "backend"})
"""Kinds of inputs that a build can write."""


@dataclass(frozen=True, slots=True)
class BuildEffects:
    """What the states before and after a build make of it.

    Attributes:
        inputs: what it was built from.
        outputs: what it wrote into the project: paths with the states it left them in.
        rewritten: those of the outputs that were there before.
        edited: what changed meanwhile and cannot be explained: the result must not be reused.
    """

    inputs: Snapshot
    outputs: Mapping[str, str]
    rewritten: tuple[str, ...]
    edited: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildActivity:
    """What is known of the time between two snapshots.

    Attributes:
        written: the paths that the hook is known to have written.
        overwritten: those of them whose content it cannot have known when it wrote.
        touched: paths whose time stamps changed.
        earlier: paths with the states in which earlier builds left them.
    """

    written: frozenset[str]
    overwritten: frozenset[str]
    touched: frozenset[str]
    earlier: frozenset[tuple[str, str]]


def classify(before: Snapshot, after: Snapshot, activity: BuildActivity) -> BuildEffects:
    """Tell the results of a build from its inputs, by the states before and after it.

    A path that was not there and that the hook wrote is an output. So is one that it wrote again,
    if it was what an earlier build had written, or if it was not looked at before. Anything else
    that changed counts as edited: a hook that writes over somebody's file may well have read it
    first. So does what was touched by anybody but the hook: it may have held something else
    meanwhile.
    """
    inputs: dict[Input, Observation] = {}
    outputs: dict[str, str] = {}
    rewritten: list[str] = []
    edited: list[str] = []
    passing: list[str] = []
    things = sorted(before.keys() | after.keys())
    by_others = activity.touched - activity.written
    for thing in things:
        if thing.kind == "listing":
            continue
        was = before[thing].state if thing in before else ABSENT
        now = after[thing].state if thing in after else ABSENT
        on_disk = thing.kind in ON_DISK
        by_hook = on_disk and thing.name in activity.written
        generated = on_disk and (thing.name, was.detail) in activity.earlier
        if by_hook and (generated or was == ABSENT or thing.name in activity.overwritten):
            if now.presence == "present" and thing.kind != "path":
                outputs[thing.name] = now.detail
            if was != ABSENT:
                rewritten.append(thing.name)
            continue
        if generated and now == ABSENT:
            continue  # the build cleared away what an earlier one had left
        if was != now or (on_disk and thing.name in by_others):
            (passing if was == now == ABSENT else edited).append(thing.name)
        if thing in before:
            inputs[thing] = before[thing]
    # What may have come and gone again is told of if nothing else in its folder is.
    folders = {name.rpartition("/")[0] for name in edited}
    edited += [name for name in passing if name.rpartition("/")[0] not in folders]
    results = {name for name, _ in activity.earlier} & activity.written
    for thing in things:
        if thing.kind == "listing":
            own = _names_below(thing.name, outputs)
            now = listings.without(after[thing].state, own) if thing in after else ABSENT
            # What an earlier build had left, and this one cleared away.
            cleared = _names_below(thing.name, results) - (listings.names_in(now) or {}).keys()
            was = before[thing].state if thing in before else ABSENT
            was = listings.without(was, own | cleared)
            was, now = (_or_nothing(thing, state, outputs) for state in (was, now))
            told = bool(_names_below(thing.name, set(edited)))
            if (was != now or thing.name in by_others) and not told:
                edited.append(thing.name)
            if thing in before:
                inputs[thing] = Observation(was, before[thing].source)
    return BuildEffects(
        inputs, outputs, tuple(dict.fromkeys(rewritten)), tuple(dict.fromkeys(edited))
    )


def without_outputs(
    present: Snapshot,
    outputs: Mapping[str, str],
    blind: Collection[str],
    regenerated: frozenset[tuple[str, str]],
) -> Snapshot:
    """The present less what is none of a build's inputs.

    That is what it wrote without having noticed what was there. And what else it wrote, as long as
    it is as it wrote it, or as another build did if builds are known to write it anew.

    Args:
        blind: those of the outputs that it wrote so.
        regenerated: paths that builds write anew even where they exist, with the states they gave.
    """
    if not outputs:
        return present
    kept: dict[Input, Observation] = {}
    for thing, seen in present.items():
        if thing.kind == "listing":
            left = listings.without(seen.state, _names_below(thing.name, outputs))
            kept[thing] = Observation(_or_nothing(thing, left, outputs), seen.source)
            continue
        written = outputs.get(thing.name) if thing.kind in ON_DISK else None
        detail = seen.state.detail
        if written is not None and thing.name in blind and _can_be_written(detail):
            continue
        if written is None or (detail != written and (thing.name, detail) not in regenerated):
            kept[thing] = seen
    return kept


def _can_be_written(detail: str) -> bool:
    """Whether to write there changes what is there; who writes to a link, writes elsewhere."""
    return " -> " not in detail and detail != "directory"


def _or_nothing(thing: Input, rest: State, outputs: Mapping[str, str]) -> State:
    """What a listed folder holds besides results; nothing, if it is an empty result itself."""
    return ABSENT if thing.name in outputs and listings.names_in(rest) == {} else rest


def _names_below(folder: str, paths: Mapping[str, str] | set[str]) -> frozenset[str]:
    """The names directly in a folder of those paths that lie there."""
    start = "" if folder == "." else f"{folder}/"
    return frozenset(
        path[len(start) :]
        for path in paths
        if path.startswith(start) and "/" not in path[len(start) :]
    )


_CONFIGURING: frozenset[Kind] = frozenset(
    {
        *("backend", "build-system", "config-settings", "environment", "environment-file"),
        *("interpreter", "requirement"),
    }
)
"""Kinds of inputs that configure a build."""

_PROSE = re.compile(
    r"(authors|changelog|changes|copying|history|licen[cs]e|news|notice|readme)(\.(md|rst|txt))?",
    re.IGNORECASE,
)
"""Files at the top of a project that no build takes for settings."""


def configuration_digest(inputs: Snapshot) -> str:
    """Digest the inputs that configure a build, as opposed to its sources.

    These are settings, and files at the top of the project, where the settings of tools are.
    """
    rows = sorted(
        (thing.kind, thing.name, seen.state.detail)
        for thing, seen in inputs.items()
        if thing.kind in _CONFIGURING
        or (thing.kind == "file" and "/" not in thing.name and not _PROSE.fullmatch(thing.name))
    )
    return hashlib.sha256(json.dumps(rows).encode("ascii")).hexdigest()
