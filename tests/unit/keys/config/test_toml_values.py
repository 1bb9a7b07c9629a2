"""Values of a parsed TOML file as the types that are meant, or errors that name their place."""

import datetime as dt

import pytest
import tomli

from lbuild_keys.config import toml_values
from lbuild_keys.errors import SettingsError

VALUES = [
    (True, "a boolean"),
    (1, "an integer"),
    (0.5, "a float"),
    ("text", "a string"),
    ([], "an array"),
    ({}, "a table"),
    (dt.date(2024, 2, 29), "a date or time"),
    (dt.time(12), "a date or time"),
]

READERS = [
    (toml_values.string, "a string", 'Write it in quotes: "...".'),
    (toml_values.boolean, "a boolean", "Write true or false."),
    (toml_values.integer, "an integer", "Write a whole number."),
    (toml_values.array, "an array", "Write it in brackets: [...]."),
    (toml_values.strings, "an array", "Write it in brackets: [...]."),
]


@pytest.mark.parametrize(("value", "name"), VALUES)
def test_types_are_called_as_in_toml(value: object, name: str) -> None:
    assert toml_values.toml_type_name(value) == name


@pytest.mark.parametrize(("value", "name"), VALUES)
@pytest.mark.parametrize(("read", "wanted", "remedy"), READERS)
def test_a_value_is_of_its_type_or_refused(
    read: object, wanted: str, remedy: str, value: object, name: str
) -> None:
    if name == wanted:
        assert read(value, "tool.x") == (() if read is toml_values.strings else value)
        return
    with pytest.raises(SettingsError) as caught:
        read(value, "tool.x")
    assert caught.value.where == "pyproject.toml: tool.x"
    assert caught.value.problem == f"expected {wanted}, not {name}"
    assert caught.value.remedy == remedy
    assert str(caught.value) == f"pyproject.toml: tool.x: {caught.value.problem}. {remedy}"


def test_strings() -> None:
    assert toml_values.strings(["a", ""], "tool.x") == ("a", "")
    with pytest.raises(SettingsError, match=r"tool\.x\[1\]: expected a string, not an integer"):
        toml_values.strings(["a", 1], "tool.x")


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 0])
def test_integers_of_64_bits(value: int) -> None:
    assert toml_values.integer(value, "tool.x") == value


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 16**9_000], ids=["2^63", "-2^63-1", "16^9000"]
)
def test_longer_integers_are_refused_and_not_shown(value: int) -> None:
    """Python refuses to write out the longest, which TOML can say in hexadecimal."""
    with pytest.raises(SettingsError) as caught:
        toml_values.integer(value, "tool.x", remedy="Write less.")
    assert caught.value.problem == "an integer of more than 64 bits"
    assert caught.value.remedy == "Write less."


def test_a_missing_table_is_empty() -> None:
    assert toml_values.table({}, "x", "tool") == {}
    assert toml_values.table({"x": {"a": 1}}, "x", "tool") == {"a": 1}


@pytest.mark.parametrize(("path", "where"), [("tool", "tool.x"), ("", "x")])
def test_what_is_no_table(path: str, where: str) -> None:
    with pytest.raises(SettingsError) as caught:
        toml_values.table({"x": []}, "x", path)
    assert caught.value.where == f"pyproject.toml: {where}"
    assert caught.value.problem == "expected a table, not an array"
    assert caught.value.remedy == f"Write it as [{where}]."


def test_keys_are_told_as_toml_has_them() -> None:
    assert toml_values.quote_key("cache-keys_1") == "cache-keys_1"
    for name in ("", "a b", "a.b", "é", 'x\nerror: "y". Z.', "\0", "\u2028"):
        told = toml_values.quote_key(name)
        assert told.isascii()
        assert told.isprintable()
        assert tomli.loads(f"{told} = 1") == {name: 1}


def test_optional() -> None:
    assert toml_values.optional({}, "x", "tool", toml_values.string) is None
    assert toml_values.optional({"x": ""}, "x", "tool", toml_values.string) == ""
    with pytest.raises(SettingsError, match=r"tool\.x: expected a string, not a boolean"):
        toml_values.optional({"x": False}, "x", "tool", toml_values.string)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("ignored", "Did you mean 'ignore'?"),
        ("inputs_", "Did you mean 'inputs'?"),
        ("colour", "Known settings: inputs, ignore."),
    ],
)
def test_unknown_settings(name: str, remedy: str) -> None:
    known = ("inputs", "ignore")
    toml_values.require_known_keys({"inputs": 1, "ignore": 2}, known, "tool.lbuild")
    with pytest.raises(SettingsError) as caught:
        toml_values.require_known_keys({"inputs": 1, name: 2}, known, "tool.lbuild")
    assert caught.value.where == f"pyproject.toml: tool.lbuild.{name}"
    assert (caught.value.problem, caught.value.remedy) == ("unknown setting", remedy)
