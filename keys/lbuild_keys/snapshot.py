"""Inputs -> Snapshot: everything that counts for a build, with its state at this moment."""

import json
import os
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lbuild_keys import (
    backend,
    environment,
    files,
    git,
    gituse,
    globs,
    outside,
    requirement,
    scripts,
    tree,
)
from lbuild_keys.declaration import (
    Declaration,
    DirectoryKey,
    EnvironmentKey,
    FileKey,
    GitKey,
)
from lbuild_keys.files import Digests
from lbuild_keys.model import ABSENT, Input, Mode, Observation, State, present, unreadable

_TREE = "declared: --inputs tree"
_MERCURIAL = ("bookmarks", "branch", "dirstate", "store/00changelog.i")
"""Files below ``.hg`` by which setuptools-scm's answers change where that is the repository."""
_MAY_POINT_OUTSIDE = ("Cargo.toml", "CMakeLists.txt", "hatch.toml", "setup.cfg", "setup.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What is to be built, as far as its inputs go.

    Attributes:
        root: the project's folder, absolute.
        toml: the parsed pyproject.toml; empty where there is none.
        declaration: what it declares.
        leave_out: whether a path relative to ``root`` is something that lbuild itself puts there.
        out_dirs: folders, relative to ``root``, that lbuild makes if they are missing.
    """

    root: Path
    toml: Mapping[str, Any]
    declaration: Declaration
    leave_out: Callable[[str], bool]
    out_dirs: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a build depends on besides the project's files.

    Attributes:
        mode: what counts as an input.
        environ: the environment that the hook will get.
        cwd: where lbuild runs; installers take relative paths in variables from there.
        secret: keys the digests of values that are not to be kept.
        interpreter: everything that tells one interpreter from another.
        config_settings: as given to the hook.
        installed: without isolation, the states of what is installed; None with it.
        extra_requires: what the backend is known to require beyond ``build-system.requires``.
    """

    mode: Mode
    environ: Mapping[str, str]
    cwd: Path
    secret: bytes
    interpreter: str
    config_settings: Mapping[str, str | list[str]]
    installed: Mapping[str, State] | None
    extra_requires: tuple[str, ...]


def take(project: Project, around: Circumstances, digests: Digests) -> dict[Input, Observation]:
    """Look at all inputs of a build. What cannot be read is in the state "unreadable"."""
    seen: dict[Input, Observation] = {}
    _configuration(project, around, digests, seen)
    _backend_modules(project, digests, seen)
    _declared(project, around, digests, seen)
    if around.mode == "tree":
        _tree(project, around, digests, seen)
    # The modules of an in-tree backend have a kind of their own, in whatever way else they count.
    for thing in [thing for thing in seen if thing.kind == "backend"]:
        seen.pop(Input("file", thing.name), None)
    return seen


def _configuration(
    project: Project, around: Circumstances, digests: Digests, seen: dict[Input, Observation]
) -> None:
    build_system = project.declaration.build_system
    table: Mapping[str, object] = {
        "requires": build_system.requires,
        "build-backend": build_system.build_backend,
        "backend-path": build_system.backend_path,
        # Not in the table, but as decisive: what is installed in place of what is required.
        "isolation": around.installed is None,
    }
    for name, value in table.items():
        seen[Input("build-system", name)] = Observation(
            present(json.dumps(value)), "declared: build-system"
        )
    seen[Input("interpreter", "python")] = Observation(
        present(around.interpreter), "declared: --python"
    )
    if around.config_settings:
        settings = json.dumps(around.config_settings, sort_keys=True)
        seen[Input("config-settings", "config_settings")] = Observation(
            environment.keyed_digest(settings, around.secret), "declared: --config-setting"
        )
    if around.installed is None:
        for text in (*build_system.requires, *around.extra_requires):
            state = requirement.local(text, around.environ, digests)
            if state is not None:
                source = "declared: build-system.requires"
                seen[Input("requirement", text)] = Observation(state, source)
    else:
        for name, state in around.installed.items():
            source = "declared: --no-isolation"
            seen[Input("requirement", name)] = Observation(state, source)


def _declared(
    project: Project, around: Circumstances, digests: Digests, seen: dict[Input, Observation]
) -> None:
    file_keys = []
    for key in project.declaration.cache_keys:
        match key:
            case FileKey():
                file_keys.append(key)
            case DirectoryKey(path=path, source=source):
                there = _is_there(project.root, path)
                seen.setdefault(Input("directory", path), Observation(there, source))
            case EnvironmentKey(name=name, source=source):
                state = environment.observe(name, around.environ, around.secret)
                seen.setdefault(Input("environment", name), Observation(state, source))
            case GitKey():
                _git(git.find(project.root), key, seen)
    matches = globs.expand([key.pattern for key in file_keys], project.root)
    for path, index in matches.files.items():
        if not project.leave_out(path):
            state = files.observe(os.fspath(project.root / path), digests)
            # A pattern brings in files, never what is in a folder, nor the folder itself.
            state = ABSENT if state.detail.split(" ")[0] == "directory" else state
            seen.setdefault(Input("file", path), Observation(state, file_keys[index].source))
    for path, why in matches.unreadable.items():
        seen[Input("directory", path)] = Observation(unreadable(why), "declared: cache-keys")


def _is_there(root: Path, path: str) -> State:
    """Whether something is there, and if so whether a directory: uv looks no further."""
    try:
        mode = (root / path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except ValueError as error:  # a null character
        return unreadable(str(error))
    return present("directory" if stat.S_ISDIR(mode) else "no directory")


def _git(repository: git.Repository | None, key: GitKey, seen: dict[Input, Observation]) -> None:
    if key.commit:
        state = git.commit(repository)
        seen.setdefault(Input("git-commit", "."), Observation(state, key.source))
    if key.tags:
        state = git.tags(repository)
        seen.setdefault(Input("git-tags", "."), Observation(state, key.source))


def _tree(
    project: Project, around: Circumstances, digests: Digests, seen: dict[Input, Observation]
) -> None:
    below = tree.walk(project.root, _leave_out(project))
    for path in (*below.files, *tree.enclosing_ignore_files(project.root)):
        state = files.observe(os.fspath(project.root / path), digests)
        seen.setdefault(Input("file", path), Observation(state, _TREE))
    made = {
        path
        for out_dir in project.out_dirs
        for path in (out_dir, *map(str, PurePosixPath(out_dir).parents))
    }
    for path, target in below.folders.items():
        if path in made:
            continue
        state = present(f"directory -> {target}" if target else "directory")
        # A declaration that names it asks only whether it is there, not where a link leads.
        seen[Input("directory", path)] = Observation(state, _TREE)
    for path, why in below.unreadable.items():
        seen[Input("directory", path)] = Observation(unreadable(why), _TREE)
    _scripts(project, around, below.files, digests, seen)


def _scripts(
    project: Project,
    around: Circumstances,
    names: Collection[str],
    digests: Digests,
    seen: dict[Input, Observation],
) -> None:
    """What the project's settings and scripts lead to: places outside, variables, git's state."""
    root, toml = project.root, project.toml
    settings = {name: _text(root / name) for name in scripts.settings(names)}
    own = {thing.name for thing in seen if thing.kind == "backend"}
    own.update(scripts.imported(names, toml, settings.values()))
    modules = [_text(root / name) for name in sorted(own)]
    places = set(outside.mentioned(root, toml))
    pointing = [_text(root / name) for name in _MAY_POINT_OUTSIDE if name in names]
    for text in (*pointing, *modules):
        places.update(outside.mentioned_in_text(root, text))
    for path in sorted(places):
        _outside(root, path, digests, seen)
    _environment(project, around, [*settings.values(), *modules], digests, seen)
    if gituse.may_ask_git(
        root,
        project.declaration.build_system,
        toml,
        modules,
        settings.get("setup.cfg", ""),
        isolated=around.installed is None,
    ):
        _all_of_git(root, digests, seen)


def _leave_out(project: Project) -> Callable[[str], bool]:
    if not project.declaration.ignore:
        return lambda path: project.leave_out(path.removesuffix("/"))
    import pathspec

    ignored = pathspec.GitIgnoreSpec.from_lines(project.declaration.ignore)
    return lambda path: project.leave_out(path.removesuffix("/")) or ignored.match_file(path)


def _all_of_git(root: Path, digests: Digests, seen: dict[Input, Observation]) -> None:
    source = "declared: --inputs tree, for the build may ask git"
    repository = git.find(root)
    _git(repository, GitKey(commit=True, tags=True, source=source), seen)
    seen[Input("git-tree", ".")] = Observation(git.tree(repository), source)
    for name in _MERCURIAL:
        for up, folder in enumerate((root, *root.parents)):
            state = files.observe(os.fspath(folder / ".hg" / name), digests)
            if state.presence != "absent":
                path = f"{'../' * up}.hg/{name}"
                seen[Input("file", path)] = Observation(state, source)
    above = ""
    for folder in git.enclosing_folders(repository):
        above += "../"
        for name in (".gitignore", ".gitattributes"):
            state = files.observe(os.fspath(folder / name), digests)
            if state.presence != "absent":
                seen[Input("file", f"{above}{name}")] = Observation(state, source)


def _outside(root: Path, path: str, digests: Digests, seen: dict[Input, Observation]) -> None:
    source = "declared: --inputs tree, for the project names it"
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


def _environment(
    project: Project,
    around: Circumstances,
    texts: Collection[str],
    digests: Digests,
    seen: dict[Input, Observation],
) -> None:
    for why, variables in (
        ("build tools obey it", environment.steering(around.environ)),
        ("a build script names it", environment.mentioned(texts, around.environ)),
    ):
        for name in variables:
            state = environment.observe(name, around.environ, around.secret)
            source = f"{_TREE}, for {why}"
            seen.setdefault(Input("environment", name), Observation(state, source))
            # Constraints files, a compiler: what a value names decides as much as the value.
            value = around.environ[name]
            places = dict.fromkeys(
                start / word
                for word in (value, *value.split())
                for start in (project.root, around.cwd)
            )
            for index, place in enumerate(places):
                path = os.fspath(place)
                if os.path.lexists(path) and not os.path.isdir(path):  # noqa: PTH112  never raises
                    named = files.observe(path, digests)
                    seen[Input("file", f"${name}[{index}]")] = Observation(named, source)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""  # its own state is "unreadable" already, which decides


def _backend_modules(project: Project, digests: Digests, seen: dict[Input, Observation]) -> None:
    build_system = project.declaration.build_system
    if not build_system.backend_path:
        return
    source = "declared: build-system.backend-path"
    found = backend.modules(project.root, build_system.backend_path, build_system.build_backend)
    for path in found.files:
        state = files.observe(os.fspath(project.root / path), digests)
        seen[Input("backend", path)] = Observation(state, source)
    for path, why in found.unreadable.items():
        seen[Input("backend", path)] = Observation(unreadable(why), source)
