"""Keys of snapshots: what changes them, what does not, and when there is none."""

import hashlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.model import (
    ABSENT,
    Input,
    Observation,
    Snapshot,
    Source,
    count_by_kind,
    key_of,
    unreadable,
)
from support.strategies import inputs, known_snapshots, present_states, seen, snapshots, sources


def present_rows(snapshot: Snapshot) -> set[tuple[Input, str]]:
    return {
        (thing, one.state.detail)
        for thing, one in snapshot.items()
        if one.state.presence == "present"
    }


def test_a_key_is_the_digest_of_what_is_present() -> None:
    snapshot = {
        Input("file", "caf\udce9"): seen("ab"),
        Input("environment", "CC"): seen("cd"),
        Input("file", "gone"): seen(ABSENT),
    }
    rows = r'[2,[["environment","CC","cd"],["file","caf\udce9","ab"]]]'
    # An equal key has to mean an equal result: change this only together with KEY_VERSION.
    assert key_of(snapshot) == hashlib.sha256(rows.encode()).hexdigest()


@given(known_snapshots, st.randoms(use_true_random=False))
def test_the_order_does_not_count(snapshot: Snapshot, random: Random) -> None:
    items = list(snapshot.items())
    random.shuffle(items)
    assert key_of(dict(items)) == key_of(snapshot)


@given(known_snapshots, st.sets(inputs))
def test_what_is_absent_does_not_count(snapshot: Snapshot, absent: set[Input]) -> None:
    assert key_of({**dict.fromkeys(absent, seen(ABSENT)), **snapshot}) == key_of(snapshot)


@given(known_snapshots, sources)
def test_what_made_it_an_input_does_not_count(snapshot: Snapshot, source: Source) -> None:
    renamed = {thing: Observation(one.state, source) for thing, one in snapshot.items()}
    assert key_of(renamed) == key_of(snapshot)


@given(snapshots, inputs)
def test_anything_unreadable_leaves_no_key(snapshot: Snapshot, thing: Input) -> None:
    assert key_of({**snapshot, thing: seen(unreadable("why"))}) is None
    unknown = any(one.state.presence == "unreadable" for one in snapshot.values())
    assert (key_of(snapshot) is None) == unknown


@given(known_snapshots, inputs, present_states, present_states)
def test_any_one_state_counts(snapshot: Snapshot, thing: Input, one: object, other: object) -> None:
    first, second = ({**snapshot, thing: Observation(state, "")} for state in (one, other))
    assert (key_of(first) == key_of(second)) == (one == other)
    assert key_of(first) != key_of({**snapshot, thing: seen(ABSENT)})


@given(known_snapshots, known_snapshots)
def test_equal_keys_mean_equal_states(one: Snapshot, other: Snapshot) -> None:
    assert (key_of(one) == key_of(other)) == (present_rows(one) == present_rows(other))


@given(known_snapshots, inputs, inputs, present_states)
def test_a_state_belongs_to_its_input(
    snapshot: Snapshot, one: Input, other: Input, state: object
) -> None:
    rest = {thing: was for thing, was in snapshot.items() if thing not in (one, other)}
    keys = [key_of({**rest, thing: Observation(state, "")}) for thing in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_inputs_are_counted_in_the_order_of_kinds() -> None:
    things = [Input("requirement", "a"), Input("file", "a"), Input("file", "b")]
    assert list(count_by_kind(things).items()) == [("file", 2), ("requirement", 1)]
