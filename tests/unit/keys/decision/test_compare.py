"""Differences between snapshots: none is missed, and each is of its input's kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.reasons import (
    BackendChanged,
    BuildSystemChanged,
    ConfigSettingsChanged,
    DirectoryChanged,
    EnvironmentChanged,
    ExecutableChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    GitCommitChanged,
    GitTagsChanged,
    GitTreeChanged,
    InterpreterChanged,
    ListingChanged,
    ProjectMoved,
    Reason,
    RequirementChanged,
)
from lbuild_keys.model import (
    ABSENT,
    KINDS,
    Input,
    Kind,
    Observation,
    Snapshot,
    State,
    declared,
    key_of,
    present,
    traced,
    unreadable,
)
from lbuild_keys.observe.env_vars import observe_matching
from lbuild_keys.observe.listings import state_of
from support.strategies import known_snapshots, names, seen, snapshots, snapshots_of

CLASSES = {
    "listing": ListingChanged,
    "directory": DirectoryChanged,
    "backend": BackendChanged,
    "git-commit": GitCommitChanged,
    "git-tags": GitTagsChanged,
    "git-tree": GitTreeChanged,
    "git-answer": GitTreeChanged,
    "date": GitTreeChanged,
    "executable": ExecutableChanged,
    "environment": EnvironmentChanged,
    "config-settings": ConfigSettingsChanged,
    "build-system": BuildSystemChanged,
    "interpreter": InterpreterChanged,
    "project-folder": ProjectMoved,
    "requirement": RequirementChanged,
    "local-offer": RequirementChanged,
    "toml-tables": FileChanged,
    "egg-info": DirectoryChanged,
    "cmake-package": RequirementChanged,
}
FILES = (FileChanged, FileAdded, FileRemoved)
LIKE_FILES: tuple[Kind, ...] = (
    *("backend", "file", "path", "directory", "listing"),
    *("environment-file", "toml-tables", "egg-info"),
)
ALONE = [kind for kind in KINDS if kind not in LIKE_FILES]

few = st.sampled_from(["a", "a/b", "a/b/c", "."])


def shown(thing: Input) -> str:
    """How reasons name an input."""
    if thing.kind != "local-offer" or ":" not in thing.name:
        return thing.label
    name = thing.name.partition(":")[2]
    return {"": "in a local place", "*": "in any local place"}.get(name, name)


def subject(why: Reason) -> str:
    return why.path if hasattr(why, "path") else why.name


def in_folder(**types: str) -> Observation:
    """The listing of a folder, whose names are given with ``_`` for a dot, as a hook saw it."""
    rows = ((name.replace("_", "."), kind.replace("_", " ")) for name, kind in types.items())
    return seen(state_of(rows), traced("listed by build_wheel"))


@given(snapshots)
def test_nothing_differs_from_itself_but_what_cannot_be_read(snapshot: Snapshot) -> None:
    unknown = {
        shown(thing) for thing, one in snapshot.items() if one.state.presence == "unreadable"
    }
    assert {subject(why) for why in compare(snapshot, snapshot)} == unknown


@given(known_snapshots, known_snapshots)
def test_there_is_a_reason_exactly_if_the_keys_differ(old: Snapshot, new: Snapshot) -> None:
    assert bool(compare(old, new)) == (key_of(old) != key_of(new))


@given(known_snapshots, snapshots)
def test_what_cannot_be_read_is_always_a_reason(old: Snapshot, new: Snapshot) -> None:
    if key_of(new) is None:
        assert compare(old, new)


plain = snapshots_of(
    *(kind for kind in KINDS if kind not in ("egg-info", "listing", "path", "toml-tables")),
    names=names | st.sampled_from(["//~/x", "pip:a", "uv:*", ":"]),
)


@given(plain, plain)
def test_each_difference_is_told_once_and_as_what_it_is(old: Snapshot, new: Snapshot) -> None:
    different = [
        thing
        for thing in sorted(old.keys() | new.keys())
        if not thing.name.endswith("*")
        and (
            (now := new.get(thing, seen(ABSENT)).state) != old.get(thing, seen(ABSENT)).state
            or not now.known
        )
    ]
    for thing in different:
        type_ = (*FILES, CLASSES.get(thing.kind, FileAdded))
        states = [one[thing].state if thing in one else ABSENT for one in (old, new)]
        source = (new[thing] if thing in new else old[thing]).source
        found = [
            why
            for why in compare(old, new)
            if isinstance(why, type_)
            and ([why.old, why.new], why.source, subject(why)) == (states, source, shown(thing))
        ]
        if not found:  # told already, as another thing of this name
            assert thing.kind in LIKE_FILES
            above = different[: different.index(thing)]
            assert shown(thing) in [shown(one) for one in above if one.kind in LIKE_FILES]


ONE_CLASS = [kind for kind in KINDS if kind not in ("file", "path", "environment-file")]


@pytest.mark.parametrize("kind", ONE_CLASS)
def test_each_kind_has_a_reason_of_its_own(kind: Kind) -> None:
    old, new = {Input(kind, "a"): seen("1")}, {Input(kind, "a"): seen("2")}
    [why] = compare(old, new)
    assert type(why) is CLASSES[kind]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (present("1"), present("2"), FileChanged),
        (ABSENT, present("2"), FileAdded),
        (present("1"), ABSENT, FileRemoved),
        (unreadable("?"), ABSENT, FileRemoved),
        (unreadable("?"), present("2"), FileChanged),
        (present("1"), unreadable("?"), FileChanged),
        (ABSENT, unreadable("?"), FileChanged),
        (unreadable("?"), unreadable("?"), FileChanged),
    ],
)
@pytest.mark.parametrize("kind", ["file", "path", "environment-file"])
def test_files_are_changed_added_or_removed(
    kind: Kind, old: State, new: State, expected: type
) -> None:
    [why] = compare({Input(kind, "a"): seen(old)}, {Input(kind, "a"): seen(new)})
    assert type(why) is expected


@pytest.mark.parametrize(
    ("old", "new"),
    [(ABSENT, "directory"), ("directory", ABSENT), ("directory", "file"), ("file", "directory")],
)
def test_a_folder_that_was_looked_at_is_one(old: State | str, new: State | str) -> None:
    [why] = compare({Input("path", "a"): seen(old)}, {Input("path", "a"): seen(new)})
    assert type(why) is DirectoryChanged


def test_what_only_one_has_was_or_is_absent() -> None:
    thing = Input("file", "a")
    [added] = compare({}, {thing: seen("1", declared("now"))})
    assert (type(added), added.old, added.source) == (FileAdded, ABSENT, declared("now"))
    [removed] = compare({thing: seen("1", declared("then"))}, {})
    assert (type(removed), removed.new) == (FileRemoved, ABSENT)
    assert removed.source == declared("then")
    assert compare({thing: seen(ABSENT)}, {}) == ()


# Names in folders that were listed


def test_names_are_told_one_by_one_with_the_folder_that_they_are_in() -> None:
    thing = Input("listing", "src")
    old = {thing: in_folder(a_py="file", b_py="file", data="directory", c="file")}
    new = {thing: in_folder(a_py="file", new="directory", new_py="link_to_file", c="directory")}
    assert [(type(why), why.path) for why in compare(old, new)] == [
        (FileRemoved, "src/b.py"),
        (FileAdded, "src/new.py"),
        (ListingChanged, "src/c"),
        (DirectoryChanged, "src/data"),
        (DirectoryChanged, "src/new"),
    ]
    assert {why.source for why in compare(old, new)} == {traced("in src, listed by build_wheel")}


def test_names_in_the_project_itself_have_no_folder_before_them() -> None:
    thing = Input("listing", ".")
    [why] = compare({thing: in_folder()}, {thing: in_folder(a_py="file")})
    assert (why.path, why.source) == ("a.py", traced("in ., listed by build_wheel"))


@pytest.mark.parametrize("new", [ABSENT, present("no directory"), unreadable("denied")])
def test_a_folder_that_cannot_be_listed_any_more_is_told_as_such(new: State) -> None:
    thing = Input("listing", "src")
    [why] = compare({thing: in_folder(a_py="file")}, {thing: seen(new)})
    assert (type(why), why.path, why.new) == (ListingChanged, "src", new)


def test_what_happened_to_a_name_is_told_once() -> None:
    things = {
        Input("file", "src/a.py"): "1",
        Input("path", "src/a.py"): "file",
        Input("path", "src/b.py"): "file",
        Input("path", "src/c.py"): "file",
    }
    old = {thing: seen(state) for thing, state in things.items()}
    old[Input("listing", "src")] = in_folder(a_py="file", b_py="file")
    new = {thing: seen(ABSENT) for thing in things} | {Input("listing", "src"): in_folder()}
    told = [(why.path, why.source) for why in compare(old, new)]
    assert told == [
        ("src/a.py", declared("a test")),
        ("src/b.py", traced("in src, listed by build_wheel")),
        ("src/c.py", declared("a test")),
    ]


def test_what_happened_to_a_folder_is_told_once() -> None:
    # Declared by default, and listed with the project by a backend.
    old = {Input("directory", "src"): seen("directory"), Input("listing", "."): in_folder()}
    old[Input("listing", ".")] = in_folder(src="directory")
    new = {Input("directory", "src"): seen(ABSENT), Input("listing", "."): in_folder()}
    [why] = compare(old, new)
    assert (type(why), why.source) == (DirectoryChanged, declared("a test"))


like_files = snapshots_of(*LIKE_FILES, names=few)


@given(like_files, like_files)
def test_no_name_is_told_twice(old: Snapshot, new: Snapshot) -> None:
    told = [why.path for why in compare(old, new)]
    assert sorted(told) == sorted(set(told))


@given(snapshots_of(*ALONE, names=few), snapshots_of(*ALONE, names=few), like_files, like_files)
def test_what_happened_to_files_hides_nothing_else(
    old: Snapshot, new: Snapshot, files_then: Snapshot, files_now: Snapshot
) -> None:
    others = set(compare(old, new))
    assert others <= set(compare({**old, **files_then}, {**new, **files_now}))


# Variables that were handed on observe_matching


def test_variables_are_told_one_by_one() -> None:
    thing = Input("environment", "*")
    source = traced("passed on by build_wheel")
    old, new = (
        {thing: seen(observe_matching("*", environ, b"secret"), source)}
        for environ in ({"A": "1", "B": "1", "C": "1"}, {"A": "1", "B": "2", "D": "1"})
    )
    told = compare(old, new)
    assert {type(why) for why in told} == {EnvironmentChanged}
    assert [(why.name, why.old.presence, why.new.presence) for why in told] == [
        ("B", "present", "present"),
        ("C", "present", "absent"),
        ("D", "absent", "present"),
    ]
    assert {why.source for why in told} == {source}
