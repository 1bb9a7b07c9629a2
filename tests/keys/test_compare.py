"""Differences between snapshots: none is missed, and each is of its input's kind."""

import pytest
from hypothesis import given

from lbuild_keys import reason
from lbuild_keys.compare import compare
from lbuild_keys.model import ABSENT, KINDS, Input, Snapshot, State, key_of, present, unreadable
from values import known_snapshots, seen, snapshots

CLASSES = {
    "directory": reason.DirectoryChanged,
    "backend": reason.BackendChanged,
    "git-commit": reason.GitCommitChanged,
    "git-tags": reason.GitTagsChanged,
    "git-tree": reason.GitTreeChanged,
    "environment": reason.EnvironmentChanged,
    "config-settings": reason.ConfigSettingsChanged,
    "build-system": reason.BuildSystemChanged,
    "interpreter": reason.InterpreterChanged,
    "requirement": reason.RequirementChanged,
}


@given(snapshots)
def test_nothing_differs_from_itself_but_what_cannot_be_read(snapshot: Snapshot) -> None:
    unknown = [thing for thing, one in snapshot.items() if one.state.presence == "unreadable"]
    assert len(compare(snapshot, snapshot)) == len(unknown)


@given(known_snapshots, known_snapshots)
def test_there_is_a_reason_exactly_if_the_keys_differ(old: Snapshot, new: Snapshot) -> None:
    assert bool(compare(old, new)) == (key_of(old) != key_of(new))


@given(known_snapshots, snapshots)
def test_what_cannot_be_read_is_always_a_reason(old: Snapshot, new: Snapshot) -> None:
    if key_of(new) is None:
        assert compare(old, new)


@given(snapshots, snapshots)
def test_each_difference_is_told_once_and_as_what_it_is(old: Snapshot, new: Snapshot) -> None:
    told = []
    for why in compare(old, new):
        name = why.path if hasattr(why, "path") else why.name
        kinds = [kind for kind, type_ in CLASSES.items() if isinstance(why, type_)] or ["file"]
        thing = Input(kinds[0], name)
        states = [one[thing].state if thing in one else ABSENT for one in (old, new)]
        assert [why.old, why.new] == states
        assert states[0] != states[1] or not states[1].known
        assert why.source == (new[thing] if thing in new else old[thing]).source
        told.append(thing)
    assert told == sorted(set(told))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "file"])
def test_each_kind_has_a_reason_of_its_own(kind: str) -> None:
    old, new = {Input(kind, "a"): seen("1")}, {Input(kind, "a"): seen("2")}
    [why] = compare(old, new)
    assert type(why) is CLASSES[kind]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (present("1"), present("2"), reason.FileChanged),
        (ABSENT, present("2"), reason.FileAdded),
        (present("1"), ABSENT, reason.FileRemoved),
        (unreadable("?"), ABSENT, reason.FileRemoved),
        (unreadable("?"), present("2"), reason.FileChanged),
        (present("1"), unreadable("?"), reason.FileChanged),
        (ABSENT, unreadable("?"), reason.FileChanged),
        (unreadable("?"), unreadable("?"), reason.FileChanged),
    ],
)
def test_files_are_changed_added_or_removed(old: State, new: State, expected: type) -> None:
    [why] = compare({Input("file", "a"): seen(old)}, {Input("file", "a"): seen(new)})
    assert type(why) is expected


def test_what_only_one_has_was_or_is_absent() -> None:
    thing = Input("file", "a")
    [added] = compare({}, {thing: seen("1", "declared: now")})
    assert (type(added), added.old, added.source) == (reason.FileAdded, ABSENT, "declared: now")
    [removed] = compare({thing: seen("1", "declared: then")}, {})
    assert (type(removed), removed.new) == (reason.FileRemoved, ABSENT)
    assert removed.source == "declared: then"
    assert compare({thing: seen(ABSENT)}, {}) == ()
