"""The JSON Schema (2020-12) of what lbuild prints with ``--json``, from the types of the values.

``python -m docs._extensions.json_schema`` writes it to ``docs/reference/lbuild.schema.json``. The
words come from the docstrings of the types: the first paragraph, and the section ``Attributes:``.
"""

import inspect
import json
import re
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from lbuild_frontend.model import results
from lbuild_frontend.output import cache_rows
from lbuild_frontend.output.json_rows import LEFT_OUT
from lbuild_keys.decision import reasons
from lbuild_keys.model import KINDS, Source, State

PAGE = Path(__file__).parents[1] / "reference" / "lbuild.schema.json"

ROWS: Mapping[str, tuple[type, ...]] = {
    "wheel": (results.WheelResult, results.NeededResult, results.FailedResult),
    "editable": (results.WheelResult, results.NeededResult, results.FailedResult),
    "sdist": (results.SdistResult, results.NeededResult, results.FailedResult),
    "metadata": (results.MetadataResult, results.FailedResult),
    # With --dry-run, projects that are only needed have their status.
    "install": (
        results.InstallResult,
        results.NeededResult,
        results.StatusResult,
        results.FailedResult,
    ),
    "status": (results.StatusResult, results.FailedResult),
    "graph": (results.GraphMember,),
    "cache dir": (cache_rows.CacheDirRow,),
    "cache info": (cache_rows.CacheInfoRow,),
    "cache list": (cache_rows.CacheListRow,),
    "cache remove": (cache_rows.CacheRemovedRow,),
    "cache clean": (cache_rows.CacheRemovedRow,),
    "cache purge": (cache_rows.CacheRemovedRow,),
    "cache prune": (cache_rows.CacheRemovedRow,),
    "cache verify": (cache_rows.CacheDamageRow,),
}
"""By command, the types of the objects in the array that it prints."""

_Schema = dict[str, Any]
_SOURCE = "What made it an input, or how it was found: `declared` or `traced`, and by what."
_NO_STATE: _Schema = {"type": "null", "description": "Always null: there are no two states."}

_UNIONS = (types.UnionType, Union)

_TIME = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}

AS_WRITTEN: Mapping[str, tuple[_Schema, str]] = {
    "built_at": (_TIME, "When the hook was called, by ISO 8601 in UTC."),
    "inputs": (
        {
            "type": "object",
            "propertyNames": {"enum": [*KINDS]},
            "additionalProperties": {"type": "integer", "minimum": 1},
        },
        "How many inputs there are of each kind that occurs.",
    ),
    "metadata": (
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "object", "additionalProperties": {"type": "string"}},
                ]
            },
        },
        "The fields of the metadata, by PEP 566, as `packaging.metadata.RawMetadata` names them.",
    ),
}
"""Members that JSON has in another form than Python (``output.json_rows.WRITERS``)."""

_PLAIN: Mapping[Any, _Schema] = {
    bool: {"type": "boolean"},
    bytes: {"type": "string"},
    float: {"type": "number"},
    int: {"type": "integer"},
    str: {"type": "string"},
    Path: {"type": "string"},
    Source: {"type": "string"},
    State: {"type": ["string", "null"]},
    type(None): {"type": "null"},
}


def schema(*, strict: bool = False) -> _Schema:
    """Return the schema of everything that lbuild prints with ``--json``.

    Its ``$defs`` has a schema of each type of objects, by the name of the type in Python. The
    schema of what a command prints is there too, as ``lbuild wheel``.

    Args:
        strict: whether members that are not in the types are wrong. Users should accept them: a
            later version may have more.
    """
    definitions: dict[str, _Schema] = {}
    for command, kinds in ROWS.items():
        items = _any_of([_reference(kind, definitions, strict=strict) for kind in kinds])
        definitions[f"lbuild {command}"] = {
            "description": f"What `lbuild {command} --json` prints.",
            "type": "array",
            "items": items,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lbuild --json",
        "description": "What the commands of lbuild print with `--json`. Members may be added.",
        "anyOf": [{"$ref": _place(f"lbuild {command}")} for command in ROWS],
        "$defs": dict(sorted(definitions.items())),
    }


def text() -> str:
    """Return the file that is published."""
    return json.dumps(schema(), indent=2) + "\n"


def members(kind: type) -> Mapping[str, str]:
    """Return the members of the objects of a type, in order, with their descriptions."""
    found: dict[str, _Schema] = {}
    _reference(kind, found, strict=False)
    return {
        name: member.get("description", "")
        for name, member in found[kind.__name__]["properties"].items()
    }


def _reference(kind: Any, definitions: dict[str, _Schema], *, strict: bool) -> _Schema:
    """Return a reference to the schema of a type of objects, which is defined if it is not yet."""
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}  # a reason may contain reasons
        described = attributes(kind)
        hints = get_type_hints(kind)
        properties: dict[str, _Schema] = {}
        if _is_reason(kind):
            described = {"source": _SOURCE, **described}
            properties["kind"] = {"const": kind.tag, "description": "The kind of the reason."}
            properties |= {state: _NO_STATE for state in ("old", "new") if state not in hints}
            hints.pop("tag")
        for member, hint in hints.items():
            form, words = AS_WRITTEN.get(member, (None, described.get(member, "")))
            if form is None or is_typeddict(kind):
                form, words = _form(hint, definitions, strict=strict), described[member]
            if LEFT_OUT.get(kind) == member:
                form = _without_null(form)
            properties[member] = {**form, "description": words}
        if _is_reason(kind):
            properties["message"] = {"type": "string", "description": "The reason as a sentence."}
        definitions[name] |= {
            "description": _first_paragraph(kind),
            "type": "object",
            "properties": properties,
            "required": [member for member in properties if member not in _optional(kind)],
        }
        if strict:
            definitions[name]["additionalProperties"] = False
    return {"$ref": _place(name)}


def _optional(kind: type) -> tuple[str, ...]:
    if kind in LEFT_OUT:
        return (LEFT_OUT[kind],)
    return ("member", "because") if kind is reasons.RequirementChanged else ()


def _form(hint: Any, definitions: dict[str, _Schema], *, strict: bool) -> _Schema:
    """Return the schema of a type; that of objects is put into the definitions."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    arguments = get_args(hint)

    def of(one: Any) -> _Schema:
        return _form(one, definitions, strict=strict)

    match get_origin(hint):
        case origin if origin is Literal:
            return {"enum": [*arguments]}
        case origin if origin in _UNIONS and all(map(_is_reason, arguments)):
            if "Reason" not in definitions:
                definitions["Reason"] = {}
                definitions["Reason"] |= {
                    "description": "Why a build was, or is, due.",
                    **_any_of([of(one) for one in arguments]),
                }
            return {"$ref": _place("Reason")}
        case origin if origin in _UNIONS:
            return _any_of([of(one) for one in arguments])
        case origin if origin in (tuple, list):
            return {"type": "array", "items": of(arguments[0])}
        case origin if origin is dict:
            names = {"propertyNames": of(arguments[0])} if arguments[0] is not str else {}
            return {"type": "object", **names, "additionalProperties": of(arguments[1])}
        case _:
            return _reference(hint, definitions, strict=strict)


def _is_reason(kind: Any) -> bool:
    return kind in get_args(reasons.Reason)


def _any_of(forms: list[_Schema]) -> _Schema:
    if len(forms) == 1:
        return forms[0]
    if all(form.keys() == {"type"} and isinstance(form["type"], str) for form in forms):
        return {"type": [form["type"] for form in forms]}
    return {"anyOf": forms}


def _without_null(form: _Schema) -> _Schema:
    """Return the schema of a member that is left out where Python has None."""
    others = [one for one in form.get("anyOf", ()) if one != _PLAIN[type(None)]]
    return _any_of(others) if others else form


def _place(name: str) -> str:
    return f"#/$defs/{name.replace(' ', '%20')}"


def _first_paragraph(kind: type) -> str:
    return _words((inspect.getdoc(kind) or "").split("\n\n")[0])


def attributes(kind: type) -> Mapping[str, str]:
    """Return what a docstring says of each attribute.

    What it does not say, or leaves to another type ("see ``WheelResult``"), is as in that type; of
    a result, as in ``WheelResult``.
    """
    found = dict(_own_attributes(kind))
    if not hasattr(results, kind.__name__):
        return found
    others = {} if kind is results.WheelResult else attributes(results.WheelResult)
    return {**others, **{name: text for name, text in found.items() if not _SEE.match(text)}}


_SEE = re.compile(r"See `WheelResult`")


def _own_attributes(kind: type) -> Iterator[tuple[str, str]]:
    for one in reversed(kind.__mro__):
        _, begin, section = inspect.cleandoc(one.__doc__ or "").partition("\nAttributes:\n")
        if begin:
            text = inspect.cleandoc(section.split("\n\n")[0])
            for entry in re.split(r"\n(?! )", text):
                name, _, words = entry.partition(":")
                yield name, _words(words)


def _words(text: str) -> str:
    """Return a text of a docstring as a sentence in Markdown."""
    text = re.sub(r"\bNone\b", "null", " ".join(text.replace("``", "`").split()))
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
