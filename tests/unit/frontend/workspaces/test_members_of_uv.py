"""Which projects are members of a workspace: uv and lbuild agree."""

import os
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.workspaces import find
from support.made_workspaces import pyproject, workspace, write

pytestmark = pytest.mark.exhaustive

TREE = {
    **{f"p/{name}/pyproject.toml": pyproject(f"p-{name}") for name in ("a", "b", ".h", "a1")},
    "p/a/x/pyproject.toml": pyproject("p-a-x"),
    "p/b/x/pyproject.toml": pyproject("p-b-x"),
    "p/b/x/y/pyproject.toml": pyproject("p-b-x-y"),
    "x/pyproject.toml": pyproject("x"),
    "p/README": "",
    "p/empty/": "",
    "elsewhere/e/pyproject.toml": pyproject("e"),
    "q/e -> ../elsewhere/e": "",
}
"""No folder without a project is in it but an empty one: uv refuses others."""

PATTERNS: list[tuple[list[str], list[str]]] = [
    (["p/*"], []),
    (["./p/*/"], []),
    (["p//../p/*"], []),
    (["p/a", "p/*"], []),
    (["p/?"], []),
    (["p/a*"], []),
    (["p/[ab]"], []),
    (["p/[!a]*"], []),
    (["p/[a-a][0-9]"], []),
    (["p/**"], []),
    (["p/*/*"], []),
    (["p/**/x"], []),
    (["**/x"], []),
    (["**/x/**"], []),
    (["q/*"], []),
    (["."], []),
    (["x", "p/b/x/y"], []),
    (["p/*"], ["p/a"]),
    (["p/*"], ["./p/a/"]),
    (["p/*"], ["p/a*"]),
    (["p/*"], ["p/[!a]*"]),
    (["p/*"], ["*/a"]),
    (["p/*"], ["gone", "a"]),
    (["p/**"], ["p/a"]),
    (["p/**"], ["p/a*"]),
    (["p/**"], ["p/a/**"]),
    (["p/**"], ["**/x"]),
    (["p/**"], ["**/x/**"]),
    (["p/**"], ["p/**/x"]),
    (["p/**"], ["p/*/x"]),
    (["p/**"], ["p/?"]),
    (["p/**"], ["*y"]),
    (["p/*"], ["."]),
]


def of_uv(root: Path, current: str = ".") -> set[str]:
    command = [find_uv_bin(), "workspace", "list", "--paths", "--offline"]
    ran = subprocess.run(
        command, cwd=root / current, capture_output=True, text=True, check=True, timeout=60
    )
    return {os.path.relpath(os.path.realpath(line), root) for line in ran.stdout.splitlines()}


def of_lbuild(root: Path, current: str = ".") -> set[str]:
    found = find.find(root / current)
    return {os.path.relpath(one.folder, root) for one in found.members} if found else {current}


@pytest.mark.parametrize(("members", "exclude"), PATTERNS)
@pytest.mark.parametrize("is_project", [False, True])
def test_patterns(
    tmp_path: Path, members: list[str], exclude: list[str], *, is_project: bool
) -> None:
    root = pyproject("top") if is_project or members == ["."] else ""
    write(tmp_path, {"pyproject.toml": root + workspace(members, exclude), **TREE})
    found = of_uv(tmp_path)
    assert found
    assert of_lbuild(tmp_path) == found


@pytest.mark.parametrize("current", ["p/a", "p/a/x", "x", "p/b", "p/.h"])
def test_the_workspace_of_a_project(tmp_path: Path, current: str) -> None:
    text = workspace(["p/*"], ["p/b"])
    write(tmp_path, {"pyproject.toml": text, **TREE, "p/a/.git/": ""})
    assert of_lbuild(tmp_path, current) == of_uv(tmp_path, current)


@pytest.mark.parametrize(
    "files",
    [
        {"p/a/pyproject.toml": pyproject("p.B")},
        {"p/a/pyproject.toml": "[project]\nversion = '1'\n"},
        {"p/a/pyproject.toml": "[build-system]\nrequires = []\n"},
        {"p/a/pyproject.toml": pyproject("a b")},
        {"p/a/pyproject.toml": pyproject("a", more="[tool.uv.workspace]\n")},
        {"pyproject.toml": workspace(["p**"])},
        {"pyproject.toml": workspace(["p/[a"])},
        {"pyproject.toml": workspace(["p/*"], ["***"])},
        {"pyproject.toml": "[tool.uv.workspace]\nmembers = [1]\n"},
        {"pyproject.toml": "[tool.uv.workspace]\nmembers = 'p/*'\n"},
        {"pyproject.toml": workspace(["."])},
        {"pyproject.toml": workspace(["elsewhere"])},
    ],
)
def test_what_both_refuse(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, {"pyproject.toml": workspace(["p/*"]), **TREE, **files})
    with pytest.raises(subprocess.CalledProcessError):
        of_uv(tmp_path)
    with pytest.raises(LbuildError):
        find.find(tmp_path)
