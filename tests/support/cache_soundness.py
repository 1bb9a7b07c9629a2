"""Checks that a cache is sound and has no leftovers, without the code of lbuild."""

import json
import re
from pathlib import Path
from typing import Any

from support.command import Lbuild

_ALWAYS = re.compile(
    r"CACHEDIR\.TAG|README|secret|counts-v1/(hits|misses|size\.json)"
    r"|(digests-v2|products-v1)/[0-9a-f]{32}\.json|replays-v1/[0-9a-f]{32}"
    r"|logs-v1/[a-z0-9_-]+\.log|commands-v1/[0-9a-f]{32}/[0-9a-f]{32}"
    r"|entries-v1/[a-z0-9-]+/\w+/[0-9]{20}-[\w-]+\.json"
)
_ENVIRONMENTS = "environments-v1/"


def require_sound(lbuild: Lbuild) -> None:
    """Fail the test if anything in the cache is damaged, or if ``prune`` leaves a leftover."""
    lbuild("cache", "verify")
    lbuild("cache", "prune")
    assert unreferenced_files(lbuild.cache) == []


def unreferenced_files(cache: Path) -> list[str]:
    """The paths of files in a cache that nothing leads to."""
    files = {
        path.relative_to(cache).as_posix()
        for path in cache.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    named: set[str] = set()
    for path in cache.glob("entries-v1/*/*/*.json"):
        entry = _read_record(path)
        for sha256 in (entry["sha256"], entry["metadata"], entry["snapshot"]):
            named.add(f"blobs-v1/{sha256[:2]}/{sha256}")
    folders = set()
    for request in cache.glob("environments-v1/requests/*.json"):
        record = cache / "environments-v1/records" / f"{_read_record(request)['environment']}.json"
        named |= {path.relative_to(cache).as_posix() for path in (request, record)}
        folder = _read_record(record)["python"].partition("/")[0]
        folders.add(f"{_ENVIRONMENTS}{folder}")
        named.add(f"{_ENVIRONMENTS}bytecode/{folder}.json")
    # One that is empty has no file by which it would be found.
    files |= {path.relative_to(cache).as_posix() for path in cache.glob("environments-v1/env-*")}
    return sorted(
        file
        for file in files - named
        if not _ALWAYS.fullmatch(file) and "/".join(file.split("/")[:2]) not in folders
    )


def _read_record(record: Path) -> Any:
    return json.loads(record.read_bytes().partition(b"\n")[2])
