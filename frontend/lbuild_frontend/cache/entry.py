"""One cached result as bytes: the entry, and the snapshot that it was built from."""

import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.sealed import (
    OtherVersionError,
    RecordError,
    from_fields,
    seal,
    unseal,
)
from lbuild_frontend.model import hook as hooks
from lbuild_keys.model import KINDS, Input, Key, Mode, Observation, Snapshot, Source, State
from lbuild_keys.snapshots.folded import (
    FOLDED_KINDS,
    NO_KEY_VERSION,
    Block,
    FoldedSnapshot,
    fold,
)

SCHEMA = 4
"""Raised when a record is no longer what an older lbuild wrote."""

_SHA256 = re.compile(buckets.SHA256)
_KINDS = frozenset(KINDS)
_LATEST = 1e11
"""Seconds since the epoch; the functions of ``time`` refuse much larger numbers."""

_FILE = re.compile("|".join(hook.file for hook in hooks.ALL.values()))


class Entry(NamedTuple):
    """One cached result of a hook: a wheel, the metadata that it would have, or requirements.

    Attributes:
        key: of the snapshot it was built from; None if it must not be reused.
        tree: in mode ``declared``, the key that mode ``tree`` would have given: another folder may
            reuse the entry only if its whole tree is the same.
        name: of the project; empty while it is not known, in an entry of requirements.
        file: the result's name; ``METADATA`` for metadata, ``REQUIRES`` for what the backend
            requires.
        sha256: of the result, hexadecimal, and the name of its blob; so with ``metadata`` and
            ``snapshot``.
        content: SHA-256 of what the result holds, without time stamps.
        inputs: digest of the inputs without their states.
        configuration: digest of those inputs that configure the build.
        outputs: what the build wrote into the project, by path, as file states.
        rewritten: those of the outputs that it wrote again, though an earlier build had.
        blind: those that it wrote without having looked whether they were there.
        edited: inputs that were edited while the hook ran.
        appeared: files that appeared while programs ran, by path, as file states; None in records
            of an older lbuild.
        opaque: in mode ``traced``, why the whole tree counts beside what the hooks used.
        untraced: those of these reasons that are not programs: why the trace is not complete.
        followed: which programs and libraries it used whose accesses are all known.
        extra_requires: what ``get_requires_for_build_wheel`` returned.
        folder: the project's folder; its own last entry explains what has changed.
        out_dir: where the wheel was put, relative to the folder; None if not below it.
        built_at: seconds since the epoch.
        seconds: how long the build took, its environment included.
        because: why it was built, as sentences, the first of many; None in records of an older
            lbuild. For people only: it decides nothing.
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
    inputs: str
    configuration: str
    outputs: Mapping[str, str]
    rewritten: tuple[str, ...]
    blind: tuple[str, ...]
    edited: tuple[str, ...]
    appeared: Mapping[str, str] | None
    opaque: tuple[str, ...]
    untraced: tuple[str, ...]
    followed: tuple[str, ...]
    extra_requires: tuple[str, ...]
    folder: str
    out_dir: str | None
    built_at: float
    seconds: float
    because: tuple[str, ...] | None = None


def entry_to_bytes(entry: Entry) -> bytes:
    """Write an entry as the content of its file."""
    return seal({"schema": SCHEMA, **entry._asdict()})


@functools.lru_cache(maxsize=1024)
def entry_from_bytes(content: bytes) -> Entry:
    """Read an entry back. A build reads all entries of a project several times.

    Raises:
        OtherVersionError: if another version of lbuild wrote it.
        RecordError: if it is damaged, or not what this version writes.
    """
    fields = unseal(content)
    schema = fields.pop("schema", None) if isinstance(fields, dict) else None
    if schema != SCHEMA:
        message = f"schema version {schema}; this lbuild reads version {SCHEMA}"
        raise OtherVersionError(message, is_older=isinstance(schema, int) and schema < SCHEMA)
    entry = from_fields(Entry, fields)
    if not _FILE.fullmatch(entry.file):
        message = "not a record written by lbuild"
        raise RecordError(message)
    if not 0 <= entry.built_at <= _LATEST:
        message = "built_at is not a time"
        raise RecordError(message)
    for name in ("sha256", "metadata", "snapshot", "inputs"):
        if not _SHA256.fullmatch(getattr(entry, name)):
            message = f"{name} is not a SHA-256 digest"
            raise RecordError(message)
    return entry


def snapshot_to_bytes(snapshot: Snapshot) -> bytes:
    """Write a snapshot as the content of a blob: equal ones have equal bytes."""
    folded = fold(snapshot)
    value = {
        "key_version": folded.key_version,
        "sources": folded.sources,
        "folders": folded.folders,
        "rest": [
            [
                thing.kind,
                thing.name,
                seen.state.presence,
                seen.state.detail,
                seen.source.how,
                seen.source.by,
            ]
            for thing, seen in sorted(folded.rest.items())
        ],
    }
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode("ascii")


def inputs_digest(snapshot: Snapshot) -> str:
    """Digest the inputs of a snapshot with their sources, but without their states.

    It serves to compare few of many builds. So names do not count that each build makes up anew,
    and that were gone after it.
    """
    folded = fold(snapshot)
    names = {
        folder: [
            [kind, source, [] if kind == "listing" else sorted(filter(_counts(states), states))]
            for kind, source, states in blocks
        ]
        for folder, blocks in folded.folders.items()
    }
    rest = [[*thing, *seen.source] for thing, seen in sorted(folded.rest.items())]
    text = json.dumps([folded.sources, names, rest], sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _counts(states: Mapping[str, str]) -> Callable[[str], bool]:
    from lbuild_keys.observe import temporary  # a hit does not need it

    return lambda name: bool(states[name]) or not temporary.is_temporary(name)


def snapshot_from_bytes(content: bytes) -> FoldedSnapshot:
    """Read a snapshot back from a blob that was verified.

    Raises:
        RecordError: if it is not the content of a snapshot.
    """
    try:
        value = json.loads(content)
        sources = [Source(how, by) for how, by in value["sources"]]
        source = functools.cache(Source)
        knows_all = _KINDS.issuperset(kind for kind, *_ in value["rest"])
        return FoldedSnapshot(
            # What is left out below cannot be compared, so such a snapshot must never be the same.
            value["key_version"] if knows_all else NO_KEY_VERSION,
            sources,
            {
                folder: [_block(len(sources), *block) for block in blocks]
                for folder, blocks in value["folders"].items()
            },
            {
                Input(kind, name): Observation(State(presence, detail), source(how, by))
                for kind, name, presence, detail, how, by in value["rest"]
                if kind in _KINDS
            },
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = "not a snapshot written by lbuild"
        raise RecordError(message) from error


def _block(sources: int, kind: Any, source: Any, states: Any) -> Block:
    if kind not in FOLDED_KINDS or source not in range(sources):
        raise ValueError
    if not {str}.issuperset(map(type, states.values())):
        raise TypeError
    return Block(kind, source, states)
