"""Inputs -> Snapshot: everything that counts for a build, with its state at this moment."""

import json
import os
import stat
from pathlib import Path

from lbuild_keys.config.cache_keys import DirectoryKey, EnvironmentKey, FileKey, GitKey
from lbuild_keys.globs.expand import expand
from lbuild_keys.model import (
    ABSENT,
    WHOLE_TREE,
    Input,
    Mode,
    Observation,
    State,
    declared,
    present,
    unreadable,
)
from lbuild_keys.observe import distributions, env_vars, files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots import variables
from lbuild_keys.snapshots.context import BuildContext, Project


def take(
    project: Project, context: BuildContext, digests: Digests, mode: Mode
) -> dict[Input, Observation]:
    """Look at all inputs that are known before a build. What cannot be read is "unreadable".

    In mode ``traced`` that is the least of them: the rest is what hooks are seen to use.
    """
    seen: dict[Input, Observation] = {}
    _configuration(project, context, digests, seen)
    _backend_modules(project, digests, seen)
    _declared(project, context, digests, seen)
    if mode == "tree":
        from lbuild_keys.snapshots import whole_tree

        whole_tree.add(project, context, digests, WHOLE_TREE, seen)
    elif mode == "traced":
        names = env_vars.before_the_hook(context.environ)
        source = declared("--inputs traced, for it decides before the hook runs")
        variables.add(project, context, names, source, digests, seen)
    # The modules of an in-tree backend have a kind of their own, in whatever way else they count.
    for thing in [thing for thing in seen if thing.kind == "backend"]:
        seen.pop(Input("file", thing.name), None)
    return seen


def _configuration(
    project: Project, context: BuildContext, digests: Digests, seen: dict[Input, Observation]
) -> None:
    build_system = project.settings.build_system
    table: dict[str, object] = {
        "requires": build_system.requires,
        "build-backend": build_system.build_backend,
        "backend-path": build_system.backend_path,
        # Not in the table, but as decisive: what is installed in place of what is required.
        "isolation": context.installed is None,
    }
    for name, value in table.items():
        seen[Input("build-system", name)] = Observation(
            present(json.dumps(value)), declared("build-system")
        )
    seen[Input("interpreter", "python")] = Observation(
        present(context.interpreter), declared("--python")
    )
    if context.config_settings:
        settings = json.dumps(context.config_settings, sort_keys=True)
        seen[Input("config-settings", "config_settings")] = Observation(
            env_vars.keyed_digest(settings, context.secret), declared("--config-setting")
        )
    if context.installed is None:
        for text in (*build_system.requires, *context.extra_requires):
            state = distributions.local(text, context.environ, digests)
            if state is not None:
                source = declared("build-system.requires")
                seen[Input("requirement", text)] = Observation(state, source)
    else:
        for name, state in context.installed.items():
            source = declared("--no-isolation")
            seen[Input("requirement", name)] = Observation(state, source)


def _declared(
    project: Project, context: BuildContext, digests: Digests, seen: dict[Input, Observation]
) -> None:
    file_keys = []
    for key in project.settings.cache_keys:
        match key:
            case FileKey():
                file_keys.append(key)
            case DirectoryKey(path=path, source=source):
                there = _is_there(project.root, path)
                seen.setdefault(Input("directory", path), Observation(there, source))
            case EnvironmentKey(name=name, source=source):
                state = env_vars.observe(name, context.environ, context.secret)
                seen.setdefault(Input("environment", name), Observation(state, source))
            case GitKey():
                from lbuild_keys.git.repository import find_repository
                from lbuild_keys.snapshots import whole_tree

                whole_tree.declared_git(find_repository(project.root), key, seen)
    matches = expand([key.pattern for key in file_keys], project.root)
    for path, index in matches.files.items():
        if not project.leave_out(path):
            state = files.observe(os.fspath(project.root / path), digests)
            # A pattern brings in files, never what is in a folder, nor the folder itself.
            state = ABSENT if state.detail.split(" ")[0] == "directory" else state
            seen.setdefault(Input("file", path), Observation(state, file_keys[index].source))
    for path, why in matches.unreadable.items():
        seen[Input("directory", path)] = Observation(unreadable(why), declared("cache-keys"))


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


def _backend_modules(project: Project, digests: Digests, seen: dict[Input, Observation]) -> None:
    build_system = project.settings.build_system
    if not build_system.backend_path:
        return
    from lbuild_keys.backends import in_tree

    source = declared("build-system.backend-path")
    found = in_tree.modules(project.root, build_system.backend_path, build_system.build_backend)
    for path in found.files:
        state = files.observe(os.fspath(project.root / path), digests)
        seen[Input("backend", path)] = Observation(state, source)
    for path, why in found.unreadable.items():
        seen[Input("backend", path)] = Observation(unreadable(why), source)
