"""History and present -> verdict: reuse an entry, or rebuild for a list of reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lbuild_frontend import record
from lbuild_frontend.record import Entry, RecordError
from lbuild_frontend.store import History, Store, Stored
from lbuild_keys.compare import compare
from lbuild_keys.model import ABSENT, Input, Key, Mode, Observation, Snapshot, State, key_of
from lbuild_keys.model import present as present_state
from lbuild_keys.reason import (
    EditedDuringBuild,
    FileAdded,
    FileChanged,
    FirstBuild,
    Reason,
    RecordUnreadable,
    RecordVersion,
    ResultDamaged,
    ResultMissing,
)

_ON_DISK = ("file", "directory", "backend")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done.

    Attributes:
        reuse: the entry to reuse, or None.
        reasons: why not; empty exactly if there is one.
        last: the entry that the reasons are differences to, if there is one.
    """

    reuse: Stored | None
    reasons: tuple[Reason, ...]
    last: Stored | None


def decide(
    store: Store,
    history: History,
    present: Snapshot,
    mode: Mode,
    folder: str,
    whole_tree: Callable[[], Snapshot],
) -> Verdict:
    """Look for an entry that was built from what is there now.

    Args:
        present: the snapshot of this moment.
        folder: the project's; its own last entry is what the reasons speak of.
        whole_tree: takes the snapshot in mode ``tree``; asked only where a declaration, which need
            not cover the sources, would let one folder have the entry of another.
    """
    entries = [stored for stored in history.entries if stored.entry.mode == mode]
    last = next((one for one in reversed(entries) if one.entry.folder == folder), None)
    problems: list[Reason] = []
    for stored in reversed(entries):
        entry = stored.entry
        if entry.key is None or entry.key != _key_for(entry, present, history):
            continue
        elsewhere = mode == "declared" and entry.folder != folder
        if elsewhere and (
            entry.tree is None or entry.tree != _key_for(entry, whole_tree(), history)
        ):
            continue
        problem = _problem_of_result(store, stored)
        if problem is None:
            return Verdict(stored, (), last)
        problems.append(problem)
    if problems:
        return Verdict(None, tuple(dict.fromkeys(problems)), last)
    return Verdict(None, _reasons(store, history, present, mode, last), last)


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


@dataclass(frozen=True, slots=True)
class Settled:
    """What the states before and after a build make of it.

    Attributes:
        inputs: what it was built from.
        outputs: what it wrote into the project: paths with the states it left them in.
        rewritten: those of the outputs that were there before, as an earlier build had left them.
        edited: what changed meanwhile and cannot be explained: the result must not be reused.
    """

    inputs: Snapshot
    outputs: Mapping[str, str]
    rewritten: tuple[str, ...]
    edited: tuple[str, ...]


def settle(
    before: Snapshot,
    after: Snapshot,
    written: frozenset[str],
    touched: frozenset[str],
    history: History,
) -> Settled:
    """Tell the results of a build from its inputs, by the states before and after it.

    A path that was not there and that the hook wrote is an output. So is one that it wrote again,
    if it was what an earlier build had written. Anything else that changed counts as edited: a
    hook that writes over somebody's file may well have read it first. So does what was touched by
    anybody but the hook: it may have held something else meanwhile.

    Args:
        written: the paths that the hook is known to have written.
        touched: those whose time stamps changed while the hook ran.
    """
    inputs: dict[Input, Observation] = {}
    outputs: dict[str, str] = {}
    rewritten, edited = [], []
    earlier = {item for one in history.entries for item in one.entry.outputs.items()}
    for thing in sorted(before.keys() | after.keys()):
        was = before[thing].state if thing in before else ABSENT
        now = after[thing].state if thing in after else ABSENT
        on_disk = thing.kind in _ON_DISK
        by_hook = on_disk and thing.name in written
        generated = on_disk and (thing.name, was.detail) in earlier
        if by_hook and (generated or was == ABSENT):
            if now.presence == "present":
                outputs[thing.name] = now.detail
            if generated:
                rewritten.append(thing.name)
            continue
        if generated and now == ABSENT:
            continue  # the build cleared away what an earlier one had left
        if was != now or (on_disk and thing.name in touched - written):
            edited.append(thing.name)
        if thing in before:
            inputs[thing] = before[thing]
    return Settled(inputs, outputs, tuple(rewritten), tuple(edited))


def _key_for(entry: Entry, present: Snapshot, history: History) -> Key | None:
    return key_of(_as_seen_by(entry, present, history))


def _as_seen_by(entry: Entry, present: Snapshot, history: History) -> Snapshot:
    """The present less what is none of an entry's inputs.

    That is what its build wrote, as long as it is as it wrote it, or as another build did if builds
    are known to write it anew.
    """
    if not entry.outputs:
        return present
    regenerated = _regenerated(history, entry.configuration)

    def is_input(thing: Input, state: State) -> bool:
        written = entry.outputs.get(thing.name) if thing.kind in _ON_DISK else None
        if written is None:
            return True
        return state.detail != written and (thing.name, state.detail) not in regenerated

    return {thing: seen for thing, seen in present.items() if is_input(thing, seen.state)}


def _problem_of_result(store: Store, stored: Stored) -> Reason | None:
    try:
        found = store.blob(stored.entry.sha256)
    except RecordError:
        return ResultDamaged(name=stored.entry.wheel)
    return ResultMissing(name=stored.entry.wheel) if found is None else None


def _reasons(
    store: Store, history: History, present: Snapshot, mode: Mode, last: Stored | None
) -> tuple[Reason, ...]:
    if last is None:
        unusable: list[Reason] = [
            RecordVersion(name=one.name, problem=one.problem)
            if one.other_version
            else RecordUnreadable(name=one.name, problem=one.problem)
            for one in history.unusable
        ]
        return tuple(unusable) or (FirstBuild(name=f"from this folder with --inputs {mode}"),)
    entry = last.entry
    edited = tuple(EditedDuringBuild(path=path) for path in entry.edited)
    try:
        content = store.blob(entry.snapshot)
        if content is None:
            message = "its snapshot is missing"
            raise RecordError(message)
        then = {
            thing: seen
            for thing, seen in record.snapshot_from_bytes(content).items()
            # Also an input, if an entry that must not be reused wrote over one.
            if not (thing.kind in _ON_DISK and thing.name in entry.outputs)
        }
    except RecordError as error:
        return (*edited, RecordUnreadable(name=last.path.name, problem=str(error)))
    now = _as_seen_by(entry, present, history)
    differences = tuple(_as_change(difference, entry.outputs) for difference in compare(then, now))
    if not edited and not differences:
        problem = "its inputs are as they are now, but it gives another key"
        return (RecordVersion(name=last.path.name, problem=problem),)
    return (*edited, *differences)


def _as_change(reason: Reason, outputs: Mapping[str, str]) -> Reason:
    """An output that somebody edited was there before, though it was no input."""
    if not isinstance(reason, FileAdded) or reason.path not in outputs:
        return reason
    old = present_state(outputs[reason.path])
    return FileChanged(path=reason.path, old=old, new=reason.new, source=reason.source)
