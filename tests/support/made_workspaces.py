"""Workspaces as files: what tests write them with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest


def pyproject(
    name: str,
    *,
    requires: Sequence[str] | None = (),
    dependencies: Sequence[str] = (),
    version: str = "1.0",
    more: str = "",
) -> str:
    """Return a pyproject.toml.

    Args:
        name: of the project.
        requires: ``build-system.requires``; None for no such table.
        dependencies: ``project.dependencies``.
        version: static.
        more: other tables.
    """
    text = f"[project]\nname = {name!r}\nversion = {version!r}\n"
    text += f"dependencies = {[*dependencies]!r}\n"
    if requires is not None:
        text += f"[build-system]\nrequires = {[*requires]!r}\nbuild-backend = 'made.up'\n"
    return text + more


def workspace(
    members: Sequence[str] = ("p/*",),
    exclude: Sequence[str] = (),
    *,
    table: str = "tool.uv.workspace",
    more: str = "",
) -> str:
    """Return the table of a workspace, and more tables."""
    return f"[{table}]\nmembers = {[*members]!r}\nexclude = {[*exclude]!r}\n{more}"


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files; a name that ends with ``/`` is a folder, ``A -> B`` in a name makes a link."""
    for name, text in files.items():
        path, arrow, target = name.partition(" -> ")
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if arrow:
            file.symlink_to(target)
        elif name.endswith("/"):
            file.mkdir()
        else:
            file.write_text(text)


def current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder below a home folder, and go there."""
    folder = tmp_path / "home/here"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    monkeypatch.chdir(folder)
    return folder
