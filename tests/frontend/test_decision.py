"""Decisions on hand-made snapshots: what is an output, what was edited, what may be reused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from lbuild_frontend import record
from lbuild_frontend.decision import Settled, Verdict, decide, settle
from lbuild_frontend.record import Entry
from lbuild_frontend.store import History, Store, Stored, Unusable, open_store
from lbuild_keys.model import ABSENT, Input, Mode, Snapshot, State, key_of, present, unreadable
from lbuild_keys.reason import (
    BackendChanged,
    EditedDuringBuild,
    EnvironmentChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    FirstBuild,
    RecordUnreadable,
    RecordVersion,
    ResultDamaged,
    ResultMissing,
)
from values import DIGEST, entry, known_snapshots, seen, snapshots

HERE, ELSEWHERE = "/home/ada/demo", "/home/ada/clone"
NOTHING_YET = History((), ())
UNTOUCHED: frozenset[str] = frozenset()


def files(**states: str | State) -> dict[Input, Any]:
    """A snapshot of files whose names are given with ``_`` for the last dot."""
    return {
        Input("file", ".".join(name.rsplit("_", 1))): seen(state) for name, state in states.items()
    }


def settled_history(*outputs: Mapping[str, str]) -> History:
    """What earlier builds have written."""
    made = [Stored(Path("x"), entry(outputs=one)) for one in outputs]
    return History(tuple(made), ())


# What a build makes of the states before and after it


@given(snapshots)
def test_a_build_that_changes_nothing(snapshot: Snapshot) -> None:
    settled = settle(snapshot, snapshot, frozenset(), UNTOUCHED, NOTHING_YET)
    assert settled == Settled(snapshot, {}, (), ())


@given(known_snapshots, known_snapshots)
def test_whatever_changed_without_the_hook_was_edited(before: Snapshot, after: Snapshot) -> None:
    settled = settle(before, after, frozenset(), UNTOUCHED, NOTHING_YET)
    assert settled.inputs == before
    assert bool(settled.edited) == (key_of(before) != key_of(after))


def test_what_the_hook_made_is_an_output() -> None:
    before = files(a_py="1")
    after = files(a_py="1", version_py="2")
    assert settle(before, after, frozenset({"version.py"}), UNTOUCHED, NOTHING_YET) == Settled(
        before, {"version.py": "2"}, (), ()
    )


def test_folders_and_modules_that_the_hook_made_are_outputs() -> None:
    made = {Input("directory", "build"): seen("directory"), Input("backend", "b.py"): seen("1")}
    settled = settle({}, made, frozenset({"build", "b.py"}), UNTOUCHED, NOTHING_YET)
    assert settled == Settled({}, {"build": "directory", "b.py": "1"}, (), ())


def test_what_somebody_else_made_meanwhile_was_edited() -> None:
    before = files(a_py="1")
    after = files(a_py="1", b_py="2")
    assert settle(before, after, frozenset(), UNTOUCHED, NOTHING_YET) == Settled(
        before, {}, (), ("b.py",)
    )


def test_what_was_declared_but_absent_and_the_hook_made_is_no_input() -> None:
    before = files(version_py=ABSENT)
    settled = settle(
        before, files(version_py="1"), frozenset({"version.py"}), UNTOUCHED, NOTHING_YET
    )
    assert settled == Settled({}, {"version.py": "1"}, (), ())


def test_an_input_that_the_hook_changed_cannot_be_explained() -> None:
    # A tracked lock file that the backend rewrites: it may have been read before.
    before, after = files(Cargo_lock="1"), files(Cargo_lock="2")
    settled = settle(before, after, frozenset({"Cargo.lock"}), UNTOUCHED, NOTHING_YET)
    assert settled == Settled(before, {}, (), ("Cargo.lock",))


def test_an_input_that_the_hook_wrote_as_it_was_stays_one() -> None:
    before = files(version_py="1")
    settled = settle(before, before, frozenset({"version.py"}), UNTOUCHED, NOTHING_YET)
    assert settled == Settled(before, {}, (), ())


@pytest.mark.parametrize("now", ["1", "2"])
def test_an_output_that_is_written_anew_stays_one(now: str) -> None:
    earlier = settled_history({"version.py": "1"})
    before, after = files(version_py="1"), files(version_py=now)
    settled = settle(before, after, frozenset({"version.py"}), UNTOUCHED, earlier)
    assert settled == Settled({}, {"version.py": now}, ("version.py",), ())


def test_an_output_that_is_not_written_anew_is_an_input_from_then_on() -> None:
    # A generator that writes only if the file is missing may read it instead.
    before = files(version_py="1")
    settled = settle(before, before, frozenset(), UNTOUCHED, settled_history({"version.py": "1"}))
    assert settled == Settled(before, {}, (), ())


def test_an_output_that_is_cleared_away_is_nothing() -> None:
    earlier = settled_history({"build/a.o": "1"})
    before = {Input("file", "build/a.o"): seen("1")}
    assert settle(before, {}, frozenset(), UNTOUCHED, earlier) == Settled({}, {}, (), ())


def test_an_output_that_somebody_edited_before_is_an_input() -> None:
    earlier = settled_history({"version.py": "1"})
    before, after = files(version_py="by hand"), files(version_py="1")
    settled = settle(before, after, frozenset({"version.py"}), UNTOUCHED, earlier)
    assert settled == Settled(before, {}, (), ("version.py",))


def test_an_output_of_another_state_explains_nothing() -> None:
    earlier = settled_history({"a.py": "1"})
    settled = settle(files(a_py="1"), files(a_py="2"), frozenset(), UNTOUCHED, earlier)
    assert settled.edited == ("a.py",)


def test_what_was_edited_and_put_back_meanwhile_was_edited() -> None:
    before = files(a_py="1", b_py="1", c_py="1")
    touched, written = frozenset({"a.py", "b.py"}), frozenset({"b.py"})
    settled = settle(before, before, written, touched, NOTHING_YET)
    assert settled == Settled(before, {}, (), ("a.py",))


def test_what_is_not_on_disk_cannot_be_written() -> None:
    thing = Input("environment", "CC")
    settled = settle({}, {thing: seen("1")}, frozenset({"CC"}), UNTOUCHED, NOTHING_YET)
    assert settled == Settled({}, {}, (), ("CC",))


def test_what_cannot_be_read_stays_an_input() -> None:
    before = files(a_py=unreadable("denied"))
    settled = settle(before, before, frozenset(), UNTOUCHED, NOTHING_YET)
    assert key_of(settled.inputs) is None


# Decisions


@pytest.fixture
def cache(tmp_path: Path) -> Store:
    return open_store(tmp_path / "cache")


def publish(cache: Store, inputs: Snapshot, wheel: bytes = b"wheel", **changes: Any) -> Entry:
    """Keep what a build of these inputs gave."""
    fields: dict[str, Any] = {
        "key": key_of(inputs),
        "tree": key_of(inputs),
        "sha256": cache.put(wheel),
        "snapshot": cache.put(record.snapshot_to_bytes(inputs)),
        "folder": HERE,
    }
    one = entry(**(fields | changes))
    cache.publish("demo", "build_wheel", one)
    return one


def verdict(
    cache: Store,
    now: Snapshot,
    mode: Mode = "tree",
    folder: str = HERE,
    tree: Snapshot | None = None,
) -> Verdict:
    def whole_tree() -> Snapshot:
        assert tree is not None, "asked for the whole tree"
        return tree

    return decide(cache, cache.history("demo", "build_wheel"), now, mode, folder, whole_tree)


def reused(found: Verdict) -> Entry | None:
    assert bool(found.reuse) != bool(found.reasons)
    return found.reuse.entry if found.reuse else None


def test_the_first_build(cache: Store) -> None:
    found = verdict(cache, files(a_py="1"))
    assert found == Verdict(None, (FirstBuild(name="from this folder with --inputs tree"),), None)


def test_the_same_inputs_are_reused_and_others_are_not(cache: Store) -> None:
    made = publish(cache, files(a_py="1", b_py="1"))
    assert reused(verdict(cache, files(b_py="1", a_py="1"))) == made
    found = verdict(cache, files(a_py="2", c_py="1"))
    assert [type(why) for why in found.reasons] == [FileChanged, FileRemoved, FileAdded]
    assert found.last is not None
    assert found.last.entry == made


def test_going_back_reuses_what_was(cache: Store) -> None:
    first = publish(cache, files(a_py="1"), b"first")
    second = publish(cache, files(a_py="2"), b"second")
    assert reused(verdict(cache, files(a_py="1"))) == first
    assert reused(verdict(cache, files(a_py="2"))) == second
    assert verdict(cache, files(a_py="1")).last.entry == second


def test_the_newest_of_equals_is_reused(cache: Store) -> None:
    publish(cache, files(a_py="1"), b"old")
    new = publish(cache, files(a_py="1"), b"new")
    assert reused(verdict(cache, files(a_py="1"))) == new


def test_modes_are_kept_apart(cache: Store) -> None:
    publish(cache, files(a_py="1"))
    found = verdict(cache, files(a_py="1"), "declared")
    assert found.reasons == (FirstBuild(name="from this folder with --inputs declared"),)


def test_what_cannot_be_read_is_never_reused(cache: Store) -> None:
    now = files(a_py=unreadable("denied"))
    publish(cache, now)
    [why] = verdict(cache, now).reasons
    assert isinstance(why, FileChanged)
    assert why.new == unreadable("denied")
    [why] = verdict(cache, files(a_py="1")).reasons
    assert isinstance(why, FileChanged)


# Reasons speak of this folder's last build


def test_reasons_are_differences_to_the_last_build_of_this_folder(cache: Store) -> None:
    publish(cache, files(a_py="1"), b"here")
    publish(cache, files(a_py="2", b_py="1"), b"elsewhere", folder=ELSEWHERE)
    [why] = verdict(cache, files(a_py="3")).reasons
    assert (why.old, why.new) == (present("1"), present("3"))
    assert verdict(cache, files(a_py="3"), folder="/new").reasons == (
        FirstBuild(name="from this folder with --inputs tree"),
    )


def test_another_folder_reuses_in_mode_tree(cache: Store) -> None:
    made = publish(cache, files(a_py="1"))
    assert reused(verdict(cache, files(a_py="1"), folder=ELSEWHERE)) == made


def test_another_folder_reuses_in_mode_declared_only_if_the_whole_tree_is_the_same(
    cache: Store,
) -> None:
    declared, tree = files(setup_py="1"), files(setup_py="1", a_py="1")
    made = publish(cache, declared, mode="declared", tree=key_of(tree))
    # In its own folder a declaration is believed, and the tree is not looked at.
    assert reused(verdict(cache, declared, "declared")) == made
    assert reused(verdict(cache, declared, "declared", ELSEWHERE, tree)) == made
    other = verdict(cache, declared, "declared", ELSEWHERE, files(setup_py="1", a_py="2"))
    assert other.reasons == (FirstBuild(name="from this folder with --inputs declared"),)


def test_another_folder_never_reuses_what_has_no_key_of_the_tree(cache: Store) -> None:
    now = files(setup_py="1")
    publish(cache, now, mode="declared", tree=None)
    unknown = files(a_py=unreadable("denied"))
    for tree in (now, unknown):
        assert reused(verdict(cache, now, "declared", ELSEWHERE, tree)) is None


# Outputs


def test_what_the_build_wrote_does_not_count_while_it_is_as_it_was(cache: Store) -> None:
    made = publish(cache, files(a_py="1"), outputs={"version.py": "g"})
    assert reused(verdict(cache, files(a_py="1"))) == made
    assert reused(verdict(cache, files(a_py="1", version_py="g"))) == made


def test_what_the_build_wrote_counts_once_it_is_edited(cache: Store) -> None:
    publish(cache, files(a_py="1"), outputs={"version.py": "g", "b.py": "g"})
    found = verdict(cache, files(a_py="1", version_py="by hand", b_py=unreadable("denied")))
    assert [(type(why), why.path, why.new.detail) for why in found.reasons] == [
        (FileChanged, "b.py", "denied"),
        (FileChanged, "version.py", "by hand"),
    ]
    assert found.reasons[1].old == present("g")


def test_what_another_build_wrote_counts_unless_builds_write_it_anew(cache: Store) -> None:
    first = publish(cache, files(a_py="1"), b"1", outputs={"version.py": "g1"})
    publish(cache, files(a_py="2", version_py="g1"), b"2", outputs={})
    # Only if it is missing: the second build may have read it.
    assert reused(verdict(cache, files(a_py="1", version_py="g1"))) == first
    assert reused(verdict(cache, files(a_py="2"))) is None

    publish(cache, files(a_py="3"), b"3", outputs={"version.py": "g3"}, rewritten=("version.py",))
    # Now builds are known to write it anew: what any of them left does not matter to any.
    assert reused(verdict(cache, files(a_py="1", version_py="g3"))) == first
    assert reused(verdict(cache, files(a_py="1", version_py="by hand"))) is None


def test_what_builds_write_anew_is_known_for_each_path(cache: Store) -> None:
    first = {"anew.py": "g1", "once.py": "g1"}
    made = publish(cache, files(a_py="1"), b"1", outputs=first)
    third = {"anew.py": "g3", "once.py": "g3"}
    publish(cache, files(a_py="3"), b"3", outputs=third, rewritten=("anew.py",))
    assert reused(verdict(cache, files(a_py="1", anew_py="g3", once_py="g1"))) == made
    assert reused(verdict(cache, files(a_py="1", anew_py="g1", once_py="g3"))) is None


def test_what_builds_write_anew_is_known_for_each_configuration(cache: Store) -> None:
    publish(cache, files(a_py="1"), b"1", outputs={"version.py": "g1"}, configuration="one")
    publish(
        cache,
        files(a_py="2"),
        b"2",
        configuration="two",
        outputs={"version.py": "g2"},
        rewritten=("version.py",),
    )
    # As it is configured for the first, the backend may leave alone what is there.
    assert reused(verdict(cache, files(a_py="1", version_py="g2"))) is None


def test_an_environment_variable_is_no_output(cache: Store) -> None:
    publish(cache, files(a_py="1"), outputs={"CC": "g"})
    now = {**files(a_py="1"), Input("environment", "CC"): seen("g")}
    [why] = verdict(cache, now).reasons
    assert isinstance(why, EnvironmentChanged)


def test_a_module_of_the_backend_can_be_an_output(cache: Store) -> None:
    made = publish(cache, files(a_py="1"), outputs={"b.py": "g"})
    thing = Input("backend", "b.py")
    assert reused(verdict(cache, {**files(a_py="1"), thing: seen("g")})) == made
    [why] = verdict(cache, {**files(a_py="1"), thing: seen("by hand")}).reasons
    assert isinstance(why, BackendChanged)


# Entries that are no good


def test_what_was_edited_during_the_build_is_told(cache: Store) -> None:
    publish(cache, files(a_py="1", b_py="1"), key=None, edited=("a.py",))
    assert verdict(cache, files(a_py="1", b_py="1")).reasons == (EditedDuringBuild(path="a.py"),)
    assert [type(why) for why in verdict(cache, files(a_py="1", b_py="2")).reasons] == [
        EditedDuringBuild,
        FileChanged,
    ]


def test_a_wheel_that_is_gone_or_damaged_is_not_reused(cache: Store) -> None:
    made = publish(cache, files(a_py="1"))
    cache.blob_path(made.sha256).write_bytes(b"other")
    assert verdict(cache, files(a_py="1")).reasons == (ResultDamaged(name=made.wheel),)
    cache.blob_path(made.sha256).unlink()
    assert verdict(cache, files(a_py="1")).reasons == (ResultMissing(name=made.wheel),)


def test_an_older_entry_stands_in_for_one_whose_wheel_is_gone(cache: Store) -> None:
    old = publish(cache, files(a_py="1"), b"old")
    new = publish(cache, files(a_py="1"), b"new")
    cache.blob_path(new.sha256).unlink()
    assert reused(verdict(cache, files(a_py="1"))) == old


@pytest.mark.parametrize("damage", [None, b"", b"null"])
def test_a_snapshot_that_is_no_good_is_told(cache: Store, damage: bytes | None) -> None:
    made = publish(cache, files(a_py="1"))
    path = cache.blob_path(made.snapshot)
    path.unlink() if damage is None else path.write_bytes(damage)
    assert reused(verdict(cache, files(a_py="1"))) == made  # the key decides
    [why] = verdict(cache, files(a_py="2")).reasons
    assert isinstance(why, RecordUnreadable)


def test_records_that_are_no_good_are_told_if_there_is_no_other(cache: Store) -> None:
    unusable = (
        Unusable(Path("1.json"), "damaged", other_version=False),
        Unusable(Path("2.json"), "schema 9", other_version=True),
    )
    found = decide(cache, History((), unusable), {}, "tree", HERE, dict)
    assert found.reasons == (
        RecordUnreadable(name="1.json", problem="damaged"),
        RecordVersion(name="2.json", problem="schema 9"),
    )


def test_an_entry_with_another_key_for_the_same_inputs(cache: Store) -> None:
    publish(cache, files(a_py="1"), key=DIGEST)
    [why] = verdict(cache, files(a_py="1")).reasons
    assert isinstance(why, RecordVersion)
