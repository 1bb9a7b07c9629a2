"""What mode ``tree`` adds: every file, and what else a build is known to look at.

That is what settings and scripts lead to: places outside the project, variables, git's state.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.backends import git_use, outside_paths, scripts
from lbuild_keys.model import Input, Observation, Snapshot, Source, present, unreadable
from lbuild_keys.observe import env_policy, files, tree
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots import git_inputs
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.env_inputs import observe_ignored, observe_variables


class WholeTree(NamedTuple):
    """The inputs that mode ``tree`` adds, in two parts.

    Attributes:
        unless_declared: those for which a declaration of the same input has precedence: files,
            variables, the commit and the tags.
        always: those that have precedence over a declaration. One that names a directory asks only
            whether it exists; this one counts where a link leads, and what cannot be read.
    """

    unless_declared: Snapshot
    always: Snapshot


def observe_whole_tree(
    project: ProjectTree,
    context: BuildContext,
    digests: Digests,
    source: Source,
    backend_modules: Collection[str],
) -> WholeTree:
    """Observe everything that mode ``tree`` adds.

    Where two parts name the same input, the first in this list has precedence.

    - ``unless_declared``: files of the tree, and ignore files above it; files outside that the
      project names; variables that build tools obey; those that a build script names. (The commit
      and the tags have one origin.)
    - ``always``: what a build may learn from git; files that variables name, of variables in a
      build script first; places outside; what is unreadable in the tree; its directories.

    Args:
        project: the project.
        context: what else its build depends on.
        digests: known digests of files.
        source: why the whole tree counts.
        backend_modules: paths of the modules of an in-tree backend.
    """
    below = tree.walk(project.root, project.left_out)
    scripts_and_settings = _read_scripts(project, below.files, backend_modules)
    outside, outside_unreadable = _outside(
        project, scripts_and_settings, digests, source.because("the project names it")
    )
    obeyed, obeyed_files = observe_variables(
        project,
        context,
        env_policy.steering(context.environ),
        source.because("build tools use it"),
        digests,
    )
    mentioned, mentioned_files = observe_variables(
        project,
        context,
        env_policy.mentioned(scripts_and_settings.texts, context.environ),
        source.because("a build script names it"),
        digests,
    )
    git_named: Snapshot = {}
    git_others: Snapshot = {}
    if git_use.may_ask_git(
        project.root,
        project.settings.build_system,
        project.toml,
        scripts_and_settings.modules,
        scripts_and_settings.settings.get("setup.cfg", ""),
        isolated=context.installed is None,
    ):
        why = source.because("the build may run git")
        git_named, git_others = git_inputs.everything(project.root, digests, why)
    return WholeTree(
        unless_declared={
            **git_named,
            **observe_ignored(project),
            **mentioned,
            **obeyed,
            **outside,
            **_files(project.root, below.files, digests, source),
        },
        always={
            **_directories(project, below, source),
            **outside_unreadable,
            **obeyed_files,
            **mentioned_files,
            **git_others,
        },
    )


def _files(root: Path, names: Collection[str], digests: Digests, source: Source) -> Snapshot:
    return {
        Input("file", path): Observation(files.observe(os.fspath(root / path), digests), source)
        for path in (*names, *outside_paths.enclosing_ignore_files(root))
    }


def _directories(project: ProjectTree, below: tree.Tree, source: Source) -> Snapshot:
    """Return all directories but those that lbuild makes; of two states, "unreadable"."""
    made = project.made
    states = {
        path: present(f"directory -> {target}" if target else "directory")
        for path, target in below.folders.items()
        if path not in made
    }
    states |= {path: unreadable(why) for path, why in below.unreadable.items()}
    return {Input("directory", path): Observation(state, source) for path, state in states.items()}


class _Scripts(NamedTuple):
    """The text of what configures a build, and of what runs in it.

    Attributes:
        settings: by name, files with settings.
        modules: the modules of an in-tree backend, and the scripts that the settings lead to.
    """

    settings: Mapping[str, str]
    modules: list[str]

    @property
    def texts(self) -> list[str]:
        """All of it."""
        return [*self.settings.values(), *self.modules]


def _read_scripts(
    project: ProjectTree, names: Collection[str], backend_modules: Collection[str]
) -> _Scripts:
    root = project.root
    # The text of pyproject.toml has settings that name what does not count.
    settings = {
        name: outside_paths.text_of(project.toml)
        if name == "pyproject.toml"
        else _text(root / name)
        for name in scripts.settings(names)
    }
    run = set(backend_modules)
    pending = scripts.imported(names, project.toml, settings.values())
    while pending:
        name = pending.pop()
        if name not in run:
            run.add(name)
            pending += scripts.imports_of(_text(root / name), names)
    return _Scripts(settings, [_text(root / name) for name in sorted(run)])


def _outside(
    project: ProjectTree, found: _Scripts, digests: Digests, source: Source
) -> tuple[Snapshot, Snapshot]:
    """Observe the places outside the project that it names.

    Returns:
        The files; and the directories that are unreadable, or too large to be read.
    """
    root = project.root
    places = set(outside_paths.mentioned(root, project.toml))
    for text in (*found.settings.values(), _text(root / "Cargo.toml"), *found.modules):
        places.update(outside_paths.mentioned_in_text(root, text))
    ignored = project.ignored_outside
    places = {path for path in places if not tree.lies_in(path, ignored)}
    contents: dict[Input, Observation] = {}
    directories: dict[Input, Observation] = {}
    for path in sorted(places):
        if files.is_top(os.fspath(root / path)):
            state = unreadable(files.ALL_OF_IT)
            directories[Input("directory", path)] = Observation(state, source)
            continue
        names: Iterable[str] = [path]
        if os.path.isdir(root / path):  # noqa: PTH112  never raises: see "unreadable" below
            # The project itself may be in there. It counts by itself.
            own = os.path.relpath(root, (root / path).resolve()).replace(os.sep, "/")
            below = tree.walk(root / path, f"{own}/".__eq__, frozenset())
            names = [f"{path}/{name}" for name in below.files]
            for name, why in below.unreadable.items():
                thing = Input("directory", f"{path}/{name}")
                directories[thing] = Observation(unreadable(why), source)
        for name in names:
            if tree.lies_in(name, ignored):
                continue
            state = files.observe(os.fspath(root / name), digests)
            contents[Input("file", name)] = Observation(state, source)
    return contents, directories


def _text(path: Path) -> str:
    try:
        # To open a pipe of that name would wait for its other end.
        return path.read_text("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return ""  # its own state is "unreadable" already, which decides
