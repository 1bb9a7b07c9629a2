"""The JSON Schema: published as the types are, valid, and strict where the tests use it.

``pytest tests/docs/test_json_schema.py --update-examples`` writes the file.
"""

import json
import types
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from docs._extensions import json_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lbuild_frontend.model import results
from lbuild_frontend.output.json_rows import WRITERS, to_json
from lbuild_keys.decision import reasons
from lbuild_keys.model import MEMBER, declared
from support import checked_json, strategies

SCHEMA = json_schema.schema()
TYPES_OF_ROWS = [row for row in json_schema.ROWS.items() if not row[0].startswith("cache")]


def test_the_published_file_is_made_from_the_types(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("update_examples"):
        json_schema.PAGE.write_text(json_schema.text(), encoding="utf-8")
    advice = "To write it anew: pytest tests/docs/test_json_schema.py --update-examples"
    assert json_schema.PAGE.read_text(encoding="utf-8") == json_schema.text(), advice


def test_it_is_a_valid_schema_and_each_reference_leads_to_something() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    places = {
        one["$ref"].removeprefix("#/$defs/").replace("%20", " ")
        for one in every_object(SCHEMA)
        if "$ref" in one
    }
    assert places == {*SCHEMA["$defs"]}


def every_object(value: Any) -> list[dict[str, Any]]:
    """All objects in a JSON value."""
    if isinstance(value, list):
        return [found for one in value for found in every_object(one)]
    if isinstance(value, dict):
        return [value, *(found for one in value.values() for found in every_object(one))]
    return []


def test_every_member_is_described() -> None:
    lacking = [
        f"{name}.{member}"
        for name, one in SCHEMA["$defs"].items()
        for member, form in one.get("properties", {}).items()
        if not form["description"]
    ]
    assert lacking == []
    assert all(one["description"] for one in SCHEMA["$defs"].values())


def test_every_kind_of_reason_is_there() -> None:
    kinds = {one["properties"]["kind"]["const"] for one in reasons_in(SCHEMA)}
    assert kinds == {kind.tag for kind in get_args(reasons.Reason)}


def reasons_in(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [schema["$defs"][kind.__name__] for kind in get_args(reasons.Reason)]


def test_every_result_is_a_row_of_some_command() -> None:
    rows = {kind for kinds in json_schema.ROWS.values() for kind in kinds}
    assert {*get_args(results.Result), results.GraphMember} <= rows


def test_members_that_are_written_in_another_form_have_a_schema_of_that_form() -> None:
    by_their_types = {"reasons", "seconds"}
    assert by_their_types | json_schema.AS_WRITTEN.keys() == WRITERS.keys()


FAILED: Any = to_json(
    results.FailedResult(json_schema.PAGE, "", results.Failure("project", "it is none", None))
)


def test_what_the_types_do_not_have_is_wrong_in_tests_only() -> None:
    more = [{**FAILED, "more": 1}]
    assert Draft202012Validator(SCHEMA).is_valid(more)
    checked_json.check("wheel", [FAILED])
    with pytest.raises(AssertionError, match=r"FailedResult: .*'more' was unexpected"):
        checked_json.check("wheel", more)


about_members = st.builds(
    reasons.RequirementChanged,
    name=strategies.names,
    old=strategies.states,
    new=strategies.states,
    source=st.just(MEMBER),
    member=st.none() | st.just("/w/b"),
    because=st.lists(strategies.reasons(), max_size=2).map(tuple),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "built_at": st.floats(0, 2e9),
    "inputs": strategies.snapshots,
    "metadata": st.sampled_from(
        [b"", b"Name: a\nProject-URL: a, b\nKeywords: a,b\nMore: x\n\nbody"]
    ),
    "reasons": st.lists(strategies.reasons() | about_members, max_size=3).map(tuple),
    "seconds": st.floats(0, 1e6),
}
"""What a field of this name can hold; all others hold anything of their type."""


def values_of(kind: type) -> st.SearchStrategy[Any]:
    """All values of a type that ``to_json`` takes."""
    hints = get_type_hints(kind)
    fields = {
        name: of_type(hint) if name not in FIELDS else FIELDS[name] for name, hint in hints.items()
    }
    return st.builds(kind, **fields)


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    if hint is Path:
        return strategies.names.map(Path)
    if hint in (results.EnvironmentState, results.LastBuild, results.NearestBuild, results.Failure):
        return values_of(hint)
    if get_origin(hint) is types.UnionType:
        return st.one_of(map(of_type, get_args(hint)))
    return st.from_type(hint)


@pytest.mark.parametrize(
    ("command", "kind"),
    {kind: (command, kind) for command, kinds in TYPES_OF_ROWS for kind in kinds}.values(),
)
@settings(max_examples=10)  # each of them has many fields
@given(data=st.data())
def test_whatever_a_result_holds_its_json_is_as_the_schema_has_it(
    command: str, kind: type, data: st.DataObject
) -> None:
    row = json.loads(json.dumps(to_json(data.draw(values_of(kind)))))
    assert checked_json.check(command, [row]) == [kind.__name__]


@pytest.mark.parametrize(
    "row",
    [
        {"project": "/x"},
        {**FAILED, "project": None},
        {**FAILED, "error": {**FAILED["error"], "log": 3}},
        {**FAILED, "error": {"kind": "project"}},
    ],
)
def test_other_rows_are_wrong(row: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        checked_json.check("wheel", [row])
    assert not Draft202012Validator(SCHEMA).is_valid([row])


@settings(max_examples=3)
@given(result=values_of(results.NeededResult))
def test_the_message_names_the_innermost_member_that_is_wrong(result: Any) -> None:
    why = reasons.Forced(name="--refresh", source=declared("--refresh"))
    row: Any = to_json(result._replace(reasons=(why,)))
    row["reasons"][0]["more"] = 1
    with pytest.raises(AssertionError, match=r"NeededResult\['reasons'\]\[0\]: .*\('more' was"):
        checked_json.check("wheel", [row])


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["python", "-P", "run.py", "wheel", "--json", "status"], "wheel"),
        (["lbuild", "cache", "info"], "cache info"),
        (["lbuild", "cache", "--json", "list"], None),
        (["lbuild"], None),
    ],
)
def test_the_command_is_found_on_a_command_line(words: list[str], command: str | None) -> None:
    assert checked_json.command_of(words) == command


def test_members_of_a_type_are_listed_with_their_words() -> None:
    members = json_schema.members(results.StatusResult)
    assert [*members] == [*results.StatusResult._fields]
    assert members["project"] == json_schema.members(results.WheelResult)["project"]
    assert json.loads(json_schema.text()) == SCHEMA
