"""``tool.uv.workspace`` and ``tool.lbuild.workspace`` of a parsed pyproject.toml."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lbuild_keys.config import toml_values
from lbuild_keys.errors import PatternError
from lbuild_keys.workspaces import patterns
from lbuild_keys.workspaces.members import Table
from lbuild_keys.workspaces.patterns import MemberPattern


class WorkspaceTable(NamedTuple):
    """The table that names the members of a workspace.

    Attributes:
        table: its key path.
        members: patterns of folders.
        exclude: patterns of folders that are no members.
    """

    table: Table
    members: tuple[MemberPattern, ...]
    exclude: tuple[MemberPattern, ...]


def read_workspace(toml: Mapping[str, Any]) -> WorkspaceTable | None:
    """Read the table; None where there is none.

    The table of ``tool.lbuild`` is for lbuild only, so it counts where a file has both. As all of
    ``tool.uv``, that table may have keys that lbuild does not know.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    tool = toml_values.table(toml, "tool", "")
    lbuild = toml_values.table(tool, "lbuild", "tool")
    if "workspace" in lbuild:
        table = toml_values.table(lbuild, "workspace", "tool.lbuild")
        toml_values.require_known_keys(table, ("members", "exclude"), "tool.lbuild.workspace")
        return _read(table, "tool.lbuild.workspace")
    uv = toml_values.table(tool, "uv", "tool")
    if "workspace" in uv:
        return _read(toml_values.table(uv, "workspace", "tool.uv"), "tool.uv.workspace")
    return None


def _read(table: Mapping[str, Any], where: Table) -> WorkspaceTable:
    return WorkspaceTable(
        where,
        toml_values.optional(table, "members", where, _read_patterns) or (),
        toml_values.optional(table, "exclude", where, _read_patterns) or (),
    )


def _read_patterns(value: object, where: str) -> tuple[MemberPattern, ...]:
    found = []
    for index, text in enumerate(toml_values.strings(value, where)):
        key = f"{where}[{index}]"
        try:
            found.append(patterns.parse(text, key))
        except PatternError as error:
            toml_values.fail(key, f"{text!r} is not a valid glob: {error}", "Fix the pattern.")
    return tuple(found)
