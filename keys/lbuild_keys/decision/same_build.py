"""A past build and the present -> the inputs that the same build would use now."""

from collections.abc import Collection, Mapping

from lbuild_keys.decision.past_builds import BuildRecord, BuildT
from lbuild_keys.effects.classify import without_outputs
from lbuild_keys.model import (
    ABSENT,
    WHOLE_TREE,
    Input,
    Observation,
    Snapshot,
    Source,
    key_of,
    traced,
)
from lbuild_keys.observe import listings
from lbuild_keys.snapshots.observer import Observer


def is_valid_for(
    folder: str, entry: BuildRecord, observer: Observer, builds: Collection[BuildT]
) -> bool:
    """Whether a build of any folder is as good as one of this one.

    A declaration need not cover all sources, so another folder needs an equal tree as well.
    """
    if entry.mode != "declared" or entry.folder == folder:
        return True
    tree = _without_outputs(entry, {}, observer.snapshot("tree"), observer, builds)
    return entry.tree is not None and entry.tree == key_of(tree)


def _without_outputs(
    entry: BuildRecord,
    adopted: Mapping[str, str],
    present: Snapshot,
    observer: Observer,
    builds: Collection[BuildT],
) -> Snapshot:
    if observer.context.needs_outputs:
        return without_outputs(present, {**adopted, **entry.outputs}, (), frozenset())
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
    return without_outputs(present, {**adopted, **entry.outputs}, entry.blind, regenerated)


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


def a_file_differs(entry: BuildRecord, inputs: Snapshot, observer: Observer) -> bool:
    """Whether a file that a hook read has changed: then the other inputs need not be observed."""
    return any(
        seen.source.how == "traced"
        and thing.kind == "file"
        and observer.observe(thing) != seen.state
        for thing, seen in inputs.items()
        if thing.name not in entry.outputs
    )


def present_inputs(
    entry: BuildRecord, inputs: Snapshot, observer: Observer, builds: Collection[BuildT]
) -> Snapshot:
    """Return what the same build would use now, less its own results."""
    present = with_reason_for_whole_tree(
        observer.observe_again(inputs, "tree" if entry.opaque else entry.mode), entry
    )
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
