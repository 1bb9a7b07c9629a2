"""Past builds in memory, and snapshots of files, for decisions without a cache or a project."""

from dataclasses import dataclass
from typing import Any

from lbuild_frontend.cache.entry import Entry, inputs_digest
from lbuild_keys.content import Content
from lbuild_keys.model import Input, Snapshot, State, key_of
from support.strategies import entry, seen

HERE, ELSEWHERE = "/home/ada/demo", "/home/ada/clone"


def files(**states: str | State) -> dict[Input, Any]:
    """A snapshot of files whose names are given with ``_`` for the last dot."""
    return {
        Input("file", ".".join(name.rsplit("_", 1))): seen(state) for name, state in states.items()
    }


@dataclass
class PastBuild:
    """A past build in memory; its snapshot or its result may be missing (None) or damaged."""

    name: str
    entry: Entry
    snapshot: Snapshot | Exception
    result: bytes | Exception | None

    def read_snapshot(self) -> Snapshot:
        if isinstance(self.snapshot, Exception):
            raise self.snapshot
        return self.snapshot

    def read_result(self) -> Content | None:
        if isinstance(self.result, Exception):
            raise self.result
        return None if self.result is None else Content.of(self.result)


Builds = list[PastBuild]


def publish(builds: Builds, inputs: Snapshot, wheel: bytes = b"wheel", **changes: Any) -> Entry:
    """Record what a build of these inputs gave."""
    fields: dict[str, Any] = {
        "key": key_of(inputs),
        "tree": key_of(inputs),
        "sha256": wheel.hex(),
        "snapshot": str(key_of(inputs)),
        "inputs": inputs_digest(inputs),
        "folder": HERE,
    }
    one = entry(**(fields | changes))
    builds.append(PastBuild(f"{len(builds)}.json", one, inputs, wheel))
    return one
