"""An observer that sees what a test gives it, so that a decision needs no project."""

from pathlib import Path
from types import SimpleNamespace

from lbuild_keys.model import ABSENT, Input, Mode, Snapshot, State
from lbuild_keys.snapshots.observer import Observer


class FixedObserver(Observer):
    """Sees the states that it is given, and nothing else.

    Attributes:
        looked_at: what a build looks at, in each mode.
        tree: what it looks at in mode ``tree``, where that differs.
        states: the states of other inputs; those that are not in it are absent.
    """

    def __init__(
        self,
        looked_at: Snapshot,
        tree: Snapshot | None = None,
        states: dict[Input, State] | None = None,
    ) -> None:
        # Nothing else of them is looked at.
        project = SimpleNamespace(
            removable=frozenset,
            made=frozenset(),
            made_by_other_hooks=frozenset,
            root=Path("/"),
            may_leave_out=bool,
        )
        context = SimpleNamespace(needs_outputs=False)
        super().__init__(project=project, context=context, digests=None)
        self._looked_at, self._tree, self._states = looked_at, tree, states or {}

    def _snapshot(self, mode: Mode) -> Snapshot:
        if mode == "tree" and self._tree is not None:
            return self._tree
        return self._looked_at

    def _members_of(self, _extra_requires: tuple[str, ...]) -> Snapshot:
        return {}

    def _observe(self, thing: Input) -> State:
        known = self._looked_at.get(thing) or (self._tree or {}).get(thing)
        return known.state if known else self._states.get(thing, ABSENT)
