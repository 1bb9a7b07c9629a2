"""What a scenario is, and the edits that scenarios are made of."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from support.projects import git

Verdict = Literal["rebuilt", "reused", "error"]
Edit = Callable[[Path], None]
"""Changes something about the project in the folder that it is given."""

CLOCK_TICK = 0.02
"""Seconds after which every file system in use gives a later time stamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A project, one change, and whether the next command has to build it again.

    Attributes:
        name: what it shows, as a phrase.
        table: the lines of ``[tool.uv]``, where ``PARENT`` stands for the folder above the
            project; None for unknown table.
        files: what the project holds besides its pyproject.toml and its backend: paths, which may
            lead out of it, and content.
        prepare: what else is to be there before the first build.
        edits: done one after the other, with a build after each; the last build's verdict counts.
        environ: variables of the first build.
        environ_after: variables of those after an edit.
        uv: what uv does.
        lbuild: what lbuild does.
        writes: files that the backend writes into the project's folder.
        bytecode: whether importing the backend leaves bytecode in the project's folder.
    """

    name: str
    table: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[Edit, ...] = ()
    edits: tuple[Edit, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    environ_after: Mapping[str, str] = field(default_factory=dict)
    uv: Verdict
    lbuild: Verdict
    writes: tuple[str, ...] = ()
    bytecode: bool = False


def same(
    verdict: Verdict,
    name: str,
    keys: str,
    files: str,
    *edits: Edit,
    prepare: tuple[Edit, ...] = (),
) -> Scenario:
    """A scenario in which uv and lbuild agree; ``files`` are names with spaces between."""
    return Scenario(
        name=name,
        table=f"cache-keys = {keys}",
        files=dict.fromkeys(files.split(), "first\n"),
        prepare=prepare,
        edits=edits,
        uv=verdict,
        lbuild=verdict,
    )


def better(
    name: str,
    keys: str,
    files: str,
    *edits: Edit,
    uv: Verdict,
    lbuild: Verdict,
    prepare: tuple[Edit, ...] = (),
    writes: tuple[str, ...] = (),
    bytecode: bool = False,
) -> Scenario:
    """A scenario in which lbuild does better; ``files`` are names with spaces between."""
    return Scenario(
        name=name,
        table=f"cache-keys = {keys}",
        files=dict.fromkeys(files.split(), "first\n"),
        prepare=prepare,
        edits=edits,
        uv=uv,
        lbuild=lbuild,
        writes=writes,
        bytecode=bytecode,
    )


def nothing(project: Path) -> None:
    """Change nothing."""


def write(name: str, content: str = "second\n") -> Edit:
    """Write a file, new or there already, and the folders that lead to it."""

    def edit(project: Path) -> None:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    return edit


def append(name: str, content: str) -> Edit:
    """Add to the end of a file."""

    def edit(project: Path) -> None:
        with (project / name).open("a") as file:
            file.write(content)

    return edit


def touch(*names: str) -> Edit:
    """Give files the time stamps of now, later than that of anything written before."""

    def edit(project: Path) -> None:
        time.sleep(CLOCK_TICK)
        for name in names:
            (project / name).touch()

    return edit


def remove(name: str) -> Edit:
    """Remove a file, or a folder with all that is in it."""

    def edit(project: Path) -> None:
        path = project / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    return edit


def move(source: str, target: str) -> Edit:
    """Rename a file or a folder; it replaces a file of its new name."""

    def edit(project: Path) -> None:
        (project / source).replace(project / target)

    return edit


def make_folder(name: str) -> Edit:
    """Make an empty folder."""

    def edit(project: Path) -> None:
        (project / name).mkdir(parents=True)

    return edit


def make_executable(name: str) -> Edit:
    """Set the executable bits of a file."""

    def edit(project: Path) -> None:
        (project / name).chmod(0o755)

    return edit


def link(name: str, target: str) -> Edit:
    """Make a symbolic link, or point it at something else."""

    def edit(project: Path) -> None:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    return edit


def hard_link(name: str, other: str) -> Edit:
    """Give a file a second name."""

    def edit(project: Path) -> None:
        (project / other).hardlink_to(project / name)

    return edit


def fifo(name: str) -> Edit:
    """Make a named pipe."""

    def edit(project: Path) -> None:
        os.mkfifo(project / name)

    return edit


def run_git(*arguments: str, folder: str = ".") -> Edit:
    """Run git in the project's folder, or in one relative to it."""

    def edit(project: Path) -> None:
        git(project / folder, *arguments)

    return edit


def commit(message: str, folder: str = ".") -> Edit:
    """Record all that is there as a commit, which may be empty."""

    def edit(project: Path) -> None:
        git(project / folder, "add", "--all")
        git(project / folder, "commit", "--quiet", "--allow-empty", f"--message={message}")

    return edit


def init(*options: str, folder: str = ".") -> Edit:
    """Make a git repository whose branch is ``main``, with nothing recorded."""
    return run_git("init", "--quiet", "--initial-branch=main", *options, folder=folder)


def both(*edits: Edit) -> Edit:
    """Do several edits as one."""

    def edit(project: Path) -> None:
        for each in edits:
            each(project)

    return edit
