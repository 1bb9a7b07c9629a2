"""Snapshots by folder: nothing is lost, and what decides is compared alike."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_keys.model import ABSENT, Input, Observation, Snapshot, key_of, present, traced
from lbuild_keys.observe.listings import state_of
from lbuild_keys.snapshots.folded import fold
from support.strategies import snapshots

READ, LISTED = traced("read by build_wheel"), traced("listed by build_wheel")
NAMES = [
    "a.py",
    "src/a.py",
    "src/b/c.py",
    "src",
    "src/b",
    ".",
    "../a.py",
    "/etc/a",
    "/a.py",
    "a//b",
    "x/../y",
]
STATES = [ABSENT, present("file"), present("no directory"), state_of([("a.py", "file")])]


@st.composite
def of_a_project(draw: st.DrawFn) -> Snapshot:
    things = draw(
        st.sets(
            st.builds(Input, st.sampled_from(["file", "path", "listing"]), st.sampled_from(NAMES))
        )
    )
    return {
        thing: Observation(draw(st.sampled_from(STATES)), draw(st.sampled_from([READ, LISTED])))
        for thing in things
    }


@settings(max_examples=40)
@given(st.one_of(snapshots, of_a_project()))
def test_it_is_the_same_snapshot(snapshot: Snapshot) -> None:
    folded = fold(snapshot)
    assert folded == snapshot
    assert len(folded) == len(snapshot)
    assert key_of(folded) == key_of(snapshot)
    for thing, seen in snapshot.items():
        assert folded[thing] == seen
        assert folded.state_in_folder(thing) == (None if thing in folded.rest else seen.state)


@settings(max_examples=20)
@given(of_a_project())
def test_without_some_folders(snapshot: Snapshot) -> None:
    folded = fold(snapshot)
    rest = folded.without_folders({"src"})
    gone = {thing for thing in snapshot if thing not in rest}
    assert gone == {
        thing
        for thing in snapshot
        if thing not in folded.rest
        and (thing.name if thing.kind == "listing" else thing.name.rpartition("/")[0]) == "src"
    }


def test_most_is_in_folders() -> None:
    snapshot = {
        Input("file", "a.py"): Observation(present("1"), READ),
        Input("path", "src/a.py"): Observation(ABSENT, READ),
        Input("listing", "src"): Observation(state_of([]), LISTED),
    }
    assert fold(snapshot).rest == {}
    assert fold(snapshot).state_in_folder(Input("path", "src/b.py")) is None


def test_a_file_at_the_top_of_the_disk_is_none_of_the_project() -> None:
    snapshot = {
        Input("path", "Cargo.toml"): Observation(present("file"), READ),
        Input("path", "/Cargo.toml"): Observation(ABSENT, READ),
    }
    folded = fold(snapshot)
    assert folded.state_in_folder(Input("path", "/Cargo.toml")) is None
    assert folded.state_in_folder(Input("path", "Cargo.toml")) == present("file")
