"""Caches of lbuild in states that take long to come about by themselves."""

import hashlib
import marshal
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lbuild_frontend import replay
from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.entry import inputs_digest, snapshot_from_bytes, snapshot_to_bytes
from lbuild_frontend.cache.store import Store
from lbuild_frontend.model.replay_record import Layout, Record
from lbuild_keys.model import Observation, Snapshot, key_of, present

_HOOK = "build_wheel"


def crowd(cache: Path, identity: str, file: str, count: int) -> None:
    """Add entries to the cache of a project that was built, as if a file had been edited often.

    Args:
        identity: the project's normalised name.
        file: a file that its build read, relative to the project.
    """
    store = _store(cache)
    base = store.history(identity, _HOOK).entries[-1]
    snapshot = dict(_snapshot(store, base.entry.snapshot))
    [thing] = (one for one in snapshot if (one.kind, one.name) == ("file", file))
    source = snapshot[thing].source
    for number in range(count):
        state = present(hashlib.sha256(b"%d" % number).hexdigest())
        snapshot[thing] = Observation(state, source)
        key = key_of(snapshot)
        blob = store.put_blob(snapshot_to_bytes(snapshot))
        other = base.entry._replace(
            key=key, tree=key, snapshot=blob, inputs=inputs_digest(snapshot)
        )
        store.publish(identity, _HOOK, other)
    store.mark_used(base)


def files_read(cache: Path) -> list[str]:
    """The files whose content is an input of the last build, relative to the one project."""
    store = _store(cache)
    [identity] = (folder.name for folder in (cache / buckets.ENTRIES.name).iterdir())
    last = store.history(identity, _HOOK).entries[-1].entry
    return sorted(
        thing.name
        for thing, seen in _snapshot(store, last.snapshot).items()
        if thing.kind == "file" and seen.state.presence == "present"
    )


def files_replayed(cache: Path) -> list[str]:
    """The paths that are looked at to replay what a command printed, of the largest such record."""
    found: list[str] = []
    for file in (cache / buckets.REPLAYS.name).iterdir():
        record: Record | None = replay.unsealed(file.read_bytes())
        if record is not None and record["no_op"] is not None:
            layouts = (record["lbuild"], record["no_op"]["layout"])
            found = max(found, [path for layout in layouts for path in _paths(layout)], key=len)
    return found


def _paths(layout: Layout) -> Iterator[str]:
    for block in layout["files"]:
        for folder, names, _mark in marshal.loads(block):  # noqa: S302  lbuild wrote it just now
            yield from (os.fsdecode(b"%b/%b" % (folder, name)) for name in names)
    yield from (path for path, _ in (*layout["followed"], *layout["places"]))
    yield from (*layout["absent"], *layout["dangling"])


def forget_looks(cache: Path) -> None:
    """Take away what lbuild remembers of the files of a machine, as on another machine."""
    for bucket in (buckets.REPLAYS, buckets.DIGESTS):
        shutil.rmtree(cache / bucket.name, ignore_errors=True)


def _store(cache: Path) -> Store:
    return Store(cache, (cache / "secret").read_bytes())


def _snapshot(store: Store, blob: str) -> Snapshot:
    content = store.blob(blob)
    if content is None:
        raise FileNotFoundError(store.blob_path(blob))
    return snapshot_from_bytes(content)
