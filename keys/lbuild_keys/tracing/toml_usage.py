"""Whether a hook used pyproject.toml as a whole, or only its values; see ``backends.toml_use``."""

from collections.abc import Collection, Mapping

from lbuild_keys.backends import toml_use
from lbuild_keys.model import Input, Source
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
