"""States before and after a build -> its inputs, its outputs, and what was edited meanwhile."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from lbuild_keys.model import ABSENT, Input, Kind, Observation, Snapshot, State, present
from lbuild_keys.observe import files, listings

ON_DISK: frozenset[Kind] = frozenset({"file", "path", "directory", "backend", "toml-tables"})
"""Kinds of inputs that a build can write."""


_PART_OF_STATE: frozenset[Kind] = frozenset({"path", "toml-tables"})
"""Kinds of inputs whose state is less than that of the file."""


class BuildEffects(NamedTuple):
    """What a build used, wrote, and found changed.

    Attributes:
        inputs: what it was built from, with the states before it.
        outputs: what it wrote into the project: paths with the states it left them in.
        rewritten: those of the outputs that were there before.
        edited: what changed during the build for no known reason: then the result must not be
            reused.
        appeared: files that nobody is known to have made, or that had appeared in the build before
            this one, with the states in which it left them; only if programs ran.
    """

    inputs: Snapshot
    outputs: Mapping[str, str]
    rewritten: tuple[str, ...]
    edited: tuple[str, ...]
    appeared: Mapping[str, str] = {}


class BuildActivity(NamedTuple):
    """What is known of the time between two snapshots.

    Attributes:
        written: the paths that hooks are known to have written.
        overwritten: those of them whose content they cannot have known when they wrote.
        touched: paths whose time stamps changed.
        earlier: paths with the states in which earlier builds left them.
        appeared: files that appeared during the last build here, with the states in which it left
            them; see ``classify``.
        opaque: whether programs ran whose writing nobody sees.
        made: folders that lbuild makes (``ProjectTree.made``).
    """

    written: frozenset[str]
    overwritten: frozenset[str]
    touched: frozenset[str]
    earlier: frozenset[tuple[str, str]]
    appeared: frozenset[tuple[str, str]] = frozenset()
    opaque: bool = False
    made: frozenset[str] = frozenset()


def classify(before: Snapshot, after: Snapshot, activity: BuildActivity) -> BuildEffects:
    """Separate the outputs of a build from its inputs, by the states before and after it.

    A path that did not exist and that the hook wrote is an output. So is one that it wrote again,
    if an earlier build had written it, or if it was not looked at before. Anything else that
    changed counts as edited: a hook that overwrites a file of the user may have read it first. So
    does what something other than the hook touched: for a while it may have had other content.

    What could not be listed because it is a file is no input of its own where the file is one.

    There is one exception. A file that was not there before the last build here, and that appeared
    while its programs ran, counted as edited then. If this build finds it as that one left it, and
    leaves it so, but touched it, its programs have written it anew with the same bytes: what they
    read there was that, or what they wrote. It stays an input. Files that were there before any
    build are never among these: somebody may have edited such a file and put it back.
    """
    inputs: dict[Input, Observation] = {}
    outputs: dict[str, str] = {}
    rewritten: list[str] = []
    edited: list[str] = []
    passing: list[str] = []
    appeared: dict[str, str] = {}
    removed: dict[Input, Observation] = {}
    things = sorted(before.keys() | after.keys())
    by_others = activity.touched - activity.written
    left = [path for path in activity.written if _is_there(Input("file", path), after)]
    filled = filled_folders(left, activity.made)
    before = _without_folders(before, filled)
    after = _without_folders(after, filled)
    for thing in things:
        if thing.kind == "listing":
            continue
        was = before[thing].state if thing in before else ABSENT
        now = after[thing].state if thing in after else ABSENT
        on_disk = thing.kind in ON_DISK
        by_hook = on_disk and thing.name in activity.written
        generated = on_disk and (thing.name, _content(thing, before)) in activity.earlier
        if by_hook and (generated or was == ABSENT or thing.name in activity.overwritten):
            if now.presence == "present" and thing.kind not in _PART_OF_STATE:
                outputs[thing.name] = now.detail
            if was != ABSENT:
                rewritten.append(thing.name)
            elif now == ABSENT and thing in before:
                removed[thing] = before[thing]
            continue
        if generated and now == ABSENT:
            continue  # the build removed what an earlier one had left
        known = activity.opaque and (thing.name, _content(thing, before)) in activity.appeared
        anew = known and on_disk and was == now
        is_file = thing.kind == "file" and now.presence == "present"
        if activity.opaque and is_file and (known or was == ABSENT):
            appeared[thing.name] = now.detail
        if was != now or (on_disk and thing.name in by_others and not anew):
            (passing if was == now == ABSENT else edited).append(thing.label)
        if thing in before:
            inputs[thing] = before[thing]
    # Of what was made and removed again, the topmost: what somebody else puts there may be used.
    names = {thing.name for thing in removed}
    inputs |= {
        thing: was for thing, was in removed.items() if thing.name.rpartition("/")[0] not in names
    }
    # What may have existed for a while is named only if nothing else in its folder is.
    folders = {name.rpartition("/")[0] for name in edited}
    edited += [name for name in passing if name.rpartition("/")[0] not in folders]
    results = {name for name, _ in activity.earlier} & activity.written
    for thing in things:
        if thing.kind == "listing":
            folder = listings.folder_of(thing.name)
            own = _names_below(folder, outputs)
            now = listings.without(after[thing].state, own) if thing in after else ABSENT
            # What an earlier build had left, and this one removed.
            cleared = _names_below(folder, results) - (listings.names_in(now) or {}).keys()
            was = before[thing].state if thing in before else ABSENT
            was = listings.without(was, own | cleared)
            was, now = (_or_nothing(thing, state, outputs, activity.made) for state in (was, now))
            shown = listings.folder_of(thing.label)
            told = bool(_names_below(shown, set(edited)))
            if (was != now or thing.name in by_others) and not told:
                edited.append(shown)
            if thing in before and not _is_told_by_file(folder, was, inputs):
                inputs[thing] = Observation(was, before[thing].source)
    rewritten, edited = list(dict.fromkeys(rewritten)), list(dict.fromkeys(edited))
    return BuildEffects(inputs, outputs, tuple(rewritten), tuple(edited), appeared)


def _is_told_by_file(folder: str, listed: State, inputs: Snapshot) -> bool:
    """Whether another input says that what a hook tried to list is a file, and thus no folder.

    As long as that input has this state, to list the same would fail again. setuptools tries it
    with each data file.
    """
    things = (Input("file", folder), Input("path", folder))
    return listed == listings.NO_DIRECTORY and any(
        thing in inputs and files.is_regular_file(inputs[thing].state) for thing in things
    )


def without_outputs(
    present: Snapshot,
    outputs: Mapping[str, str],
    blind: Collection[str],
    regenerated: frozenset[tuple[str, str]],
    made: Collection[str] = (),
) -> Snapshot:
    """Return the present without what is not an input of a build, because the build wrote it.

    That is what it wrote without having noticed what was there; and what else it wrote, as long as
    the state is the one that it gave, or one that other builds gave which write it again even if it
    exists.

    Args:
        present: what counts now, with the states.
        outputs: what the build wrote: paths with states.
        blind: those of the outputs that it wrote without having noticed what was there.
        regenerated: paths that builds write again even if they exist, with the states they gave.
        made: folders that lbuild makes (``ProjectTree.made``).
    """
    if not outputs:
        return present
    kept: dict[Input, Observation] = {}
    for thing, seen in _without_folders(present, filled_folders(outputs, made)).items():
        if thing.kind == "listing":
            left = listings.without(
                seen.state, _names_below(listings.folder_of(thing.name), outputs)
            )
            kept[thing] = Observation(_or_nothing(thing, left, outputs, made), seen.source)
            continue
        written = outputs.get(thing.name) if thing.kind in ON_DISK else None
        if written is not None and thing.name in blind and _can_be_written(seen.state.detail):
            continue
        detail = _content(thing, present)
        if written is None or (detail != written and (thing.name, detail) not in regenerated):
            kept[thing] = seen
    return kept


def _is_there(thing: Input, states: Snapshot) -> bool:
    return thing in states and states[thing].state.presence == "present"


def filled_folders(outputs: Collection[str], made: Collection[str]) -> frozenset[str]:
    """Return those folders that lbuild makes in which something is that a build wrote.

    Such a folder may be there for that alone, so that it is there says as little as if it is empty.
    """
    return frozenset(
        folder for folder in made if any(path.startswith(f"{folder}/") for path in outputs)
    )


def _without_folders(states: Snapshot, folders: Collection[str]) -> Snapshot:
    """Return states without what they say of whether some folders are there."""
    if not folders:
        return states
    kept = dict(states)
    for thing, seen in states.items():
        if thing.kind == "listing":
            below = _names_below(listings.folder_of(thing.name), set(folders))
            kept[thing] = Observation(_without_names(seen.state, below), seen.source)
        elif thing.kind == "path" and thing.name in folders and seen.state == _FOLDER:
            kept[thing] = Observation(ABSENT, seen.source)
    return kept


_FOLDER = present("directory")


def _without_names(state: State, names: Collection[str]) -> State:
    rows = listings.names_in(state)
    folders = {name for name in names if rows is not None and rows.get(name) == "directory"}
    return listings.without(state, folders)


def _content(thing: Input, states: Snapshot) -> str:
    """Return by what an output is recognised: of a path that was looked at, the file there."""
    one = states.get(Input("file", thing.name)) if thing.kind == "path" else None
    one = one or states.get(thing)
    return ABSENT.detail if one is None else one.state.detail


def _can_be_written(detail: str) -> bool:
    """Whether writing there replaces what is there; writing to a link changes something else."""
    return " -> " not in detail and detail != "directory"


def _or_nothing(
    thing: Input, rest: State, outputs: Mapping[str, str], made: Collection[str]
) -> State:
    """Return the state of a listed folder without outputs; absent if a build or lbuild made it.

    An output with a name in it that is none stays; one that is no folder gives no name.
    """
    folder = listings.folder_of(thing.name)
    if folder in outputs:
        return (
            ABSENT if rest == listings.NO_DIRECTORY else listings.or_absent(rest, folder, outputs)
        )
    # Of some names only it is not known whether there are others. No pattern: its folder.
    return listings.or_absent(rest, thing.name, made)


def _names_below(folder: str, paths: Mapping[str, str] | set[str]) -> frozenset[str]:
    """Return the names of those paths that are directly in a folder."""
    start = "" if folder == "." else f"{folder}/"
    return frozenset(
        path[len(start) :]
        for path in paths
        if path.startswith(start) and "/" not in path[len(start) :]
    )


_CONFIGURING: frozenset[Kind] = frozenset(
    {
        *("backend", "build-system", "config-settings", "environment", "environment-file"),
        *("interpreter", "local-offer", "requirement", "toml-tables"),
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
