"""Caches of lbuild in states that take long to come about by themselves."""

import hashlib
import shutil
from pathlib import Path

from lbuild_frontend.cache import buckets
from lbuild_frontend.cache.entry import inputs_digest, snapshot_from_bytes, snapshot_to_bytes
from lbuild_frontend.cache.store import Store
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
