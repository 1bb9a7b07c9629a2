"""A past build and the present -> the inputs that the same build would use now."""

import os
from collections.abc import Collection, Mapping, Sequence

from lbuild_keys.decision.past_builds import BuildRecord, BuildT
from lbuild_keys.effects.classify import filled_folders, without_outputs
from lbuild_keys.model import (
    ABSENT,
    KEY_VERSION,
    WHOLE_TREE,
    Input,
    Observation,
    Snapshot,
    Source,
    key_of,
    traced,
)
from lbuild_keys.observe import listings
from lbuild_keys.snapshots.folded import Block, FoldedSnapshot
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.snapshots.unchanged import Comparison


def is_valid_for(
    folder: str, entry: BuildRecord, observer: Observer, builds: Collection[BuildT]
) -> bool:
    """Whether a build of any folder is as good as one of this one.

    A declaration need not cover all sources, so another folder needs an equal tree as well.
    """
    if entry.mode != "declared" or entry.folder == folder:
        return True
    whole = {**observer.snapshot("tree"), **observer.members_of(entry.extra_requires)}
    tree = _without_outputs(entry, {}, whole, observer, builds)
    return entry.tree is not None and entry.tree == key_of(tree)


def _without_outputs(
    entry: BuildRecord,
    adopted: Mapping[str, str],
    present: Snapshot,
    observer: Observer,
    builds: Collection[BuildT],
) -> Snapshot:
    made = observer.project.made
    if observer.context.needs_outputs:
        return without_outputs(present, {**adopted, **entry.outputs}, (), frozenset(), made)
    regenerated = _regenerated(builds, entry.configuration)
    others = {
        (thing.name, seen.state.detail)
        for thing, seen in present.items()
        if thing.kind in ("file", "backend")
        and thing.name in entry.outputs
        and seen.state != ABSENT
    }
    if not others <= (regenerated | entry.outputs.items()):
        # What the next build finds there is nothing: it takes away what others made.
        regenerated |= observer.project.removable()
    return without_outputs(present, {**adopted, **entry.outputs}, entry.blind, regenerated, made)


def missing_outputs(entry: BuildRecord, observer: Observer) -> tuple[str, ...]:
    """Return what a build wrote that is gone, if it is a part of the result.

    What is there with another content is an input like that.
    """
    if not observer.context.needs_outputs:
        return ()
    states = {path: observer.observe(Input("file", path)) for path in sorted(entry.outputs)}
    return tuple(path for path, state in states.items() if state == ABSENT)


def _adopted(entry: BuildRecord, observer: Observer, builds: Collection[BuildT]) -> dict[str, str]:
    """Return what other builds left in the folders that this build created, so found empty."""
    created = tuple(f"{path}/" for path, state in entry.outputs.items() if state == "directory")
    left = {item for build in builds for item in build.entry.outputs.items()}
    return {
        path: state
        for path, state in left
        if path.startswith(created) and observer.observe(Input("file", path)).detail == state
    }


def _regenerated(builds: Collection[BuildT], configuration: str) -> frozenset[tuple[str, str]]:
    """Return the paths that builds write even where they exist, with each state they wrote there.

    Only of builds with the same configuration: with another, a build may write what is missing and
    leave alone what is there.
    """
    entries = [build.entry for build in builds if build.entry.configuration == configuration]
    paths = {path for entry in entries for path in entry.rewritten}
    return frozenset(
        item for entry in entries for item in entry.outputs.items() if item[0] in paths
    )


def _a_file_differs(entry: BuildRecord, inputs: Snapshot, observer: Observer) -> bool:
    """Whether a file that a hook read has changed: then the other inputs need not be observed."""
    return any(
        seen.source.how == "traced"
        and thing.kind == "file"
        and observer.observe(thing) != seen.state
        for thing, seen in inputs.items()
        if thing.name not in entry.outputs
    )


def present_if_same(
    entry: BuildRecord,
    inputs: Snapshot,
    observer: Observer,
    builds: Collection[BuildT],
    comparison: Comparison,
) -> Snapshot | None:
    """Return what the same build would use now, if that is what it was made from; else None."""
    folders = _comparable_by_folder(entry, inputs, observer)
    if not folders or not isinstance(inputs, FoldedSnapshot):
        if _a_file_differs(entry, inputs, observer):
            return None
        present = present_inputs(entry, inputs, observer, builds)
        return present if entry.key == key_of(present) else None
    if not comparison.are_unchanged(folders):
        return None
    # The others, which may count in another way than by what is in a folder.
    rest = inputs.without_folders(folders)
    if _a_file_differs(entry, rest, observer):
        return None
    present = present_inputs(entry, rest, observer, builds)
    same = FoldedSnapshot(inputs.key_version, inputs.sources, folders, {})
    return _together(entry, same, rest, present)


def present_by_folder(
    entry: BuildRecord,
    inputs: Snapshot,
    observer: Observer,
    builds: Collection[BuildT],
    comparison: Comparison,
) -> Snapshot:
    """Return the same as ``present_inputs``; of folders that have not changed without a look.

    These are the folders of what it returns.
    """
    folders = (
        {}
        if entry.opaque or entry.mode == "tree"
        else dict(_comparable_by_folder(entry, inputs, observer))
    )
    folders.pop("", None)  # values of pyproject.toml may count in place of the file
    same = comparison.unchanged_in(folders)
    if not isinstance(inputs, FoldedSnapshot) or not same:
        return present_inputs(entry, inputs, observer, builds)
    folded = FoldedSnapshot(inputs.key_version, inputs.sources, same, {})
    others = present_inputs(entry, inputs.without_folders(same), observer, builds)
    as_file = {Input("file", thing.name) for thing in others if thing.kind == "backend"}
    if any(folded.state_in_folder(thing) is not None for thing in (*others, *as_file)):
        return present_inputs(entry, inputs, observer, builds)  # it counts for two reasons
    return FoldedSnapshot(inputs.key_version, inputs.sources, same, others)


def _comparable_by_folder(
    entry: BuildRecord, inputs: Snapshot, observer: Observer
) -> Mapping[str, Sequence[Block]]:
    """Return the folders of a snapshot that decide by themselves; none if it is not known.

    That is where no build wrote anything, and nothing is taken away before a build.
    """
    if (
        not isinstance(inputs, FoldedSnapshot)
        or inputs.key_version != KEY_VERSION
        or observer.project.made_by_other_hooks()
        or os.name != "posix"
    ):
        return {}
    inside = (*entry.outputs, *filled_folders(entry.outputs, observer.project.made))
    written = {*entry.outputs, *(path.rpartition("/")[0] for path in inside)}
    created = tuple(f"{path}/" for path, state in entry.outputs.items() if state == "directory")
    return {
        folder: blocks
        for folder, blocks in inputs.folders.items()
        if folder not in written and not folder.startswith(created)
    }


def _together(
    entry: BuildRecord, same: FoldedSnapshot, rest: Snapshot, present: Snapshot
) -> Snapshot | None:
    """Return what counts now, if it is the same; None if it is not.

    Args:
        entry: what is recorded of the build.
        same: inputs that are as they were.
        rest: the other inputs of the build.
        present: what counts now but for the former; some of that may count for two reasons.
    """
    whole = entry.opaque or entry.mode == "tree"
    others = {}
    for thing, seen in present.items():
        if thing.kind == "backend":
            file = same.state_in_folder(Input("file", thing.name))
            if file is not None and file != ABSENT:
                return None  # it would count as that only
        state = same.state_in_folder(thing)
        if state is None:
            others[thing] = seen
        elif state != seen.state and not whole:
            return None
    if key_of(others) is None or key_of(others) != key_of(rest):
        return None
    return FoldedSnapshot(same.key_version, same.sources, same.folders, others)


def present_inputs(
    entry: BuildRecord, inputs: Snapshot, observer: Observer, builds: Collection[BuildT]
) -> Snapshot:
    """Return what the same build would use now, less its own results."""
    present = with_reason_for_whole_tree(
        observer.observe_again(inputs, "tree" if entry.opaque else entry.mode), entry
    )
    if members := observer.members_of(entry.extra_requires):
        present = {**present, **members}
    adopted = _adopted(entry, observer, builds)
    if entry.mode == "traced":
        results = [Input("file", path) for path in entry.outputs]
        states = {thing: Observation(observer.observe(thing), RESULT) for thing in results}
        present = {**states, **_strangers(entry, adopted, observer), **present}
    return _without_outputs(entry, adopted, present, observer, builds)


RESULT = traced("written by the last build")


def _strangers(
    entry: BuildRecord, adopted: Mapping[str, str], observer: Observer
) -> dict[Input, Observation]:
    """Return what is in folders that builds created, although no build left it there."""
    results = {**adopted, **entry.outputs}
    things = [
        Input("file", f"{folder}/{name}")
        for folder, state in results.items()
        if state == "directory"
        for name in listings.names_in(observer.observe(Input("listing", folder))) or ()
    ]
    source = traced("in a folder that the last build made")
    return {
        thing: Observation(observer.observe(thing), source)
        for thing in things
        if thing.name not in results
    }


def with_reason_for_whole_tree(snapshot: Snapshot, entry: BuildRecord) -> Snapshot:
    """Name as the source of what counts with the whole tree why the whole tree counts."""
    if not entry.opaque:
        return snapshot
    source = why_all(entry.opaque[0])
    return {
        thing: Observation(seen.state, source) if seen.source.by.startswith(WHOLE_TREE.by) else seen
        for thing, seen in snapshot.items()
    }


def why_all(opaque: str) -> Source:
    return traced(f"the whole tree counts: {opaque}")
