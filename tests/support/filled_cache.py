"""Puts into a cache what builds put there, without a build."""

import contextlib
import hashlib
import time
from pathlib import Path
from typing import Any

from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.entry import snapshot_to_bytes
from lbuild_frontend.cache.store import Store
from lbuild_frontend.environments import contents, kept
from lbuild_frontend.environments.kept import EnvironmentRecord, RequestRecord
from lbuild_keys.model import Input, Snapshot, key_of
from support.strategies import entry, seen

HOOK = "build_wheel"
INPUTS: Snapshot = {Input("file", "a.py"): seen("one")}
REQUEST = "a" * 32


def publish(
    cache: Store,
    wheel: bytes = b"a wheel",
    *,
    metadata: bytes = b"Name: demo\n",
    inputs: Snapshot = INPUTS,
    identity: str = "demo",
    **changes: Any,
) -> Path:
    """Keep a result as the end of a build does; return the path of its entry."""
    with cache.exclusive(lambda _: None):
        blobs = {
            "sha256": cache.put_blob(wheel),
            "metadata": cache.put_blob(metadata),
            "snapshot": cache.put_blob(snapshot_to_bytes(inputs)),
        }
        one = entry(**({"key": key_of(inputs), **blobs} | changes))
        before = {stored.path for stored in cache.history(identity, HOOK).entries}
        cache.publish(identity, HOOK, one)
        after = {stored.path for stored in cache.history(identity, HOOK).entries}
    [path] = after - before
    return path


def environment_identity(python: str) -> str:
    """Of the environment that ``make_environment`` makes with this."""
    return hashlib.sha256(python.encode()).hexdigest()[:32]


def environment_record(folder: Path) -> EnvironmentRecord:
    """What is recorded of an environment, with a file as its interpreter."""
    installed = contents.installed(folder).identity
    return EnvironmentRecord(f"{folder.name}/bin/python", contents.digest(folder), installed)


def make_environment(cache: Store, request: str = REQUEST, python: str = "a python") -> Path:
    """Keep an environment as ``isolation`` does, with a file as its interpreter; return it."""
    bucket = kept.in_cache(cache.root)
    identity = environment_identity(python)
    with contextlib.ExitStack() as uses:
        folder = bucket.new_folder(uses)
        (folder / "bin").mkdir()
        (folder / "bin" / "python").write_text(python)
        with cache.exclusive(lambda _: None):
            bucket.write_record(identity, environment_record(folder))
            size_account.add(cache.root, contents.size(folder))
            bucket.write_request(request, RequestRecord(identity, time.time()))
    return folder
