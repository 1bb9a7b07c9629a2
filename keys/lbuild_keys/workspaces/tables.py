"""``tool.uv.workspace`` and ``tool.lbuild.workspace`` of a parsed pyproject.toml.

Also the other settings of ``tool.uv`` that decide which projects are members.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lbuild_keys.config import toml_values
from lbuild_keys.config.setting import Setting
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
        known = tuple(setting.name for setting in TOOL_LBUILD_WORKSPACE)
        toml_values.require_known_keys(table, known, "tool.lbuild.workspace")
        return _read(table, "tool.lbuild.workspace")
    uv = toml_values.table(tool, "uv", "tool")
    if "workspace" in uv:
        return _read(toml_values.table(uv, "workspace", "tool.uv"), "tool.uv.workspace")
    return None


def _read(table: Mapping[str, Any], where: Table) -> WorkspaceTable:
    members, exclude = (one._replace(table=where).of(table) for one in TOOL_LBUILD_WORKSPACE)
    return WorkspaceTable(where, members, exclude)


def _read_patterns(value: object, where: str) -> tuple[MemberPattern, ...]:
    found = []
    for index, text in enumerate(toml_values.strings(value, where)):
        key = f"{where}[{index}]"
        try:
            found.append(patterns.parse(text, key))
        except PatternError as error:
            toml_values.fail(key, f"{text!r} is not a valid glob: {error}", "Fix the pattern.")
    return tuple(found)


TOOL_LBUILD_WORKSPACE = (
    Setting(
        "tool.lbuild.workspace",
        "members",
        "array of paths and globs of folders",
        "The members, relative to this folder.",
        _read_patterns,
        [],
    ),
    Setting(
        "tool.lbuild.workspace",
        "exclude",
        "array of paths and globs of folders",
        "Folders that are no members.",
        _read_patterns,
        [],
    ),
)
"""All settings of the table; ``tool.uv.workspace`` has the same."""


def _read_package(value: object, _where: str) -> bool | None:
    # uv reports a value of another type.
    return value if isinstance(value, bool) else None


def _read_managed(value: object, _where: str) -> bool:
    return value is not False


PACKAGE = Setting(
    "tool.uv",
    "package",
    "`true` or `false`",
    "Whether `--workspace` includes the project, if it is a member by `tool.uv.workspace`.",
    _read_package,
    otherwise="whether there is a table `[build-system]`",
)
MANAGED = Setting(
    "tool.uv",
    "managed",
    "`true` or `false`",
    "With `false`, the project is no member by `tool.uv.workspace`.",
    _read_managed,
    True,
)
