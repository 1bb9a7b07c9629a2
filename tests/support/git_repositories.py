"""Git repositories for tests: how to make them, and the states that are observed in them."""

import os
import subprocess
from datetime import date
from pathlib import Path

from lbuild_keys.git.repository import find_repository, observe_commit, observe_tags
from lbuild_keys.git.working_tree import observe_working_tree
from lbuild_keys.model import State, present

DAY = date(2026, 11, 21)


def run(folder: Path, *command: str | bytes) -> str:
    """Run git as a person or a build backend would; return what it prints."""
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return os.fsdecode(done.stdout)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make(folder: Path, *options: str) -> Path:
    """A repository on branch main with one commit of two files."""
    folder.mkdir(parents=True)
    run(folder, "init", "--quiet", "--initial-branch=main", *options)
    write(folder / "pyproject.toml", "[project]\n")
    write(folder / "src" / "demo.py", "one = 1\n")
    record(folder)
    return folder


def record(folder: Path) -> None:
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--allow-empty", "--message=more")


def commit(folder: Path) -> State:
    return observe_commit(find_repository(folder))


def tags(folder: Path) -> State:
    return observe_tags(find_repository(folder))


def tree(folder: Path, today: date = DAY) -> State:
    return observe_working_tree(find_repository(folder), today)


def states(folder: Path) -> tuple[State, State, State]:
    return commit(folder), tags(folder), tree(folder)


def head(folder: Path) -> State:
    return present(run(folder, "rev-parse", "HEAD").strip())


def on_branch(project: Path) -> Path:
    return project


def detached(project: Path) -> Path:
    run(project, "checkout", "--quiet", "--detach")
    return project


def packed(project: Path) -> Path:
    run(project, "tag", "v1")
    run(project, "pack-refs", "--all")
    run(project, "gc", "--quiet")
    return project


def symbolic_branch(project: Path) -> Path:
    run(project, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    run(project, "symbolic-ref", "HEAD", "refs/heads/alias")
    return project


def linked_worktree(project: Path) -> Path:
    run(project, "worktree", "add", "--quiet", "-b", "other", str(project.parent / "linked"))
    return project.parent / "linked"


def submodule(project: Path) -> Path:
    outer = make(project.parent / "outer")
    run(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project), "inner")
    return outer / "inner"


def subdirectory(project: Path) -> Path:
    return project / "src"


def symbolic_link(project: Path) -> Path:
    link = project.parent / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(project / "src")
    return link


def shallow(project: Path) -> Path:
    record(project)
    clone = project.parent / "shallow"
    run(project, "clone", "--quiet", "--depth=1", project.as_uri(), str(clone))
    return clone


def sha256(project: Path) -> Path:
    return make(project.parent / "sha256", "--object-format=sha256")


def bare(project: Path) -> Path:
    run(project, "clone", "--quiet", "--bare", ".", str(project.parent / "bare.git"))
    return project.parent / "bare.git"


def bare_by_setting(project: Path) -> Path:
    run(project, "config", "core.bare", "true")
    return project


def odd_path(project: Path) -> Path:
    return project.rename(project.parent / "line\nbreak \udce9 true\n")


KINDS = [
    on_branch,
    detached,
    packed,
    symbolic_branch,
    linked_worktree,
    submodule,
    subdirectory,
    symbolic_link,
    shallow,
    sha256,
    bare,
    bare_by_setting,
    odd_path,
]
