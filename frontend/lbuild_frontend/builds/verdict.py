"""History and present -> verdict: reuse an entry, or rebuild for a list of reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from lbuild_frontend.cache.entry import Entry, snapshot_from_bytes
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import History, Store, StoredEntry, UnusableRecord
from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.describe import describe
from lbuild_keys.decision.reasons import (
    EditedDuringBuild,
    FileAdded,
    FileChanged,
    FirstBuild,
    Forced,
    Reason,
    RecordUnreadable,
    RecordVersion,
    ResultDamaged,
    ResultMissing,
    Untraced,
)
from lbuild_keys.effects.classify import ON_DISK, without_outputs
from lbuild_keys.model import WHOLE_TREE, Input, Mode, Observation, Snapshot, Source, key_of, traced
from lbuild_keys.model import present as present_state
from lbuild_keys.observe import listings
from lbuild_keys.snapshots.observer import Observer


@dataclass(frozen=True, slots=True)
class Reusable:
    """An entry that is to be reused, and its result, as it was verified."""

    stored: StoredEntry
    content: bytes

    @property
    def entry(self) -> Entry:
        return self.stored.entry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done.

    Attributes:
        reuse: the entry to reuse, or None.
        reasons: why not; empty exactly if there is one.
        last: the entry that the reasons are differences to, if there is one.
        present: what counts now, as far as it is known without a build.
        unusable: entries that were found to be of no use, for what they name is missing or damaged.
    """

    reuse: Reusable | None
    reasons: tuple[Reason, ...]
    last: StoredEntry | None
    present: Snapshot
    unusable: tuple[UnusableRecord, ...] = ()

    @property
    def asks_for_refresh(self) -> bool:
        """Whether the user asked for a build that reads nothing from the cache."""
        return any(isinstance(one, Forced) and one.name in REFRESHING for one in self.reasons)


REFRESHING = ("--refresh", "--refresh-package")
"""The options that ask for that, by which reasons name them."""


def decide(store: Store, history: History, observer: Observer, mode: Mode, folder: str) -> Verdict:
    """Look for an entry that was built from what is there now.

    Args:
        folder: the project's; its own last entry is what the reasons speak of.
    """
    entries = [stored for stored in history.entries if stored.entry.mode == mode]
    last = next((one for one in reversed(entries) if one.entry.folder == folder), None)
    problems: list[Reason] = []
    unusable: list[UnusableRecord] = []
    refuted: set[tuple[object, ...]] = set()
    for stored in reversed(entries):
        entry = stored.entry
        known = (entry.key, entry.snapshot, *entry.outputs)
        if entry.key is None or known in refuted:
            continue
        try:
            inputs = _inputs_of(store, entry)
        except RecordError as error:
            problems.append(RecordUnreadable(name=stored.path.name, problem=str(error)))
            unusable.append(UnusableRecord(stored.path, str(error), other_version=False))
            continue
        if _differs(entry, inputs, observer):
            refuted.add(known)  # other folders have entries of the same build
            continue
        present = _as_seen_by(entry, inputs, observer, history)
        if entry.key != key_of(present) or not _may_be_had(entry, observer, history, folder):
            continue
        content = _result_of(store, entry)
        if isinstance(content, bytes):
            return Verdict(Reusable(stored, content), (), last, present, tuple(unusable))
        problems.append(content)
        why = describe(content).clause
        unusable.append(UnusableRecord(stored.path, why, other_version=False))
    present = observer.snapshot(mode)
    if last is None:
        reasons = tuple(dict.fromkeys(problems)) or _first(history, mode)
        return Verdict(None, reasons, None, present, tuple(unusable))
    try:
        inputs = _inputs_of(store, last.entry)
    except RecordError as error:
        reasons = (
            *_edited(last.entry),
            RecordUnreadable(name=last.path.name, problem=str(error)),
        )
        unusable.append(UnusableRecord(last.path, str(error), other_version=False))
    else:
        present = _as_seen_by(last.entry, inputs, observer, history)
        reasons = _reasons(last, inputs, present)
    reasons = tuple(dict.fromkeys(problems)) or reasons
    return Verdict(None, reasons, last, present, tuple(dict.fromkeys(unusable)))


def _may_be_had(entry: Entry, observer: Observer, history: History, folder: str) -> bool:
    """Whether an entry is good for a folder: a declaration need not cover the sources."""
    if entry.mode != "declared" or entry.folder == folder:
        return True
    tree = _without_outputs(entry, {}, observer.snapshot("tree"), history)
    return entry.tree is not None and entry.tree == key_of(tree)


def _without_outputs(
    entry: Entry, adopted: Mapping[str, str], present: Snapshot, history: History
) -> Snapshot:
    regenerated = _regenerated(history, entry.configuration)
    return without_outputs(present, {**adopted, **entry.outputs}, entry.blind, regenerated)


def _adopted(entry: Entry, observer: Observer, history: History) -> dict[str, str]:
    """What other builds left in the folders that an entry's build made, which was empty for it."""
    made = tuple(f"{path}/" for path, state in entry.outputs.items() if state == "directory")
    left = {item for one in history.entries for item in one.entry.outputs.items()}
    return {
        path: state
        for path, state in left
        if path.startswith(made) and observer.observe(Input("file", path)).detail == state
    }


def _regenerated(history: History, configuration: str) -> frozenset[tuple[str, str]]:
    """The paths that builds write anew even where they exist, with each state they wrote there.

    Only of builds with the same configuration: with another, a build may write what is missing and
    leave alone what is there.
    """
    entries = [one.entry for one in history.entries if one.entry.configuration == configuration]
    paths = {path for entry in entries for path in entry.rewritten}
    return frozenset(
        item for entry in entries for item in entry.outputs.items() if item[0] in paths
    )


def _inputs_of(store: Store, entry: Entry) -> dict[Input, Observation]:
    content = store.blob(entry.snapshot)
    if content is None:
        message = "its snapshot is missing"
        raise RecordError(message)
    return snapshot_from_bytes(content)


def _differs(entry: Entry, inputs: Snapshot, observer: Observer) -> bool:
    """Whether a file that a hook read is not what it was: then there is no need to see the rest."""
    return any(
        seen.source.how == "traced"
        and thing.kind == "file"
        and observer.observe(thing) != seen.state
        for thing, seen in inputs.items()
        if thing.name not in entry.outputs
    )


def _as_seen_by(entry: Entry, inputs: Snapshot, observer: Observer, history: History) -> Snapshot:
    """What an entry's build would look at now, less its own results."""
    present = _explained(
        observer.observe_again(inputs, "tree" if entry.opaque else entry.mode), entry
    )
    adopted = _adopted(entry, observer, history)
    if entry.mode == "traced":
        results = [Input("file", path) for path in entry.outputs]
        states = {thing: Observation(observer.observe(thing), _RESULT) for thing in results}
        present = {**states, **_strangers(entry, adopted, observer), **present}
    return _without_outputs(entry, adopted, present, history)


_RESULT = traced("written by the last build")


def _strangers(
    entry: Entry, adopted: Mapping[str, str], observer: Observer
) -> dict[Input, Observation]:
    """What no build left in the folders that builds made, though it is there now."""
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


def _explained(snapshot: Snapshot, entry: Entry) -> Snapshot:
    """Say of what counts because the whole tree does why that does."""
    if not entry.opaque:
        return snapshot
    source = _why_all(entry.opaque[0])
    return {
        thing: Observation(seen.state, source) if seen.source.by.startswith(WHOLE_TREE.by) else seen
        for thing, seen in snapshot.items()
    }


def _why_all(opaque: str) -> Source:
    return traced(f"the whole tree counts: {opaque}")


def _result_of(store: Store, entry: Entry) -> bytes | Reason:
    """The result that an entry names, or what is wrong with it."""
    try:
        found = store.blob(entry.sha256)
    except RecordError:
        return ResultDamaged(name=entry.file)
    return ResultMissing(name=entry.file) if found is None else found


def _first(history: History, mode: Mode) -> tuple[Reason, ...]:
    unusable: list[Reason] = [
        RecordVersion(name=one.name, problem=one.problem)
        if one.other_version
        else RecordUnreadable(name=one.name, problem=one.problem)
        for one in history.unusable
    ]
    return tuple(unusable) or (FirstBuild(name=f"from this folder with --inputs {mode}"),)


def _edited(entry: Entry) -> tuple[Reason, ...]:
    return tuple(EditedDuringBuild(path=path) for path in entry.edited)


def _reasons(last: StoredEntry, inputs: Snapshot, present: Snapshot) -> tuple[Reason, ...]:
    entry = last.entry
    then = {
        thing: seen
        for thing, seen in _explained(inputs, entry).items()
        # Also an input, if an entry that must not be reused wrote over one.
        if not (thing.kind in ON_DISK and thing.name in entry.outputs)
    }
    differences = [_as_change(difference, entry.outputs) for difference in compare(then, present)]
    if not entry.edited and not differences:
        problem = "its inputs are as they are now, but it gives another key"
        return (RecordVersion(name=last.path.name, problem=problem),)
    because = {_why_all(why) for why in entry.opaque}
    untraced = entry.untraced if any(one.source in because for one in differences) else ()
    return (*_edited(entry), *differences, *(Untraced(name=why) for why in untraced))


def _as_change(reason: Reason, outputs: Mapping[str, str]) -> Reason:
    """An output that somebody edited was there before, though it was no input."""
    if not isinstance(reason, FileAdded) or reason.path not in outputs:
        return reason
    old = present_state(outputs[reason.path])
    return FileChanged(path=reason.path, old=old, new=reason.new, source=reason.source)
