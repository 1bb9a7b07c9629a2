"""The values that decisions are made of, as Hypothesis draws them and as tests write them."""

import os
from typing import Any, cast, get_args

from hypothesis import strategies as st

from lbuild_frontend.cache.entry import Entry
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import (
    ABSENT,
    KINDS,
    Input,
    Key,
    Kind,
    Observation,
    Snapshot,
    Source,
    State,
    declared,
    present,
    unreadable,
)
from lbuild_keys.observe import listings as listing
from lbuild_keys.observe.env_vars import observe_matching

DIGEST = "0123456789abcdef" * 4

texts = st.text(max_size=8)
names = st.one_of(texts, st.binary(max_size=8).map(os.fsdecode))
"""Names as files have them: some are not UTF-8, and arrive with lone surrogates."""

inputs = st.builds(Input, st.sampled_from(KINDS), names)
present_states = st.builds(present, names)
known_states = st.one_of(st.just(ABSENT), present_states)
states = st.one_of(known_states, st.builds(unreadable, texts))
types = st.sampled_from(["file", "directory", "special file", "link to file", "link to directory"])
listings = st.dictionaries(names.filter(bool), types, max_size=4).map(
    lambda rows: listing.state_of(rows.items())
)
environments = st.dictionaries(st.sampled_from(["A", "B", "C"]), texts, min_size=1, max_size=3)
together_states = environments.map(lambda environ: observe_matching("*", environ, b"secret"))
sources = st.builds(Source, st.sampled_from(["declared", "traced"]), texts)


def snapshots_of(
    *kinds: Kind,
    names: st.SearchStrategy[str] = names,
    known: bool = False,
    max_size: int = 6,
) -> st.SearchStrategy[Snapshot]:
    """Snapshots of some kinds of inputs, each in a state that its kind can have."""

    @st.composite
    def rows(draw: st.DrawFn) -> tuple[Input, Observation]:
        kind = draw(st.sampled_from(kinds or KINDS))
        thing = Input(kind, draw(names | st.just("*") if kind == "environment" else names))
        state = draw(known_states if known else states)
        if thing.kind == "listing" and state.presence == "present":
            state = draw(listings | st.just(present("no directory")))
        elif thing.kind == "environment" and thing.name.endswith("*"):
            state = draw(together_states)
        return thing, Observation(state, draw(sources))

    return st.lists(rows(), max_size=max_size).map(dict)


known_snapshots = snapshots_of(known=True)
snapshots = snapshots_of()


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    """Reasons of all kinds, each with anything in its fields."""
    kind = draw(st.sampled_from(get_args(Reason)))
    fields = {name: draw(states if name in ("old", "new") else names) for name in kind._fields}
    return cast("Reason", kind(**fields))


A_TEST = declared("a test")


def seen(state: State | str, source: Source = A_TEST) -> Observation:
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
        "file": "demo-0.1.0-py3-none-any.whl",
        "sha256": DIGEST,
        "content": DIGEST,
        "metadata": DIGEST,
        "snapshot": DIGEST,
        "inputs": DIGEST,
        "configuration": DIGEST,
        "outputs": {},
        "rewritten": (),
        "blind": (),
        "edited": (),
        "appeared": {},
        "opaque": (),
        "untraced": (),
        "followed": (),
        "extra_requires": (),
        "folder": "/home/ada/demo",
        "out_dir": "dist",
        "built_at": 1_700_000_000.5,
        "seconds": 0.25,
        "because": ("src/a.py changed.",),
    }
    return Entry(**(fields | changes))
