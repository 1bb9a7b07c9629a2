"""The tables that name the members of a workspace."""

import pytest
import tomli

from lbuild_keys.errors import SettingsError
from lbuild_keys.workspaces.tables import read_workspace

UV = '[tool.uv.workspace]\nmembers = ["p/*", "q"]\nexclude = ["p/x"]\nnew = 1\n'


def test_both_tables() -> None:
    assert read_workspace({}) is None
    assert read_workspace(tomli.loads("[tool.uv]\n[tool.lbuild]\n")) is None
    table = read_workspace(tomli.loads(UV))
    assert table is not None
    assert table.table == "tool.uv.workspace"
    assert [(one.text, one.where) for one in table.members] == [
        ("p/*", "tool.uv.workspace.members[0]"),
        ("q", "tool.uv.workspace.members[1]"),
    ]
    assert [one.text for one in table.exclude] == ["p/x"]
    # That of lbuild counts where there are both.
    table = read_workspace(tomli.loads(UV + '[tool.lbuild.workspace]\nmembers = ["r"]\n'))
    assert table is not None
    assert (table.table, len(table.members)) == ("tool.lbuild.workspace", 1)


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("[tool.lbuild.workspace]\nmember = []", "tool.lbuild.workspace.member", "unknown setting"),
        ("[tool.lbuild]\nworkspace = []", "tool.lbuild.workspace", "expected a table"),
        ("[tool.uv]\nworkspace = true", "tool.uv.workspace", "expected a table"),
        ("[tool.uv.workspace]\nmembers = 'p/*'", "tool.uv.workspace.members", "expected an array"),
        ("[tool.uv.workspace]\nmembers = [1]", "tool.uv.workspace.members[0]", "expected a string"),
        ("[tool.uv.workspace]\nexclude = {}", "tool.uv.workspace.exclude", "expected an array"),
        (
            "[tool.lbuild.workspace]\nmembers = ['a', 'b**']",
            "tool.lbuild.workspace.members[1]",
            "'b**' is not a valid glob",
        ),
        ("tool = 1", "tool", "expected a table"),
    ],
)
def test_mistakes(text: str, where: str, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_workspace(tomli.loads(text))
    assert caught.value.where == f"pyproject.toml: {where}"
    assert caught.value.problem.startswith(problem)
