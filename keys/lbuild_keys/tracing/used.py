"""What hooks used and wrote, as a value; what two of them used together."""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lbuild_keys.model import Input, Source
from lbuild_keys.observe import listings
from lbuild_keys.observe.files import Signature


class Usage(NamedTuple):
    """What one or more hooks used, and what they wrote.

    Attributes:
        inputs: each with its source.
        imported: names of what was read in order to run it.
        written: names, as inputs have them, of what was created, changed or removed.
        overwritten: those of ``written`` whose content no hook read before it wrote.
        blind: those of ``overwritten`` of which no hook noticed before whether they existed.
        found: names of what existed when a hook read it or looked at it.
        missed: names of what did not exist whenever a hook looked.
        opaque: which programs and libraries the trace does not see into, each as a clause; then
            the whole tree counts.
        untraced: why the trace itself is not complete, each as a clause; likewise.
        followed: which programs and libraries would be opaque, if what they do had not been seen.
        put_back: what of ``written`` was put back afterwards: it is as it was before the hooks.
    """

    inputs: Mapping[Input, Source]
    imported: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
    overwritten: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    untraced: tuple[str, ...] = ()
    followed: tuple[str, ...] = ()
    put_back: Mapping[str, Signature | None] = {}


PutBack = dict[str, Signature | None]
"""Names of what was put back, with the stat signatures that it then had."""


def merge(first: Usage, second: Usage) -> Usage:
    """Merge what two hooks used, of which the second ran after the first.

    What the first one wrote is no input of the second. Of two sources of an input the first counts.
    What one of them read need not have been looked at by the other: its state says more.
    """
    results = first.overwritten
    inputs = {thing: why for thing, why in second.inputs.items() if thing.name not in results}
    inputs |= first.inputs
    read = {thing.name for thing in first.inputs if thing.kind == "file"}
    return Usage(
        inputs={
            thing: why
            for thing, why in inputs.items()
            if thing.kind != "path" or Input("file", thing.name) not in inputs
        },
        imported=first.imported | second.imported,
        written=first.written | second.written,
        overwritten=first.overwritten | (second.overwritten - read),
        found=first.found | second.found,
        missed=_missed_by_both(first, second),
        blind=first.blind | second.blind if _are_blind(first, second) else frozenset(),
        opaque=tuple(dict.fromkeys((*first.opaque, *second.opaque))),
        untraced=tuple(dict.fromkeys((*first.untraced, *second.untraced))),
        followed=tuple(dict.fromkeys((*first.followed, *second.followed))),
        put_back={**first.put_back, **second.put_back},
    )


def _missed_by_both(first: Usage, second: Usage) -> frozenset[str]:
    """Return what no hook found. What one of them used without a trace of this build is unknown."""
    unknown = {
        thing.name
        for used in (first, second)
        for thing in used.inputs
        if thing.name not in used.missed
    }
    return (first.missed | second.missed) - first.found - second.found - unknown


def _are_blind(first: Usage, second: Usage) -> bool:
    """Whether two hooks wrote all that they wrote without having noticed what was there."""
    written = inside(second.written)
    listed = {listings.folder_of(thing.name) for thing in first.inputs if thing.kind == "listing"}
    noticed = {
        name
        for name in written
        if not first.inputs.keys().isdisjoint((Input("file", name), Input("path", name)))
        or not listed.isdisjoint((name, os.path.dirname(name) or "."))
    }
    return not noticed and inside(first.written) == first.blind and written == second.blind


def inside(names: Iterable[str]) -> frozenset[str]:
    """Return those of some names that are in the project."""
    return frozenset(name for name in names if not name.startswith(("/", "../")))
