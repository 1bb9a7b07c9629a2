"""Moments at which things are as a test says, so that decisions can be had without a project."""

from lbuild_keys.model import ABSENT, Input, Mode, Snapshot, State
from lbuild_keys.snapshots.observer import Observer


class FixedObserver(Observer):
    """A moment at which things are as they are told, and nothing else is there.

    What a build looks at is the same in each mode, or ``tree`` in that one; it may not be looked at
    otherwise.
    """

    def __init__(
        self,
        looked_at: Snapshot,
        tree: Snapshot | None = None,
        states: dict[Input, State] | None = None,
    ) -> None:
        super().__init__(project=None, context=None, digests=None)  # none of them is looked at
        self._looked_at, self._tree, self._states = looked_at, tree, states or {}

    def _snapshot(self, mode: Mode) -> Snapshot:
        if mode == "tree" and self._tree is not None:
            return self._tree
        return self._looked_at

    def _observe(self, thing: Input) -> State:
        known = self._looked_at.get(thing) or (self._tree or {}).get(thing)
        return known.state if known else self._states.get(thing, ABSENT)
