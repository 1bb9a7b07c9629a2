"""Entries and snapshots come back as they were written, and nothing else is taken for one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.cache.entry import (
    SCHEMA,
    Entry,
    entry_from_bytes,
    entry_to_bytes,
    inputs_digest,
    snapshot_from_bytes,
    snapshot_to_bytes,
)
from lbuild_frontend.cache.sealed import OtherVersionError, RecordError, seal
from lbuild_keys.model import (
    ABSENT,
    KEY_VERSION,
    MODES,
    Input,
    Observation,
    Snapshot,
    key_of,
    present,
    traced,
)
from lbuild_keys.snapshots.folded import NO_KEY_VERSION
from support.strategies import entry, names, snapshots

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
tuples = st.lists(names, max_size=3).map(tuple)
results = st.from_regex(r"[^/\\\0]+\.whl|METADATA|REQUIRES", fullmatch=True)
times = st.floats(0, 1e11)

entries = st.builds(
    Entry,
    key=st.none() | digests,
    tree=st.none() | digests,
    mode=st.sampled_from(MODES),
    name=names,
    version=names,
    file=results,
    sha256=digests,
    content=digests,
    metadata=digests,
    snapshot=digests,
    inputs=digests,
    configuration=names,
    outputs=st.dictionaries(names, names, max_size=3),
    rewritten=tuples,
    blind=tuples,
    edited=tuples,
    appeared=st.none() | st.dictionaries(names, names, max_size=3),
    opaque=tuples,
    untraced=tuples,
    followed=tuples,
    extra_requires=tuples,
    folder=names,
    out_dir=st.none() | names,
    built_at=times,
    seconds=times,
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


def fields(one: Entry) -> dict[str, Any]:
    return {"schema": SCHEMA, **one._asdict()}


# Entries


def test_every_flipped_bit_is_noticed() -> None:
    sealed = entry_to_bytes(entry(key=None, outputs={"caf\udce9": "1"}))
    for place in range(len(sealed)):
        for bit in range(8):
            damaged = bytearray(sealed)
            damaged[place] ^= 1 << bit
            with pytest.raises(RecordError, match="damaged"):
                entry_from_bytes(bytes(damaged))


@given(entries, st.data())
def test_every_damage_is_noticed(one: Entry, data: st.DataObject) -> None:
    sealed = entry_to_bytes(one)
    begin = data.draw(st.integers(0, len(sealed)), "begin")
    end = data.draw(st.integers(begin, len(sealed)), "end")
    new = data.draw(st.binary(max_size=4) | st.just(bytes(end - begin)), "new")
    damaged = sealed[:begin] + new + sealed[end:]
    if damaged != sealed:
        with pytest.raises(RecordError, match="damaged"):
            entry_from_bytes(damaged)


@given(entries)
def test_an_entry_comes_back(one: Entry) -> None:
    assert entry_from_bytes(entry_to_bytes(one)) == one


@pytest.mark.parametrize("schema", [0, SCHEMA + 1, "1", None])
def test_an_entry_of_another_version(schema: object) -> None:
    sealed = seal({**fields(entry()), "schema": schema, "more": 1})
    with pytest.raises(
        OtherVersionError, match=f"schema version {schema}; this lbuild reads version"
    ):
        entry_from_bytes(sealed)


@given(values)
def test_another_value_is_no_entry(value: object) -> None:
    with pytest.raises(RecordError):
        entry_from_bytes(seal(value))


def test_every_field_is_needed() -> None:
    for name in fields(entry()).keys() - {"key", "tree", "appeared", "out_dir", "because"}:
        wanting = fields(entry())
        del wanting[name]
        with pytest.raises(RecordError):
            entry_from_bytes(seal(wanting))


TYPES = {"mode": str, "outputs": dict, "edited": tuple, "opaque": tuple, "built_at": float}


@given(st.sampled_from(sorted(fields(entry()))), values)
def test_any_value_in_any_field_is_an_entry_or_refused(name: str, value: object) -> None:
    try:
        found = entry_from_bytes(seal({**fields(entry()), name: value}))
    except RecordError:
        return
    for field, kind in TYPES.items():
        assert isinstance(getattr(found, field), kind)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../demo.whl"},
        {"file": "a/demo.whl"},
        {"file": "a\\demo.whl"},
        {"file": "demo.zip"},
        {"file": ".whl"},
        {"file": "a/METADATA"},
        {"file": "METADATA.json"},
        {"file": "a\0.whl"},
        {"sha256": "../../secret"},
        {"metadata": "A" * 64},
        {"snapshot": ""},
        {"mode": "recorded"},
    ],
)
def test_what_would_lead_elsewhere_is_no_entry(changes: dict[str, str]) -> None:
    with pytest.raises(RecordError):
        entry_from_bytes(seal({**fields(entry()), **changes}))


# Snapshots


@given(snapshots)
def test_a_snapshot_comes_back(snapshot: Snapshot) -> None:
    back = snapshot_from_bytes(snapshot_to_bytes(snapshot))
    assert back == snapshot
    assert key_of(back) == key_of(snapshot)


@given(snapshots)
def test_equal_snapshots_have_equal_bytes(snapshot: Snapshot) -> None:
    reverse = dict(reversed(snapshot.items()))
    assert snapshot_to_bytes(reverse) == snapshot_to_bytes(snapshot)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "1",
        "null",
        "[1]",
        "[[1, 2]]",
        '[["file", []]]',
        '{"key_version":2,"sources":[],"folders":{},"rest":[[]]}',
    ],
)
def test_what_is_no_snapshot(text: str) -> None:
    with pytest.raises(RecordError, match="not a snapshot"):
        snapshot_from_bytes(text.encode())


def test_a_snapshot_with_a_kind_of_another_lbuild_is_never_compared_without_it() -> None:
    used = traced("used")
    snapshot = {Input("file", "a/b.py"): Observation(present("1"), used)}
    value = json.loads(snapshot_to_bytes(snapshot))
    assert snapshot_from_bytes(json.dumps(value).encode()).key_version == KEY_VERSION
    value["rest"].append(["phase of the moon", "moon", "present", "full", *used])
    back = snapshot_from_bytes(json.dumps(value).encode())
    assert back == snapshot
    assert back.key_version == NO_KEY_VERSION != KEY_VERSION


def test_no_bytes_are_no_text() -> None:
    with pytest.raises(RecordError):
        snapshot_from_bytes(b"\xff")
    assert json.loads(snapshot_to_bytes({}))["rest"] == []


def test_the_digest_of_inputs_is_the_same_for_names_that_builds_make_up() -> None:
    """Else each build of a project would be compared with what is there, input by input."""

    def digest(name: str, detail: str = "") -> str:
        state = present(detail) if detail else ABSENT
        things = {Input("file", f"a/{name}"): state, Input("file", "a/b.py"): present("1")}
        used = traced("used")
        return inputs_digest({thing: Observation(one, used) for thing, one in things.items()})

    assert digest("tmp56h2x2jr") == digest("tmp9i6fxfdd") == digest("tmp9i6fxfde")
    assert digest("tmp56h2x2jr", "1") != digest("tmp9i6fxfdd", "1")
    assert digest("tmp56h2x2jr", "1") == digest("tmp56h2x2jr", "2")
    assert len({digest("c.py"), digest("d.py"), digest("tmp56h2x2jr")}) == 3
