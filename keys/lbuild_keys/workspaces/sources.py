"""``tool.uv.sources`` of a parsed pyproject.toml: what a requirement of a name means."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from lbuild_keys import pep508
from lbuild_keys.config import toml_values
from lbuild_keys.config.setting import Setting
from lbuild_keys.workspaces.members import Markers, own_markers


class Source(NamedTuple):
    """An entry of ``tool.uv.sources``.

    Attributes:
        kind: a member of the workspace, the path of a folder, or what is no project of this
            machine: a repository, a URL, an index, an archive.
        path: as it is written; None for other kinds.
        marker: the environments that it is for (PEP 508); None for all.
        extra: the extra whose requirements it is for; None for all.
        group: likewise of dependency groups.
        where: its key path.
    """

    kind: Literal["workspace", "path", "elsewhere"]
    path: str | None
    marker: str | None
    extra: str | None
    group: str | None
    where: str


_KINDS = ("workspace", "path", "git", "url", "index")


def read_sources(toml: Mapping[str, Any]) -> Mapping[str, tuple[Source, ...]]:
    """Read the table: by normalised name of a distribution, its sources.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    tool = toml_values.table(toml, "tool", "")
    return SOURCES.of(toml_values.table(tool, "uv", "tool"))


def applicable(entries: Sequence[Source], markers: Markers = own_markers) -> Source | None:
    """Return the source that counts for an interpreter; None if none does.

    Nothing is built for a dependency group. What is for the requirements of an extra counts only if
    nothing is for all requirements.
    """
    fitting = [one for one in entries if one.group is None and _is_for(one.marker, markers)]
    return min(fitting, key=lambda one: one.extra is not None, default=None)


def _is_for(marker: str | None, markers: Markers) -> bool:
    if marker is None:
        return True
    from packaging.markers import Marker

    return pep508.applies(Marker(marker), {**markers(), "extra": ""})


def _read_entries(value: object, where: str) -> tuple[Source, ...]:
    if isinstance(value, list):
        if not value:
            toml_values.fail(where, "it has no source", _REMEDY)
        return tuple(_read_entry(one, f"{where}[{index}]") for index, one in enumerate(value))
    return (_read_entry(value, where),)


_REMEDY = "Write { workspace = true }, for example."


def _read_entry(value: object, where: str) -> Source:
    if not isinstance(value, Mapping):
        problem = f"expected a table, not {toml_values.toml_type_name(value)}"
        toml_values.fail(where, problem, _REMEDY)
    kinds = [kind for kind in _KINDS if kind in value]
    if len(kinds) != 1:
        found = " and ".join(kinds) if kinds else "none"
        problem = f"expected one of {', '.join(_KINDS)}, not {found}"
        toml_values.fail(where, problem, _REMEDY)
    [kind] = kinds
    is_member = kind == "workspace" and toml_values.boolean(
        value["workspace"], f"{where}.workspace"
    )
    if kind == "workspace" and not is_member:
        toml_values.fail(f"{where}.workspace", "it is false", "Write true, or remove the entry.")
    path = toml_values.optional(value, "path", where, _read_path)
    return Source(
        "workspace" if is_member else "path" if path and _is_of_folder(path) else "elsewhere",
        path,
        toml_values.optional(value, "marker", where, _read_marker),
        toml_values.optional(value, "extra", where, toml_values.string),
        toml_values.optional(value, "group", where, toml_values.string),
        where,
    )


def _is_of_folder(path: str) -> bool:
    return not path.endswith((".whl", ".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"))


def _read_path(value: object, where: str) -> str:
    text = toml_values.string(value, where)
    if not text or "\0" in text:
        toml_values.fail(
            where, f"{text!r} is not a path", 'Write the path of a project: "../plugin".'
        )
    return text


def _read_marker(value: object, where: str) -> str:
    from packaging.markers import InvalidMarker, Marker

    text = toml_values.string(value, where)
    try:
        Marker(text)
    except InvalidMarker as error:
        problem = f"{text!r} is not a valid marker: {str(error).splitlines()[0]}"
        toml_values.fail(where, problem, "Write it as in \"sys_platform == 'linux'\".")
    return text


def _read_table(value: object, where: str) -> Mapping[str, tuple[Source, ...]]:
    table = toml_values.table({"sources": value}, "sources", where.removesuffix(".sources"))
    return {
        pep508.normalize_name(name): _read_entries(one, f"{where}.{toml_values.quote_key(name)}")
        for name, one in table.items()
    }


SOURCES = Setting(
    "tool.uv",
    "sources",
    "table of tables, by name",
    "What a requirement of a name means: only `workspace` and `path` count, with `marker` and "
    "`extra`.",
    _read_table,
    {},
)
