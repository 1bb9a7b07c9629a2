"""Decisions on hand-made moments: what may be reused, and why not."""

from dataclasses import dataclass
from typing import Any

import pytest

from lbuild_frontend.cache.entry import Entry
from lbuild_keys.decision.past_builds import UnreadableRecordError
from lbuild_keys.decision.reasons import (
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
    Untraced,
)
from lbuild_keys.decision.verdict import Verdict, decide
from lbuild_keys.model import (
    ABSENT,
    Input,
    Mode,
    Snapshot,
    State,
    declared,
    key_of,
    present,
    traced,
    unreadable,
)
from lbuild_keys.observe.listings import state_of
from lbuild_keys.snapshots.observer import Observer
from support.fixed_observer import FixedObserver
from support.past_builds import ELSEWHERE, HERE, Builds, PastBuild, files, publish
from support.strategies import DIGEST, seen

# Decisions


@pytest.fixture
def builds() -> Builds:
    return []


def verdict(
    builds: Builds,
    now: Snapshot | Observer,
    mode: Mode = "tree",
    folder: str = HERE,
    tree: Snapshot | None = None,
) -> Verdict[PastBuild]:
    observer = now if isinstance(now, Observer) else FixedObserver(now, tree)
    return decide(builds, observer, mode, folder)


def reused(found: Verdict[PastBuild]) -> Entry | None:
    assert bool(found.reuse) != bool(found.reasons)
    return found.reuse.build.entry if found.reuse else None


def test_the_first_build(builds: Builds) -> None:
    now = files(a_py="1")
    reasons = (FirstBuild(name="here"),)
    assert verdict(builds, now) == Verdict(None, reasons, None, now)


def test_the_same_inputs_are_reused_and_others_are_not(builds: Builds) -> None:
    made = publish(builds, files(a_py="1", b_py="1"))
    found = verdict(builds, files(b_py="1", a_py="1"))
    assert reused(found) == made
    assert found.present == files(a_py="1", b_py="1")
    found = verdict(builds, files(a_py="2", c_py="1"))
    assert [type(why) for why in found.reasons] == [FileChanged, FileRemoved, FileAdded]
    assert found.last is not None
    assert found.last.entry == made


def test_going_back_reuses_what_was(builds: Builds) -> None:
    first = publish(builds, files(a_py="1"), b"first")
    second = publish(builds, files(a_py="2"), b"second")
    assert reused(verdict(builds, files(a_py="1"))) == first
    assert reused(verdict(builds, files(a_py="2"))) == second
    assert verdict(builds, files(a_py="1")).last.entry == second


def test_of_many_builds_with_the_same_inputs_few_are_read(builds: Builds) -> None:
    """The others have the key of what is there now, or another one."""
    made = [publish(builds, files(a_py=str(state), b_py="1")) for state in range(100)]
    read: list[str] = []
    for build in builds:
        build.read_snapshot = lambda build=build: read.append(build.name) or build.snapshot
    assert reused(verdict(builds, files(a_py="x", b_py="1"))) is None
    assert len(set(read)) <= 2
    read.clear()
    assert reused(verdict(builds, files(a_py="7", b_py="1"))) == made[7]
    assert len(set(read)) <= 3


def test_builds_with_other_inputs_are_read(builds: Builds) -> None:
    made = publish(builds, files(a_py="1", b_py="1"))
    for state in "2345":
        publish(builds, files(a_py=state))
    assert reused(verdict(builds, files(a_py="1", b_py="1"), "tree")) == made
    assert reused(verdict(builds, files(a_py="4"), "tree")) == builds[3].entry


def test_the_newest_of_equals_is_reused(builds: Builds) -> None:
    publish(builds, files(a_py="1"), b"old")
    new = publish(builds, files(a_py="1"), b"new")
    assert reused(verdict(builds, files(a_py="1"))) == new


def test_modes_are_kept_apart(builds: Builds) -> None:
    publish(builds, files(a_py="1"))
    found = verdict(builds, files(a_py="1"), "declared")
    assert found.reasons == (FirstBuild(name="here with --inputs declared"),)


def test_what_cannot_be_read_is_never_reused(builds: Builds) -> None:
    now = files(a_py=unreadable("denied"))
    publish(builds, now)
    [why] = verdict(builds, now).reasons
    assert isinstance(why, FileChanged)
    assert why.new == unreadable("denied")
    [why] = verdict(builds, files(a_py="1")).reasons
    assert isinstance(why, FileChanged)


# Reasons speak of this folder's last build


def test_reasons_are_differences_to_the_last_build_of_this_folder(builds: Builds) -> None:
    publish(builds, files(a_py="1"), b"here")
    publish(builds, files(a_py="2", b_py="1"), b"elsewhere", folder=ELSEWHERE)
    [why] = verdict(builds, files(a_py="3")).reasons
    assert (why.old, why.new) == (present("1"), present("3"))
    assert verdict(builds, files(a_py="3"), folder="/new").reasons == (FirstBuild(name="here"),)


def test_another_folder_reuses_in_mode_tree(builds: Builds) -> None:
    made = publish(builds, files(a_py="1"))
    assert reused(verdict(builds, files(a_py="1"), folder=ELSEWHERE)) == made


def test_another_folder_reuses_in_mode_declared_only_if_the_whole_tree_is_the_same(
    builds: Builds,
) -> None:
    declared, tree = files(setup_py="1"), files(setup_py="1", a_py="1")
    made = publish(builds, declared, mode="declared", tree=key_of(tree))
    # In its own folder a declaration is believed, and the tree does not matter.
    assert reused(verdict(builds, declared, "declared", HERE, files(a_py="2"))) == made
    assert reused(verdict(builds, declared, "declared", ELSEWHERE, tree)) == made
    other = verdict(builds, declared, "declared", ELSEWHERE, files(setup_py="1", a_py="2"))
    assert other.reasons == (FirstBuild(name="here"),)


def test_another_folder_never_reuses_what_has_no_key_of_the_tree(builds: Builds) -> None:
    now = files(setup_py="1")
    publish(builds, now, mode="declared", tree=None)
    unknown = files(a_py=unreadable("denied"))
    for tree in (now, unknown):
        assert reused(verdict(builds, now, "declared", ELSEWHERE, tree)) is None


# Outputs


def test_what_the_build_wrote_does_not_count_while_it_is_as_it_was(builds: Builds) -> None:
    made = publish(builds, files(a_py="1"), outputs={"version.py": "g"})
    assert reused(verdict(builds, files(a_py="1"))) == made
    assert reused(verdict(builds, files(a_py="1", version_py="g"))) == made


def test_what_the_build_wrote_counts_once_it_is_edited(builds: Builds) -> None:
    publish(builds, files(a_py="1"), outputs={"version.py": "g", "b.py": "g"})
    found = verdict(builds, files(a_py="1", version_py="by hand", b_py=unreadable("denied")))
    assert [(type(why), why.path, why.new.detail) for why in found.reasons] == [
        (FileChanged, "b.py", "denied"),
        (FileChanged, "version.py", "by hand"),
    ]
    assert found.reasons[1].old == present("g")


def test_what_another_build_wrote_counts_unless_builds_write_it_anew(builds: Builds) -> None:
    first = publish(builds, files(a_py="1"), b"1", outputs={"version.py": "g1"})
    publish(builds, files(a_py="2", version_py="g1"), b"2", outputs={})
    # Only if it is missing: the second build may have read it.
    assert reused(verdict(builds, files(a_py="1", version_py="g1"))) == first
    assert reused(verdict(builds, files(a_py="2"))) is None

    publish(builds, files(a_py="3"), b"3", outputs={"version.py": "g3"}, rewritten=("version.py",))
    # Now builds are known to write it anew: what any of them left does not matter to any.
    assert reused(verdict(builds, files(a_py="1", version_py="g3"))) == first
    assert reused(verdict(builds, files(a_py="1", version_py="by hand"))) is None


def test_what_builds_write_anew_is_known_for_each_path(builds: Builds) -> None:
    first = {"anew.py": "g1", "once.py": "g1"}
    made = publish(builds, files(a_py="1"), b"1", outputs=first)
    third = {"anew.py": "g3", "once.py": "g3"}
    publish(builds, files(a_py="3"), b"3", outputs=third, rewritten=("anew.py",))
    assert reused(verdict(builds, files(a_py="1", anew_py="g3", once_py="g1"))) == made
    assert reused(verdict(builds, files(a_py="1", anew_py="g1", once_py="g3"))) is None


def test_what_builds_write_anew_is_known_for_each_configuration(builds: Builds) -> None:
    publish(builds, files(a_py="1"), b"1", outputs={"version.py": "g1"}, configuration="one")
    publish(
        builds,
        files(a_py="2"),
        b"2",
        configuration="two",
        outputs={"version.py": "g2"},
        rewritten=("version.py",),
    )
    # As it is configured for the first, the backend may leave alone what is there.
    assert reused(verdict(builds, files(a_py="1", version_py="g2"))) is None


def test_an_environment_variable_is_no_output(builds: Builds) -> None:
    publish(builds, files(a_py="1"), outputs={"CC": "g"})
    now = {**files(a_py="1"), Input("environment", "CC"): seen("g")}
    [why] = verdict(builds, now).reasons
    assert isinstance(why, EnvironmentChanged)


def test_a_module_of_the_backend_can_be_an_output(builds: Builds) -> None:
    made = publish(builds, files(a_py="1"), outputs={"b.py": "g"})
    thing = Input("backend", "b.py")
    assert reused(verdict(builds, {**files(a_py="1"), thing: seen("g")})) == made
    [why] = verdict(builds, {**files(a_py="1"), thing: seen("by hand")}).reasons
    assert isinstance(why, BackendChanged)


# Entries that are no good


def test_what_was_edited_during_the_build_is_told(builds: Builds) -> None:
    publish(builds, files(a_py="1", b_py="1"), key=None, edited=("a.py",))
    assert verdict(builds, files(a_py="1", b_py="1")).reasons == (EditedDuringBuild(path="a.py"),)
    assert [type(why) for why in verdict(builds, files(a_py="1", b_py="2")).reasons] == [
        EditedDuringBuild,
        FileChanged,
    ]


DAMAGED = UnreadableRecordError("damaged")


def test_a_wheel_that_is_gone_or_damaged_is_not_reused(builds: Builds) -> None:
    made = publish(builds, files(a_py="1"))
    builds[0].result = DAMAGED
    found = verdict(builds, files(a_py="1"))
    assert found.reasons == (ResultDamaged(name=made.file),)
    assert [one.build for one in found.unusable] == builds
    builds[0].result = None
    assert verdict(builds, files(a_py="1")).reasons == (ResultMissing(name=made.file),)


def test_an_older_entry_stands_in_for_one_whose_wheel_is_gone(builds: Builds) -> None:
    old = publish(builds, files(a_py="1"), b"old")
    publish(builds, files(a_py="1"), b"new")
    builds[1].result = None
    found = verdict(builds, files(a_py="1"))
    assert reused(found) == old
    assert [one.build for one in found.unusable] == [builds[1]]


def test_a_snapshot_that_cannot_be_read_is_told(builds: Builds) -> None:
    publish(builds, files(a_py="1"))
    builds[0].snapshot = DAMAGED
    for now in (files(a_py="1"), files(a_py="2")):
        found = verdict(builds, now)
        assert found.reasons == (RecordUnreadable(name="0.json", problem="damaged"),)
        assert [(one.build, one.problem) for one in found.unusable] == [(builds[0], "damaged")]


def test_a_snapshot_of_a_build_that_must_not_be_reused(builds: Builds) -> None:
    publish(builds, files(a_py="1"), key=None, edited=("a.py",))
    builds[0].snapshot = DAMAGED
    found = verdict(builds, files(a_py="1"))
    assert found.reasons == (
        EditedDuringBuild(path="a.py"),
        RecordUnreadable(name="0.json", problem="damaged"),
    )
    assert [one.build for one in found.unusable] == builds


@dataclass
class Unusable:
    name: str
    problem: str
    other_version: bool


def test_records_that_are_no_good_are_told_if_there_is_no_other() -> None:
    unusable = (Unusable("1.json", "damaged", False), Unusable("2.json", "schema 9", True))
    found = decide([], FixedObserver({}), "tree", HERE, unusable)
    assert found.reasons == (
        RecordUnreadable(name="1.json", problem="damaged"),
        RecordVersion(name="2.json", problem="schema 9"),
    )


@pytest.mark.parametrize("changed", ["setup.py", "src/a.py"])
def test_the_last_build_is_no_guide_after_a_change_at_the_top(builds: Builds, changed: str) -> None:
    assert verdict(builds, {}).last_build_is_no_guide
    thing = Input("file", changed)
    publish(builds, {thing: seen("1")})
    found = verdict(builds, {thing: seen("2")})
    assert found.last_build_is_no_guide == (changed == "setup.py")


def test_an_entry_with_another_key_for_the_same_inputs(builds: Builds) -> None:
    publish(builds, files(a_py="1"), key=DIGEST)
    [why] = verdict(builds, files(a_py="1")).reasons
    assert isinstance(why, RecordVersion)


# Mode traced: an entry is compared with what its own inputs are now


def read(**states: str | State) -> dict[Input, Any]:
    """A snapshot of files that a hook read."""
    return {
        thing: seen(one.state, traced("read by build_wheel"))
        for thing, one in files(**states).items()
    }


def published(builds: Builds, inputs: Snapshot, wheel: bytes = b"wheel", **changes: Any) -> Entry:
    return publish(builds, inputs, wheel, mode="traced", **changes)


def at(
    states: Snapshot, looked_at: Snapshot | None = None, tree: Snapshot | None = None
) -> Observer:
    """A moment with these states, of which a build is known to look at none but ``looked_at``."""
    return FixedObserver(looked_at or {}, tree, {thing: one.state for thing, one in states.items()})


def test_what_hooks_used_is_looked_at_again(builds: Builds) -> None:
    made = published(builds, read(a_py="1", gone_py=ABSENT))
    assert reused(verdict(builds, at(files(a_py="1", unused_py="1")), "traced")) == made
    found = verdict(builds, at(files(a_py="2", gone_py="1", unused_py="1")), "traced")
    assert reused(found) is None
    assert [(type(why), why.path, why.source) for why in found.reasons] == [
        (FileChanged, "a.py", traced("read by build_wheel")),
        (FileAdded, "gone.py", traced("read by build_wheel")),
    ]
    assert found.present.keys() == read(a_py="2", gone_py="1").keys()


def test_each_entry_is_compared_by_its_own_inputs(builds: Builds) -> None:
    # With a.py in its first state the backend reads b.py, and c.py else.
    first = published(builds, read(a_py="1", b_py="1"), b"first")
    second = published(builds, read(a_py="2", c_py="1"), b"second")
    assert reused(verdict(builds, at(files(a_py="1", b_py="1", c_py="9")), "traced")) == first
    assert reused(verdict(builds, at(files(a_py="2", b_py="9", c_py="1")), "traced")) == second
    assert reused(verdict(builds, at(files(a_py="1", b_py="9", c_py="1")), "traced")) is None


def test_what_is_known_without_hooks_counts_beside(builds: Builds) -> None:
    others = {Input("interpreter", "python"): seen("3.11")}
    made = published(builds, {**read(a_py="1"), **others})
    assert reused(verdict(builds, at(files(a_py="1"), others), "traced")) == made
    other = {Input("interpreter", "python"): seen("3.12")}
    assert reused(verdict(builds, at(files(a_py="1"), other), "traced")) is None
    more = {**others, Input("environment", "LANG"): seen("1")}
    assert reused(verdict(builds, at(files(a_py="1"), more), "traced")) is None


def test_another_folder_has_it_if_what_was_used_is_the_same(builds: Builds) -> None:
    made = published(builds, read(a_py="1"))
    assert reused(verdict(builds, at(files(a_py="1")), "traced", ELSEWHERE)) == made
    found = verdict(builds, at(files(a_py="2")), "traced", ELSEWHERE)
    assert found.reasons == (FirstBuild(name="here"),)


def test_where_a_program_is_opaque_the_whole_tree_counts(builds: Builds) -> None:
    whole = files(a_py="1", b_h="1")
    inputs = {**whole, **read(b_py="1")}
    made = published(builds, inputs, opaque=("build_wheel ran cc",))
    states = files(b_py="1")
    assert reused(verdict(builds, at(states, tree=whole), "traced")) == made
    tree = {
        thing: seen(one.state, declared("--inputs tree"))
        for thing, one in files(a_py="1", b_h="2").items()
    }
    [why] = verdict(builds, at(states, tree=tree), "traced").reasons
    assert (type(why), why.path) == (FileChanged, "b.h")
    assert why.source == traced("the whole tree counts: build_wheel ran cc")


def test_a_build_that_was_not_traced_fully_is_told_of_what_it_may_not_have_used(
    builds: Builds,
) -> None:
    why_not = "the hook replaced itself with another program"
    inputs = {**files(a_py="1"), **read(b_py="1")}
    published(builds, inputs, opaque=(why_not,), untraced=(why_not,))
    tree = {thing: seen("2", declared("--inputs tree")) for thing in files(a_py="")}
    found = verdict(builds, at(files(b_py="1"), tree=tree), "traced")
    assert [type(why) for why in found.reasons] == [FileChanged, Untraced]
    assert found.reasons[1].name == why_not
    # What it is known to have used is reason enough.
    [why] = verdict(builds, at(files(b_py="2"), tree=files(a_py="1")), "traced").reasons
    assert (type(why), why.path) == (FileChanged, "b.py")


def test_what_a_traced_build_wrote_does_not_count_until_it_is_edited(builds: Builds) -> None:
    made = published(builds, read(a_py="1"), outputs={"version.py": "g"})
    for states in (files(a_py="1"), files(a_py="1", version_py="g")):
        assert reused(verdict(builds, at(states), "traced")) == made
    [why] = verdict(builds, at(files(a_py="1", version_py="by hand")), "traced").reasons
    assert (type(why), why.path, why.old) == (FileChanged, "version.py", present("g"))


def test_what_a_traced_build_wrote_blindly_does_not_count_at_all(builds: Builds) -> None:
    outputs = {"version.py": "g", "log": "g"}
    made = published(builds, read(a_py="1"), outputs=outputs, blind=("version.py",))
    now = files(a_py="1", version_py="by hand")
    assert reused(verdict(builds, at(now), "traced")) == made
    now[Input("file", "log")] = seen("by hand")
    [why] = verdict(builds, at(now), "traced").reasons
    assert (type(why), why.path) == (FileChanged, "log")


def test_what_a_traced_build_wrote_is_no_name_in_a_listing(builds: Builds) -> None:
    src = Input("listing", "src")

    def listed(*names: str) -> Snapshot:
        rows = ((name, "file") for name in names)
        return {src: seen(state_of(rows), traced("listed by build_wheel"))}

    version = {Input("file", "src/version.py"): seen("g")}
    made = published(builds, listed("a.py"), outputs={"src/version.py": "g"})
    assert reused(verdict(builds, at(listed("a.py")), "traced")) == made
    now = {**listed("a.py", "version.py"), **version}
    assert reused(verdict(builds, at(now), "traced")) == made
    [why] = verdict(builds, at({**now, **listed("a.py", "b.py", "version.py")}), "traced").reasons
    assert (type(why), why.path) == (FileAdded, "src/b.py")


def test_what_somebody_puts_into_a_folder_that_a_build_made_counts(builds: Builds) -> None:
    outputs = {"made": "directory", "made/a.py": "g"}
    made = published(builds, read(a_py="1"), outputs=outputs)

    def present_with(*names: str) -> Observer:
        rows = ((name, "file") for name in names)
        below = {Input("file", f"made/{name}"): seen("g") for name in names}
        folder = {Input("listing", "made"): seen(state_of(rows))}
        return at({**files(a_py="1"), Input("file", "made"): seen("directory"), **below, **folder})

    assert reused(verdict(builds, present_with("a.py"), "traced")) == made
    [why] = verdict(builds, present_with("a.py", "b.py"), "traced").reasons
    assert (type(why), why.path) == (FileAdded, "made/b.py")


def test_a_module_of_the_backend_counts_as_one_thing(builds: Builds) -> None:
    module = {Input("backend", "b.py"): seen("1", declared("build-system.backend-path"))}
    made = published(builds, {**module, **read(a_py="1")})
    states = {**files(a_py="1", b_py="1")}
    assert reused(verdict(builds, at(states, module), "traced")) == made
