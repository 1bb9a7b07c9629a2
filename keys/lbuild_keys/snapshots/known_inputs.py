"""Everything that counts for a build and is known before it, with its state at this moment."""

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from lbuild_keys.config.cache_keys import (
    DEFAULT,
    CacheKey,
    DirectoryKey,
    EnvironmentKey,
    FileKey,
    GitKey,
)
from lbuild_keys.globs.expand import expand
from lbuild_keys.model import (
    ABSENT,
    MEMBER,
    WHOLE_TREE,
    Input,
    Mode,
    Observation,
    Snapshot,
    State,
    declared,
    present,
    unreadable,
)
from lbuild_keys.observe import distributions, env_policy, env_vars, files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots import toml_inputs
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.env_inputs import observe_ignored, observe_variables


def observe_known_inputs(
    project: ProjectTree, context: BuildContext, digests: Digests, mode: Mode
) -> Snapshot:
    """Observe all inputs that are known before a build. What cannot be read is "unreadable".

    In mode ``traced`` these are the fewest: the others are what hooks are seen to use.

    Where two parts name the same input, the first in this list has precedence:

    1. the modules of an in-tree backend: they have a kind of their own, and no module counts as a
       file as well, whatever else names it;
    2. what the mode adds and no declaration overrides (``WholeTree.always``, files that variables
       name);
    3. what ``tool.uv.cache-keys`` and ``tool.lbuild.extra-inputs`` declare: of these what cannot
       be listed, then keys in their order;
    4. what else the mode adds.

    The configuration of the build has kinds of its own, so it has no need of precedence.
    """
    modules = _backend_modules(project, digests)
    declarations = _declared(project, context, digests)
    if mode == "traced":
        declarations = _without_unused_tables(declarations, project, context, digests)
    unless_declared, always = _of_mode(mode, project, context, digests, modules)
    seen = {
        **_configuration(project, context, digests),
        **unless_declared,
        **declarations,
        **always,
        **modules,
    }
    for thing in modules:
        seen.pop(Input("file", thing.name), None)
    return seen


def _of_mode(
    mode: Mode,
    project: ProjectTree,
    context: BuildContext,
    digests: Digests,
    modules: Snapshot,
) -> tuple[Snapshot, Snapshot]:
    """Observe what a mode adds: what counts unless it is declared, and what counts in any case."""
    match mode:
        case "declared":
            return {}, {}
        case "traced":
            names = env_policy.before_the_hook(context.environ)
            source = declared("--inputs traced, because it takes effect before the hook runs")
            variables, named = observe_variables(project, context, names, source, digests)
            return {**observe_ignored(project), **variables}, named
        case "tree":
            from lbuild_keys.snapshots.whole_tree import observe_whole_tree

            paths = [thing.name for thing in modules]
            added = observe_whole_tree(project, context, digests, WHOLE_TREE, paths)
            return added.unless_declared, added.always


def _configuration(project: ProjectTree, context: BuildContext, digests: Digests) -> Snapshot:
    """Observe the build-system table, the interpreter, the config settings and the requirements."""
    build_system = project.settings.build_system
    table: dict[str, object] = {
        "requires": build_system.requires,
        "build-backend": build_system.build_backend,
        "backend-path": build_system.backend_path,
        # Not in the table, but as decisive: what is installed in place of what is required.
        "isolation": context.installed is None,
    }
    seen = {
        Input("build-system", name): Observation(
            present(json.dumps(value)), declared("build-system")
        )
        for name, value in table.items()
    }
    seen[Input("interpreter", "python")] = Observation(
        present(context.interpreter), declared("--python")
    )
    if context.project_folder is not None:
        seen[Input("project-folder", "project")] = Observation(
            present(context.project_folder), declared("editable installation")
        )
    if context.config_settings:
        settings = json.dumps(context.config_settings, sort_keys=True)
        seen[Input("config-settings", "config_settings")] = Observation(
            env_vars.keyed_digest(settings, context.secret), declared("--config-setting")
        )
    if context.installed is None:
        seen |= observe_members(context, (*build_system.requires, *context.required_members))
        for text in (*build_system.requires, *context.extra_requires):
            if context.members is not None and context.members.named_by_url(text):
                continue
            state = distributions.observe_local_project(text, context.environ, digests)
            if state is not None:
                source = declared("build-system.requires")
                seen[Input("requirement", text)] = Observation(state, source)
        if context.constraints:
            from lbuild_keys.installers import constraints

            seen[Input("requirement", "constraints")] = Observation(
                constraints.observe(context.constraints, digests), declared("--build-constraint")
            )
    else:
        for name, state in context.installed.items():
            source = declared("--no-isolation")
            seen[Input("requirement", name)] = Observation(state, source)
    return seen


def observe_members(context: BuildContext, requirements: Iterable[str]) -> Snapshot:
    """Observe the members of the workspace that requirements need: by the content of wheels."""
    if context.members is None:
        return {}
    return {
        # A member may be called as what stands for the constraints is.
        Input("requirement", name if name != "constraints" else f"{name} (member)"): Observation(
            state, MEMBER
        )
        for name, state in context.members.states(requirements).items()
    }


def _declared(project: ProjectTree, context: BuildContext, digests: Digests) -> Snapshot:
    """Observe what the cache keys declare; what cannot be listed, then keys in their order."""
    file_keys = [key for key in project.settings.cache_keys if isinstance(key, FileKey)]
    seen: dict[Input, Observation] = {}
    for key in reversed(project.settings.cache_keys):
        seen |= _of_key(key, project, context)
    matches = expand([key.pattern for key in file_keys], project.root)
    for path, index in matches.files.items():
        if not project.leave_out(path):
            state = files.observe(os.fspath(project.root / path), digests)
            # A pattern brings in files, never what is in a folder, nor the folder itself.
            state = ABSENT if state.detail.split(" ")[0] == "directory" else state
            seen[Input("file", path)] = Observation(state, file_keys[index].source)
    for path, why in matches.unreadable.items():
        seen[Input("directory", path)] = Observation(unreadable(why), declared("cache-keys"))
    return seen


def _without_unused_tables(
    declarations: Snapshot, project: ProjectTree, context: BuildContext, digests: Digests
) -> Snapshot:
    """Replace pyproject.toml by the values that the build can use, unless a setting names it."""
    whole = declarations.get(toml_inputs.WHOLE)
    if (
        whole is None
        or whole.source != DEFAULT
        or toml_inputs.usable_tables(project, context) is None
    ):
        return declarations
    rest = {thing: seen for thing, seen in declarations.items() if thing != toml_inputs.WHOLE}
    state = toml_inputs.observe_values(project, context, digests)
    return {**rest, toml_inputs.VALUES: Observation(state, whole.source)}


def _of_key(key: CacheKey, project: ProjectTree, context: BuildContext) -> Snapshot:
    """Observe what one cache key declares; file keys are expanded together."""
    match key:
        case FileKey():
            return {}
        case DirectoryKey(path=path, source=source):
            there = _is_there(project.root, path)
            if there == present("directory") and _is_made_by_lbuild(project, path):
                there = ABSENT
            return {Input("directory", path): Observation(there, source)}
        case EnvironmentKey(name=name, source=source):
            state = env_vars.observe(name, context.environ, context.secret)
            return {Input("environment", name): Observation(state, source)}
        case GitKey():
            from lbuild_keys.snapshots import git_inputs

            return git_inputs.commit_and_tags(project.root, key)


def _is_there(root: Path, path: str) -> State:
    """Observe whether something exists, and whether it is a directory: uv looks no further."""
    try:
        mode = (root / path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        return unreadable(error.strerror or str(error))
    except ValueError as error:  # a null character
        return unreadable(str(error))
    return present("directory" if stat.S_ISDIR(mode) else "no directory")


def _is_made_by_lbuild(project: ProjectTree, path: str) -> bool:
    """Whether a folder is one that lbuild makes if it is missing, with nothing else in it."""
    path = os.path.normpath(path).replace(os.sep, "/")
    folder = project.root / path
    if path not in project.made or folder.is_symlink():
        return False
    try:
        names = [one.name for one in folder.iterdir()]
    except OSError:
        return False
    paths = [f"{path}/{name}" for name in names]
    return all(project.leave_out(one) or _is_made_by_lbuild(project, one) for one in paths)


def _backend_modules(project: ProjectTree, digests: Digests) -> Snapshot:
    """Observe the modules of an in-tree backend, as its imports name them."""
    build_system = project.settings.build_system
    if not build_system.backend_path:
        return {}
    from lbuild_keys.backends import in_tree

    source = declared("build-system.backend-path")
    found = in_tree.modules(project.root, build_system.backend_path, build_system.build_backend)
    states = {path: files.observe(os.fspath(project.root / path), digests) for path in found.files}
    states |= {path: unreadable(why) for path, why in found.unreadable.items()}
    return {Input("backend", path): Observation(state, source) for path, state in states.items()}
