"""The JSON Schema: published as the types are, valid, and strict where the tests use it.

``pytest tests/docs/test_json_schema.py --update-examples`` writes the file.
"""

import json
from typing import Any, get_args

import pytest
from docs._extensions import json_schema
from jsonschema import Draft202012Validator

from lbuild_frontend.model import results
from lbuild_frontend.output.json_rows import WRITERS, to_json
from lbuild_keys.decision import reasons
from support import checked_json

SCHEMA = json_schema.schema()


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
