"""The values that decisions are made of, as Hypothesis draws them and as tests write them."""

import os
from typing import Any

from hypothesis import strategies as st

from lbuild_frontend.record import Entry
from lbuild_keys.model import (
    ABSENT,
    KINDS,
    Input,
    Key,
    Observation,
    Snapshot,
    State,
    present,
    unreadable,
)

DIGEST = "0123456789abcdef" * 4

texts = st.text(max_size=8)
names = st.one_of(texts, st.binary(max_size=8).map(os.fsdecode))
"""Names as files have them: some are not UTF-8, and arrive with lone surrogates."""

inputs = st.builds(Input, st.sampled_from(KINDS), names)
present_states = st.builds(present, names)
known_states = st.one_of(st.just(ABSENT), present_states)
states = st.one_of(known_states, st.builds(unreadable, texts))
sources = texts.map(lambda text: f"declared: {text}")


def _snapshots(of: st.SearchStrategy[State]) -> st.SearchStrategy[Snapshot]:
    return st.dictionaries(inputs, st.builds(Observation, of, sources), max_size=6)


known_snapshots = _snapshots(known_states)
snapshots = _snapshots(states)


def seen(state: State | str, source: str = "declared: a test") -> Observation:
    """An observation; of something present where only its detail is given."""
    return Observation(present(state) if isinstance(state, str) else state, source)


def entry(**changes: Any) -> Entry:
    """An entry as a build in mode ``tree`` leaves it, but for the changes."""
    fields: dict[str, Any] = {
        "key": Key("1" * 64),
        "tree": Key("1" * 64),
        "mode": "tree",
        "name": "demo",
        "version": "0.1.0",
        "wheel": "demo-0.1.0-py3-none-any.whl",
        "sha256": DIGEST,
        "content": DIGEST,
        "metadata": DIGEST,
        "snapshot": DIGEST,
        "configuration": DIGEST,
        "outputs": {},
        "rewritten": (),
        "edited": (),
        "extra_requires": (),
        "folder": "/home/ada/demo",
        "out_dir": "dist",
        "built_at": 1_700_000_000.5,
        "seconds": 0.25,
    }
    return Entry(**(fields | changes))
