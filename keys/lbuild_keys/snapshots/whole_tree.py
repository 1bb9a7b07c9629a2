"""What mode ``tree`` adds: every file, and what else a build is known to look at.

That is what settings and scripts lead to: places outside of the project, variables, git's state.
"""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from lbuild_keys.backends import git_use, outside_paths, scripts
from lbuild_keys.backends.known import MERCURIAL_FILES
from lbuild_keys.config.cache_keys import GitKey
from lbuild_keys.git.repository import (
    Repository,
    enclosing_folders,
    find_repository,
    observe_commit,
    observe_tags,
)
from lbuild_keys.git.working_tree import observe_working_tree
from lbuild_keys.model import Input, Observation, Source, present, unreadable
from lbuild_keys.observe import env_vars, files, tree
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots import variables
from lbuild_keys.snapshots.context import BuildContext, Project


def add(
    project: Project,
    context: BuildContext,
    digests: Digests,
    source: Source,
    seen: dict[Input, Observation],
) -> None:
    """Add everything that mode ``tree`` looks at to what was seen already.

    Args:
        source: why the whole tree counts.
    """
    below = tree.walk(project.root, project.left_out)
    for path in (*below.files, *outside_paths.enclosing_ignore_files(project.root)):
        state = files.observe(os.fspath(project.root / path), digests)
        seen.setdefault(Input("file", path), Observation(state, source))
    made = project.made
    for path, target in below.folders.items():
        if path in made:
            continue
        state = present(f"directory -> {target}" if target else "directory")
        # A declaration that names it asks only whether it is there, not where a link leads.
        seen[Input("directory", path)] = Observation(state, source)
    for path, why in below.unreadable.items():
        seen[Input("directory", path)] = Observation(unreadable(why), source)
    _scripts(project, context, below.files, digests, source, seen)


def _scripts(
    project: Project,
    context: BuildContext,
    names: Collection[str],
    digests: Digests,
    source: Source,
    seen: dict[Input, Observation],
) -> None:
    """What the project's settings and scripts lead to: places outside, variables, git's state."""
    root, toml = project.root, project.toml
    settings = {name: _text(root / name) for name in scripts.settings(names)}
    own = {thing.name for thing in seen if thing.kind == "backend"}
    pending = scripts.imported(names, toml, settings.values())
    while pending:
        name = pending.pop()
        if name not in own:
            own.add(name)
            pending += scripts.imports_of(_text(root / name), names)
    modules = [_text(root / name) for name in sorted(own)]
    places = set(outside_paths.mentioned(root, toml))
    for text in (*settings.values(), _text(root / "Cargo.toml"), *modules):
        places.update(outside_paths.mentioned_in_text(root, text))
    for path in sorted(places):
        _outside(root, path, digests, source.because("the project names it"), seen)
    texts = [*settings.values(), *modules]
    for names, why in (
        (env_vars.steering(context.environ), "build tools obey it"),
        (env_vars.mentioned(texts, context.environ), "a build script names it"),
    ):
        variables.add(project, context, names, source.because(why), digests, seen)
    if git_use.may_ask_git(
        root,
        project.settings.build_system,
        toml,
        modules,
        settings.get("setup.cfg", ""),
        isolated=context.installed is None,
    ):
        _all_of_git(root, digests, source.because("the build may ask git"), seen)


def _all_of_git(
    root: Path, digests: Digests, source: Source, seen: dict[Input, Observation]
) -> None:
    repository = find_repository(root)
    declared_git(repository, GitKey(commit=True, tags=True, source=source), seen)
    seen[Input("git-tree", ".")] = Observation(observe_working_tree(repository), source)
    for name in MERCURIAL_FILES:
        for up, folder in enumerate((root, *root.parents)):
            state = files.observe(os.fspath(folder / ".hg" / name), digests)
            if state.presence != "absent":
                path = f"{'../' * up}.hg/{name}"
                seen[Input("file", path)] = Observation(state, source)
    above = ""
    for folder in enclosing_folders(repository):
        above += "../"
        for name in (".gitignore", ".gitattributes"):
            state = files.observe(os.fspath(folder / name), digests)
            if state.presence != "absent":
                seen[Input("file", f"{above}{name}")] = Observation(state, source)


def _outside(
    root: Path, path: str, digests: Digests, source: Source, seen: dict[Input, Observation]
) -> None:
    if files.is_top(os.fspath(root / path)):
        seen[Input("directory", path)] = Observation(unreadable(files.ALL_OF_IT), source)
        return
    names: Iterable[str] = [path]
    if os.path.isdir(root / path):  # noqa: PTH112  never raises: what is closed is unreadable below
        # The project itself may lie there, and counts by itself.
        own = os.path.relpath(root, (root / path).resolve()).replace(os.sep, "/")
        below = tree.walk(root / path, lambda name: name == f"{own}/", frozenset())
        names = [f"{path}/{name}" for name in below.files]
        for name, why in below.unreadable.items():
            seen[Input("directory", f"{path}/{name}")] = Observation(unreadable(why), source)
    for name in names:
        state = files.observe(os.fspath(root / name), digests)
        seen.setdefault(Input("file", name), Observation(state, source))


def _text(path: Path) -> str:
    try:
        # To open a pipe of that name would wait for its other end.
        return path.read_text("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return ""  # its own state is "unreadable" already, which decides


def declared_git(
    repository: Repository | None, key: GitKey, seen: dict[Input, Observation]
) -> None:
    """What ``{ git = ... }`` asks for."""
    if key.commit:
        state = observe_commit(repository)
        seen.setdefault(Input("git-commit", "."), Observation(state, key.source))
    if key.tags:
        state = observe_tags(repository)
        seen.setdefault(Input("git-tags", "."), Observation(state, key.source))
