"""The cache's records as bytes: what one entry says, guarded by a checksum and a schema version.

A record is one line with the SHA-256 of the rest, then JSON. A record that was damaged therefore
cannot pass for another one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lbuild_frontend.cache import buckets
from lbuild_keys.model import KINDS, MODES, Input, Key, Mode, Observation, Snapshot, Source, State

SCHEMA = 2
"""Raised when a record is no longer what an older lbuild wrote."""

_T = TypeVar("_T")
_SHA256 = re.compile(buckets.SHA256)
_LATEST = 1e11
"""Seconds since the epoch; ``time`` takes no more than some such number."""

_FILE = re.compile(r"[^/\\:\0]+\.whl|METADATA|REQUIRES")


class RecordError(Exception):
    """A record that cannot be used; the text says why, as a clause."""


class OtherVersion(RecordError):
    """A whole record, but one that another version of lbuild wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cached result of a hook: a wheel, the metadata that it would have, or requirements.

    Attributes:
        key: of the snapshot it was built from; None if it must not be reused.
        tree: in mode ``declared``, the key that mode ``tree`` would have given: another folder may
            have the entry only if its whole tree is the same.
        name: of the project; empty where it is not known yet, with requirements.
        file: the result's name; ``METADATA`` where it is the metadata, ``REQUIRES`` where it is
            what the backend requires.
        sha256: of it, hexadecimal; likewise ``metadata`` and ``snapshot``, all in the blobs.
        content: likewise, without time stamps.
        configuration: digest of those inputs that say how to build, rather than what of.
        outputs: what the build wrote into the project, by path, as file states.
        rewritten: those of the outputs that it wrote anew, though an earlier build had.
        blind: those that it wrote without having noticed whether they were there.
        edited: inputs that were edited while the hook ran.
        opaque: in mode ``traced``, why the whole tree counts beside what the hooks used.
        untraced: those of them that no program is the reason of: why the trace is not complete.
        extra_requires: what ``get_requires_for_build_wheel`` returned.
        folder: the project's folder; tells whose entry explains what has changed.
        out_dir: where the wheel went, relative to the folder; None if not below it.
        built_at: seconds since the epoch.
        seconds: how long the build took, its environment included.
    """

    key: Key | None
    tree: Key | None
    mode: Mode
    name: str
    version: str
    file: str
    sha256: str
    content: str
    metadata: str
    snapshot: str
    configuration: str
    outputs: Mapping[str, str]
    rewritten: tuple[str, ...]
    blind: tuple[str, ...]
    edited: tuple[str, ...]
    opaque: tuple[str, ...]
    untraced: tuple[str, ...]
    extra_requires: tuple[str, ...]
    folder: str
    out_dir: str | None
    built_at: float
    seconds: float


def seal(value: object) -> bytes:
    """JSON with a checksum before it. Names that are not UTF-8 survive as escaped surrogates."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text


def unseal(content: bytes) -> Any:
    """The value that was sealed.

    Raises:
        RecordError: if the content is not what was sealed.
    """
    checksum, _, text = content.partition(b"\n")
    if checksum != hashlib.sha256(text).hexdigest().encode("ascii"):
        message = "damaged"
        raise RecordError(message)
    return json.loads(text)


def entry_to_bytes(entry: Entry) -> bytes:
    """An entry as the content of its file."""
    fields = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    return seal({"schema": SCHEMA, **fields})


def entry_from_bytes(content: bytes) -> Entry:
    """Read an entry back.

    Raises:
        OtherVersion: if another version of lbuild wrote it.
        RecordError: if it is damaged, or not what this version writes.
    """
    fields = unseal(content)
    schema = fields.pop("schema", None) if isinstance(fields, dict) else None
    if schema != SCHEMA:
        message = f"schema {schema}, where this lbuild reads {SCHEMA}"
        raise OtherVersion(message)
    key, tree = _optional(fields, "key", str), _optional(fields, "tree", str)
    mode = _field(fields, "mode", str)
    outputs = _field(fields, "outputs", dict)
    if mode not in MODES or not _FILE.fullmatch(_field(fields, "file", str)):
        message = "not a record of lbuild's"
        raise RecordError(message)
    if not 0 <= _field(fields, "built_at", float) <= _LATEST:
        message = "built_at is no time"
        raise RecordError(message)
    for name in ("sha256", "metadata", "snapshot"):
        if not _SHA256.fullmatch(_field(fields, name, str)):
            message = f"{name} is no SHA-256"
            raise RecordError(message)
    return Entry(
        key=None if key is None else Key(key),
        tree=None if tree is None else Key(tree),
        mode=mode,
        name=_field(fields, "name", str),
        version=_field(fields, "version", str),
        file=fields["file"],
        sha256=fields["sha256"],
        content=_field(fields, "content", str),
        metadata=fields["metadata"],
        snapshot=fields["snapshot"],
        configuration=_field(fields, "configuration", str),
        outputs={str(path): str(state) for path, state in outputs.items()},
        rewritten=tuple(map(str, _field(fields, "rewritten", list))),
        blind=tuple(map(str, _field(fields, "blind", list))),
        edited=tuple(map(str, _field(fields, "edited", list))),
        opaque=tuple(map(str, _field(fields, "opaque", list))),
        untraced=tuple(map(str, _field(fields, "untraced", list))),
        extra_requires=tuple(map(str, _field(fields, "extra_requires", list))),
        folder=_field(fields, "folder", str),
        out_dir=_optional(fields, "out_dir", str),
        built_at=_field(fields, "built_at", float),
        seconds=_field(fields, "seconds", float),
    )


def snapshot_to_bytes(snapshot: Snapshot) -> bytes:
    """A snapshot as the content of a blob."""
    rows = [
        [
            thing.kind,
            thing.name,
            seen.state.presence,
            seen.state.detail,
            seen.source.how,
            seen.source.by,
        ]
        for thing, seen in sorted(snapshot.items())
    ]
    return json.dumps(rows, separators=(",", ":")).encode("ascii")


def snapshot_from_bytes(content: bytes) -> dict[Input, Observation]:
    """Read a snapshot back from a blob that was verified.

    Raises:
        RecordError: if it is none.
    """
    try:
        return {
            Input(kind, name): Observation(State(presence, detail), Source(how, by))
            for kind, name, presence, detail, how, by in json.loads(content)
            if kind in KINDS
        }
    except (ValueError, TypeError) as error:
        message = "not a snapshot of lbuild's"
        raise RecordError(message) from error


def _field(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = fields.get(name)
    if not isinstance(value, kind):
        message = f"{name} is no {kind.__name__}"
        raise RecordError(message)
    return value


def _optional(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    return None if fields.get(name) is None else _field(fields, name, kind)
