"""What a hook used only in part: pyproject.toml, names in a folder, an ``*.egg-info``."""

from collections.abc import Collection, Iterator, Mapping

from lbuild_keys.backends import toml_use
from lbuild_keys.model import Input, Source
from lbuild_keys.observe import egg_info, listings
from lbuild_keys.tracing.input_names import InputNamer
from lbuild_keys.tracing.trace import Trace


def only_used_tables(
    inputs: Mapping[Input, Source],
    trace: Trace,
    hook: str,
    namer: InputNamer,
    imported: Collection[str],
) -> dict[Input, Source]:
    """Replace pyproject.toml by its values among the inputs of a hook, if that only parsed it.

    Args:
        inputs: what the hook used.
        trace: of the hook, which ran nothing that the trace does not see into.
        hook: its name.
        namer: gives names to the paths in the trace.
        imported: what the hook ran of the project.
    """
    whole, values = Input("file", toml_use.FILE), Input("toml-tables", toml_use.FILE)
    paths = [
        path
        for access, path in trace.accesses
        if access == "read" and path.endswith(f"/{toml_use.FILE}")
        if namer.name_of(path, namer.resolve(path)) == toml_use.FILE
    ]
    readers = {reader for path in paths for reader in trace.readers.get(path, ("unknown",))}
    read = {thing.name for thing in inputs if thing.kind == "file"}
    if imported or not toml_use.is_only_parsed(hook, readers, read):
        return dict(inputs)
    return {values if thing == whole else thing: why for thing, why in inputs.items()}


def only_used_names(
    inputs: Mapping[Input, Source], trace: Trace, namer: InputNamer
) -> dict[Input, Source]:
    """Replace each folder in the project of which only some names were used by these names."""
    listed: dict[str, list[str]] = {}
    for access, path in trace.accesses:
        if access == "listed":
            listed.setdefault(namer.name_of(path, namer.resolve(path)), []).append(path)
    return {
        part: why for thing, why in inputs.items() for part in _parts(thing, trace.wanted, listed)
    }


def _parts(
    thing: Input, wanted: Mapping[str, Collection[str]], listed: Mapping[str, Collection[str]]
) -> Iterator[Input]:
    patterns = {one for path in listed.get(thing.name, ()) for one in wanted.get(path, ("re:(",))}
    if (
        thing.kind != "listing"
        or not patterns
        or thing.name.startswith(("/", "../"))
        or not all(map(listings.is_pattern, patterns))
    ):
        yield thing
    else:
        yield from (Input("listing", listings.join(thing.name, one)) for one in patterns)


def only_new_sources(
    inputs: Mapping[Input, Source], trace: Trace, namer: InputNamer
) -> dict[Input, Source]:
    """Replace each ``*.egg-info`` that was not there by what it would have to name to be used."""
    named = {namer.name_of(path, path): sources for path, sources in trace.egg_infos.items()}
    return {
        Input("egg-info", egg_info.join(thing.name, named[thing.name]))
        if thing.kind == "path" and thing.name in named
        else thing: why
        for thing, why in inputs.items()
    }
