"""Past builds and the present -> verdict: reuse the result of one, or rebuild and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple

from lbuild_keys.content import Content
from lbuild_keys.decision import same_build
from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.describe import describe
from lbuild_keys.decision.past_builds import (
    BuildRecord,
    BuildT,
    UnreadableRecordError,
    UnusableRecord,
)
from lbuild_keys.decision.reasons import (
    EditedDuringBuild,
    FileAdded,
    FileChanged,
    FileRemoved,
    FirstBuild,
    Forced,
    Reason,
    RecordUnreadable,
    RecordVersion,
    ResultDamaged,
    ResultMissing,
    Untraced,
)
from lbuild_keys.effects.classify import ON_DISK
from lbuild_keys.model import (
    ABSENT,
    Key,
    Mode,
    Snapshot,
    key_of,
)
from lbuild_keys.model import present as present_state
from lbuild_keys.snapshots.folded import FoldedSnapshot
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.snapshots.unchanged import Comparison

REFRESHING = ("--refresh", "--refresh-package")
"""The options that ask for a build that reads nothing from the cache, as reasons name them."""


class Reusable(NamedTuple, Generic[BuildT]):
    """A past build whose result can be reused, and that result, verified."""

    build: BuildT
    content: Content


class Unusable(NamedTuple, Generic[BuildT]):
    """A past build whose record names something that is missing or damaged.

    Attributes:
        problem: what, as a clause.
    """

    build: BuildT
    problem: str


class Verdict(NamedTuple, Generic[BuildT]):
    """What has to be done: reuse the result of a past build, or build.

    Attributes:
        reuse: the past build to reuse, or None.
        reasons: why a build is due; empty exactly if there is one to reuse.
        last: the last build of this folder, if there is one; the reasons are differences to it.
        present: the inputs that count now, as far as they are known without a build.
        unusable: past builds that were found to be unusable on the way.
        nearest: the build of another folder that the reasons are differences to, if there is none
            of this folder (``nearest``).
    """

    reuse: Reusable[BuildT] | None
    reasons: tuple[Reason, ...]
    last: BuildT | None
    present: Snapshot
    unusable: tuple[Unusable[BuildT], ...] = ()
    nearest: BuildT | None = None

    @property
    def asks_for_refresh(self) -> bool:
        """Whether the user asked for a build that reads nothing from the cache."""
        return any(isinstance(one, Forced) and one.name in REFRESHING for one in self.reasons)

    @property
    def last_build_is_no_guide(self) -> bool:
        """Whether the next build may do something that the last one did not.

        A change at the top of the project may be one of settings: the build itself may differ.
        """
        return self.last is None or any(
            "/" not in getattr(reason, "path", "") for reason in self.reasons
        )


def decide(
    builds: Sequence[BuildT],
    observer: Observer,
    mode: Mode,
    folder: str,
    unusable_records: Iterable[UnusableRecord] = (),
) -> Verdict[BuildT]:
    """Look for a past build that was made from the inputs as they are now.

    Args:
        builds: all that is recorded of the project and hook, the last used at the end.
        observer: the present.
        mode: which inputs count.
        folder: of the project; the reasons are differences to the last build of this folder.
        unusable_records: further records, which could not be read; named if there is no other
            reason to build.
    """
    of_mode = [build for build in builds if build.entry.mode == mode]
    last = next((build for build in reversed(of_mode) if build.entry.folder == folder), None)
    problems: list[Reason] = []
    unusable: list[Unusable[BuildT]] = []
    refuted: set[tuple[object, ...]] = set()
    once: set[tuple[object, ...]] = set()
    seen: dict[tuple[object, ...], Key | None] = {}
    of_last: Snapshot | None = None
    comparison = Comparison(observer)
    for build in reversed(of_mode):
        entry = build.entry
        alike = _inputs_of(entry)
        facts = (entry.key, entry.snapshot, *alike)
        if entry.key is None or facts in refuted or seen.get(alike, entry.key) != entry.key:
            continue
        try:
            inputs = build.read_snapshot()
        except UnreadableRecordError as error:
            problems.append(RecordUnreadable(name=build.name, problem=str(error)))
            unusable.append(Unusable(build, str(error)))
            continue
        if build is last:
            of_last = inputs  # not to be read again for the reasons
        present = same_build.present_if_same(entry, inputs, observer, builds, comparison)
        if present is None:
            refuted.add(facts)  # other folders have records of the same build
            if alike in once:
                # Builds with the same inputs differ in their keys: theirs is needed once.
                seen[alike] = key_of(
                    same_build.present_by_folder(entry, inputs, observer, builds, comparison)
                )
            once.add(alike)
            continue
        if same_build.missing_outputs(entry, observer):
            continue
        if not same_build.is_valid_for(folder, entry, observer, builds):
            continue
        content = _result_of(build)
        if isinstance(content, Content):
            return Verdict(Reusable(build, content), (), last, present, tuple(unusable))
        problems.append(content)
        unusable.append(Unusable(build, describe(content).clause))
    present = observer.snapshot(mode)
    if last is None:
        in_other_mode = any(build.entry.folder == folder for build in builds)
        here = f"here with --inputs {mode}" if in_other_mode else "here"
        reasons = tuple(dict.fromkeys(problems)) or _no_build_here(unusable_records, here)
        return Verdict(None, reasons, None, present, tuple(unusable))
    try:
        inputs = last.read_snapshot() if of_last is None else of_last
    except UnreadableRecordError as error:
        unreadable = RecordUnreadable(name=last.name, problem=str(error))
        reasons = (*_edited(last.entry), unreadable)
        if not any(one.build is last for one in unusable):
            unusable.append(Unusable(last, str(error)))
    else:
        present = same_build.present_by_folder(last.entry, inputs, observer, builds, comparison)
        reasons = _differences(last, inputs, present, observer)
    reasons = tuple(dict.fromkeys(problems)) or reasons
    return Verdict(None, reasons, last, present, tuple(unusable))


def _inputs_of(entry: BuildRecord) -> tuple[object, ...]:
    """Return all by which what builds would use now may differ (``same_build``)."""
    outputs = frozenset(entry.outputs.items())
    may_differ = (entry.blind, entry.configuration, bool(entry.opaque), entry.extra_requires)
    return entry.inputs, outputs, *may_differ


def _result_of(build: BuildT) -> Content | Reason:
    """Return the result of a build, or what is wrong with it."""
    try:
        found = build.read_result()
    except UnreadableRecordError:
        return ResultDamaged(name=build.entry.file)
    return ResultMissing(name=build.entry.file) if found is None else found


def _no_build_here(unusable: Iterable[UnusableRecord], here: str) -> tuple[Reason, ...]:
    reasons: list[Reason] = [
        RecordVersion(name=one.name, problem=one.problem)
        if one.other_version
        else RecordUnreadable(name=one.name, problem=one.problem)
        for one in unusable
    ]
    return tuple(reasons) or (FirstBuild(name=here),)


def _edited(entry: BuildRecord) -> tuple[Reason, ...]:
    return tuple(EditedDuringBuild(path=path) for path in entry.edited)


def differences_to(
    build: BuildT, inputs: Snapshot, observer: Observer, builds: Collection[BuildT]
) -> tuple[Reason, ...]:
    """Return how the present differs from a past build.

    Args:
        inputs: what it was made from.
        builds: all that is recorded of the project and hook.
    """
    return _compared(
        build, inputs, same_build.present_inputs(build.entry, inputs, observer, builds)
    )


def _differences(
    last: BuildT, inputs: Snapshot, present: Snapshot, observer: Observer
) -> tuple[Reason, ...]:
    """Return why the last build of this folder cannot be reused.

    Args:
        inputs: what it was made from.
        present: what it would use now.
    """
    gone = (
        FileRemoved(
            path=path,
            old=present_state(last.entry.outputs[path]),
            new=ABSENT,
            source=same_build.RESULT,
        )
        for path in same_build.missing_outputs(last.entry, observer)
    )
    reasons = (*_compared(last, inputs, present), *gone)
    if reasons:
        return reasons
    problem = "its inputs match, but its key differs"
    return (RecordVersion(name=last.name, problem=problem),)


def _compared(last: BuildT, inputs: Snapshot, present: Snapshot) -> tuple[Reason, ...]:
    entry = last.entry
    if isinstance(inputs, FoldedSnapshot) and isinstance(present, FoldedSnapshot):
        inputs, present = inputs.without_folders(present.folders), present.rest
    then = {
        thing: seen
        for thing, seen in same_build.with_reason_for_whole_tree(inputs, entry).items()
        # Also an input, if a build that must not be reused wrote over one.
        if not (thing.kind in ON_DISK and thing.name in entry.outputs)
    }
    differences = [_as_change(difference, entry.outputs) for difference in compare(then, present)]
    because = {same_build.why_all(why) for why in entry.opaque}
    untraced = entry.untraced if any(one.source in because for one in differences) else ()
    return (*_edited(entry), *differences, *(Untraced(name=why) for why in untraced))


def _as_change(reason: Reason, outputs: Mapping[str, str]) -> Reason:
    """Turn "added" into "changed" for an edited output: it existed, although it was no input."""
    if not isinstance(reason, FileAdded) or reason.path not in outputs:
        return reason
    old = present_state(outputs[reason.path])
    return FileChanged(path=reason.path, old=old, new=reason.new, source=reason.source)
