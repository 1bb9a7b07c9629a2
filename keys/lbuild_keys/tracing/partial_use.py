"""What a hook used only in part.

That is pyproject.toml, names in a folder, an ``*.egg-info``, what setuptools finds for an sdist.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from lbuild_keys.backends import listed_names, toml_use
from lbuild_keys.model import Input, Source
from lbuild_keys.observe import egg_info, listings
from lbuild_keys.tracing.input_names import InputNamer
from lbuild_keys.tracing.large_reads import SCRIPTS
from lbuild_keys.tracing.trace import ManifestUse, Trace


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
    inputs: Mapping[Input, Source],
    trace: Trace,
    namer: InputNamer,
    manifest: ManifestUse | None = None,
) -> dict[Input, Source]:
    """Replace each folder in the project of which only some names were used by these names.

    Args:
        inputs: what the hook used.
        trace: of the hook.
        namer: gives names to the paths in the trace.
        manifest: those of the accesses that do not count.
    """
    listed: dict[str, list[str]] = {}
    for access, path in trace.accesses:
        if access == "listed" and (manifest is None or (access, path) not in manifest.accesses):
            listed.setdefault(namer.name_of(path, namer.resolve(path)), []).append(path)
    wanted = trace.wanted if manifest is None else manifest.wanted
    found: dict[Input, Source] = {}
    for thing, why in inputs.items():
        if thing.kind != "listing":
            found[thing] = why
        else:
            found |= dict.fromkeys(_parts(thing, wanted, listed), why)
    return found


def _parts(
    thing: Input, wanted: Mapping[str, Collection[str]], listed: Mapping[str, Collection[str]]
) -> Iterator[Input]:
    """Yield a listing, or what of it was used."""
    patterns = {one for path in listed.get(thing.name, ()) for one in wanted.get(path, ("re:(",))}
    if (
        not patterns
        or thing.name.startswith(("/", "../"))
        or not all(map(listings.is_pattern, patterns))
    ):
        yield thing
    else:
        modules = {one for one in patterns if one.startswith(listings.MODULES)}
        names = sorted(one.removeprefix(listings.MODULES) for one in modules)
        together = [listings.MODULES + "/".join(names)] if names else []
        for one in (*together, *(patterns - modules)):
            yield Input("listing", listings.join(thing.name, one))


def only_new_sources(
    inputs: Mapping[Input, Source], trace: Trace, namer: InputNamer
) -> dict[Input, Source]:
    """Replace each ``*.egg-info`` that was not there by what it would have to name to be used."""
    if not trace.egg_infos:
        return dict(inputs)
    named = {namer.name_of(path, path): sources for path, sources in trace.egg_infos.items()}
    return {
        Input("egg-info", egg_info.join(thing.name, named[thing.name]))
        if thing.kind == "path" and thing.name in named
        else thing: why
        for thing, why in inputs.items()
    }


def unused_for_manifest(trace: Trace, namer: InputNamer) -> ManifestUse | None:
    """Return what setuptools did only for its list of the files of an sdist; None if that matters.

    Args:
        trace: of a hook.
        namer: gives names to the paths in it.
    """
    done = trace.manifest
    if (
        done is None
        or done.packages is None
        or not done.commands <= listed_names.WITHOUT_SDIST
        or not listed_names.none_uses_list(done.packages)
    ):
        return None
    imported = frozenset(trace.imported)
    read = {path for access, path in trace.accesses if access == "read"}
    # A script may run one that is beside it without importing it, and any file by ``exec``.
    scripts = imported | {path for path in read if path.endswith(_CODE) and _is_script(path, namer)}
    files = namer.read_files
    others = {path for word in listed_names.IN_LIST for path in files.with_word(word)}
    others.update(files.not_searched())
    for path in scripts | others:
        if not namer.is_foreign(namer.resolve(path)) and _may_use_list(
            path, is_script=path in scripts
        ):
            return None
    return done


_CODE = (".py", *sorted(SCRIPTS))


def _is_script(path: str, namer: InputNamer) -> bool:
    """Whether a module is one of the usual scripts, or directly in the project."""
    resolved = namer.resolve(path)
    if namer.is_foreign(resolved):
        return False
    name = namer.name_of(path, resolved)
    return name in SCRIPTS or "/" not in name


def _may_use_list(path: str, *, is_script: bool) -> bool:
    try:
        if Path(path).stat().st_size > _LONGEST_SCRIPT:
            return True
        text = Path(path).read_text("utf-8", "replace")
    except FileNotFoundError:
        return is_script  # it may have been there, and be gone
    except OSError:
        return True
    return listed_names.may_use_list(text) if is_script else listed_names.names_list(text)


_LONGEST_SCRIPT = 1 << 20
"""Bytes of a file that is searched; what a larger one has counts as use."""
