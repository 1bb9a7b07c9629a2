"""Sealed JSON comes back as it was written; a field of another type is refused by its name."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_frontend.cache.sealed import RecordError, from_fields, seal, unseal
from lbuild_keys.model import Key
from support.strategies import names

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


@given(values)
def test_what_is_sealed_comes_back(value: object) -> None:
    assert unseal(seal(value)) == value


def test_equal_values_are_sealed_alike() -> None:
    assert seal({"a": 1, "b": 2}) == seal({"b": 2, "a": 1})
    assert seal("caf\udce9").isascii()


@given(st.binary())
def test_anything_else_is_damaged(content: bytes) -> None:
    with pytest.raises(RecordError, match="damaged"):
        unseal(content)


class Record(NamedTuple):
    text: str
    key: Key | None
    choice: Literal["a", "b"]
    number: float
    texts: tuple[str, ...]
    mapping: Mapping[str, str]


RECORD = Record(text="", key=None, choice="b", number=1.0, texts=("x", ""), mapping={"y": "z"})


def test_a_tuple_with_names_comes_back() -> None:
    for record in (RECORD, Record(**{**RECORD._asdict(), "key": Key("k")})):
        assert from_fields(Record, unseal(seal(record._asdict()))) == record


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("text", 1, "text is not a str"),
        ("text", None, "text is not a str"),
        ("key", 1, "key is not a str"),
        ("choice", "c", "choice is not one of a, b"),
        ("choice", ["a"], "choice is not a str"),
        ("number", "1", "number is not a float"),
        ("number", True, "number is not a float"),
        ("texts", "x", "texts is not a list"),
        ("mapping", [], "mapping is not a dict"),
    ],
)
def test_a_field_of_another_type_is_named(name: str, value: object, problem: str) -> None:
    with pytest.raises(RecordError, match=f"^{problem}$"):
        from_fields(Record, {**RECORD._asdict(), "texts": [], name: value})


def test_a_field_that_is_missing_is_named() -> None:
    fields = {**RECORD._asdict(), "texts": []}
    del fields["number"]
    with pytest.raises(RecordError, match="number is not a float"):
        from_fields(Record, fields)
