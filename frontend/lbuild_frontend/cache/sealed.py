"""JSON behind a checksum, and named tuples as JSON.

A sealed record is one line with the SHA-256 of the rest, then JSON. A record that was damaged
therefore cannot be taken for another one.

By hand, after measuring alternatives (Python 3.11, an entry, a snapshot of 10,000 inputs): msgspec
takes 11 ms or more to import, longer than everything that it would save a command (25 µs an entry;
10 of 50 ms for reading the snapshot, most of which goes into making its objects). And it refuses
the lone surrogates by which Python spells file names that are not UTF-8.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

_T = TypeVar("_T")


class RecordError(Exception):
    """A record that cannot be used; the text says why, as a clause."""


class OtherVersionError(RecordError):
    """A record that is whole, but was written by another version of lbuild.

    Attributes:
        is_older: whether that version is an earlier one.
    """

    def __init__(self, problem: str, *, is_older: bool) -> None:
        super().__init__(problem)
        self.is_older = is_older


def seal(value: object) -> bytes:
    """Write JSON with a checksum. Names that are not UTF-8 are kept, as escaped surrogates."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text


def unseal(content: bytes) -> Any:
    """Read the value that was sealed.

    Raises:
        RecordError: if the content is not what was sealed.
    """
    checksum, _, text = content.partition(b"\n")
    if checksum != hashlib.sha256(text).hexdigest().encode("ascii"):
        message = "damaged"
        raise RecordError(message)
    return json.loads(text)


def from_fields(kind: type[_T], fields: Mapping[str, Any]) -> _T:
    """Make a ``NamedTuple`` of its fields by name, after JSON.

    Its fields are texts, floats, literals, optional ones of these, tuples of texts, and mappings
    from text to text.

    Raises:
        RecordError: if a field is missing or of another type; names the field.
    """
    readers = _readers_of(kind)  # type: ignore[arg-type]  # to mypy a type[_T] is not Hashable
    return kind(**{name: read(fields.get(name), name) for name, read in readers})


class _Reader:
    """Checks a value from JSON against the annotation of a field, and converts it to that."""

    def __init__(self, annotation: Any) -> None:
        self._is_optional = get_args(annotation)[1:] == (type(None),)
        if self._is_optional:
            annotation = get_args(annotation)[0]
        annotation = getattr(annotation, "__supertype__", annotation)  # of a NewType
        origin = get_origin(annotation)
        self._choices = get_args(annotation) if origin is Literal else None
        in_json: dict[Any, type] = {tuple: list, Mapping: dict, Literal: str}
        self._plain = in_json.get(origin, annotation)

    def __call__(self, value: Any, name: str) -> Any:
        if value is None and self._is_optional:
            return None
        if not isinstance(value, self._plain):
            message = f"{name} is not a {self._plain.__name__}"
            raise RecordError(message)
        if self._choices is not None and value not in self._choices:
            message = f"{name} is not one of {', '.join(self._choices)}"
            raise RecordError(message)
        if isinstance(value, list):
            return tuple(map(str, value))
        if isinstance(value, dict):
            return {str(key): str(each) for key, each in value.items()}
        return value


@functools.cache
def _readers_of(kind: Any) -> list[tuple[str, _Reader]]:
    return [(name, _Reader(annotation)) for name, annotation in kind.__annotations__.items()]
