"""What the commands on the cache found or did -> text and JSON. Decides nothing."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.cache.entry import Entry
from lbuild_frontend.cache.store import StoredEntry
from lbuild_frontend.maintenance.info import Info
from lbuild_frontend.maintenance.inventory import Item, Kind
from lbuild_frontend.maintenance.removal import Removed
from lbuild_frontend.maintenance.verify import Damage, Verified
from lbuild_frontend.model.hook import WHEEL_SUFFIX
from lbuild_frontend.output import table
from lbuild_frontend.output.formats import counted, iso, moment
from lbuild_frontend.output.look import PLAIN, Look
from lbuild_keys.config.sizes import format_size

if TYPE_CHECKING:
    from lbuild_frontend.output.cache_rows import (
        CacheDamageRow,
        CacheInfoRow,
        CacheListRow,
        CacheRemovedRow,
    )


def info(known: Info, look: Look = PLAIN) -> list[str]:
    """Write the lines of ``cache info``."""
    found = known.found
    entries = found.results
    projects = len({item.project for item in entries})
    most = (
        "without a limit" if known.bounds.size is None else f"of {format_size(known.bounds.size)}"
    )
    asked = known.hits + known.misses
    share = f"{100 * known.hits // asked} % of {counted(asked, 'request')}" if asked else ""
    rows = [
        ("location", os.fspath(known.root), ""),
        ("size", format_size(found.size), most),
        ("entries", str(len(entries)), f"of {counted(projects, 'project')}"),
        ("hits", str(known.hits), share),
        ("misses", str(known.misses), ""),
    ]
    buckets = [
        (name, format_size(size), counted(count, "file"))
        for name, (count, size) in sorted(found.files.items())
        if name and count
    ]
    styles = (look.cyan,)
    lines = table.lines([row for row in rows if row[1]], _WIDEST, look, beside=2, styles=styles)
    if buckets:
        lines += ["", *table.lines(buckets, _WIDEST, look, beside=2, styles=styles)]
    foreign = sum(1 for item in found.items if item.is_foreign)
    going = _kinds(known.going)
    size = format_size(sum(item.size for item in known.going))
    newer = [item.path.name for item in found.of("newer")]
    notes = []
    if going:
        notes.append(f"lbuild cache prune would free {size}: {_listed(going)}")
    if foreign:
        notes.append(f"{counted(foreign, 'entry')} of another version of lbuild, kept")
    notes += map(_left_alone, newer)
    return [*lines, *[""] * bool(notes), *map(look.fold, notes)]


_WIDEST = (15, 14)


def info_row(known: Info) -> "CacheInfoRow":
    """Return the object of ``cache info --json``."""
    entries = known.found.results
    return {
        "dir": os.fspath(known.root),
        "size": known.found.size,
        "limit": known.bounds.size,
        "generations": known.bounds.generations,
        "entries": len(entries),
        "projects": len({item.project for item in entries}),
        "hits": known.hits,
        "misses": known.misses,
        "buckets": {
            name: {"files": count, "size": size}
            for name, (count, size) in sorted(known.found.files.items())
            if name
        },
        "prunable": {"items": _kinds(known.going), "size": sum(item.size for item in known.going)},
        "other_versions": [os.fspath(item.path) for item in known.found.foreign],
    }


def listing(items: Iterable[Item], sizes: Mapping[str, int], look: Look = PLAIN) -> list[str]:
    """Write the lines of ``cache list``, an entry each unless that is wider than the stream.

    Args:
        sizes: of blobs, in bytes, by digest.
    """
    rows = [
        (
            f"{one.entry.name} {one.entry.version}",
            _tag(one.entry),
            format_size(sizes.get(one.entry.sha256, 0)),
            f"built {moment(one.entry.built_at)}",
            f"used {moment(item.used_at)}",
            one.entry.folder,
        )
        for item in items
        for one in (item.stored,)
        if one
    ]
    widest = (40, 30, 10, 22, 21)
    lines = table.lines(rows, widest, look, beside=2, styles=(look.bold,))
    return [line[2:] for line in lines]


def listing_row(item: Item, stored: StoredEntry, sizes: Mapping[str, int]) -> "CacheListRow":
    """Return an object of ``cache list --json``."""
    entry = stored.entry
    return {
        "name": entry.name,
        "version": entry.version,
        "hook": item.path.parent.name,
        "tag": _tag(entry),
        "file": entry.file,
        "size": sizes.get(entry.sha256, 0),
        "sha256": entry.sha256,
        "key": entry.key,
        "inputs": entry.mode,
        "built": iso(entry.built_at),
        "used": iso(item.used_at),
        "project": entry.folder,
        "because": None if entry.because is None else [*entry.because],
    }


def removed(result: Removed) -> list[str]:
    """Write the lines of the commands that remove something."""
    lines = [f"{path}: cannot be removed ({why})" for path, why in result.failed]
    lines += [f"{path}: in use, kept" for path in result.in_use]
    lines += map(_left_alone, result.foreign)
    if not result.counts:
        return [
            *lines,
            "nothing was removed" if result.failed or result.in_use else "nothing to remove",
        ]
    return [*lines, f"removed {_listed(result.counts)}, {format_size(result.size)}"]


def removed_row(root: Path, result: Removed) -> "CacheRemovedRow":
    """Return the object of these commands with ``--json``."""
    return {
        "dir": os.fspath(root),
        "removed": dict(result.counts),
        "size": result.size,
        "in_use": [os.fspath(path) for path in result.in_use],
        "other_versions": [os.fspath(path) for path in result.foreign],
        "stuck": [{"path": os.fspath(path), "problem": why} for path, why in result.failed],
    }


def verified(result: Verified) -> list[str]:
    """Write the lines of ``cache verify``."""
    lines = [
        f"{one.path}: {one.problem}; {'removed' if one.is_removed else 'it cannot be removed'}"
        for one in result.damages
    ]
    lines += map(_left_alone, result.foreign)
    found = counted(len(result.damages), "problem") if result.damages else "nothing is damaged"
    return [
        *lines,
        f"verified {counted(result.files, 'file')}, {format_size(result.size)}: {found}",
    ]


def verified_rows(result: Verified) -> list[Mapping[str, object]]:
    """Return the objects of ``cache verify --json``."""
    return [_damage_row(one) for one in result.damages]


def _damage_row(one: Damage) -> "CacheDamageRow":
    return {"path": os.fspath(one.path), "problem": one.problem, "removed": one.is_removed}


def _tag(entry: Entry) -> str:
    """Return the compatibility tag of a wheel; for other results, what they are."""
    stem, dot, _ = entry.file.rpartition(WHEEL_SUFFIX)
    return "-".join(stem.split("-")[-3:]) if dot else entry.file.lower()


def _kinds(items: Iterable[Item]) -> dict[Kind, int]:
    return dict(Counter(item.counted_as for item in items))


def _left_alone(what: object) -> str:
    return f"{what}: of another version of lbuild, kept"


def _listed(counts: Mapping[Kind, int]) -> str:
    parts = [counted(count, _WORDS[kind]) for kind, count in counts.items()]
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


_WORDS: Mapping[Kind, str] = {
    "entry": "entry",
    "blob": "blob",
    "environment": "build environment",
    "record": "record",
    "leftover": "leftover",
    "bucket": "old bucket",
    "count": "counter",
    "own": "file",
    "newer": "newer bucket",
}
