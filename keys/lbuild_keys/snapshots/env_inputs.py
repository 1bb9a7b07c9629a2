"""Environment variables as inputs, each with the files that its value names."""

import os
from collections.abc import Iterable

from lbuild_keys.model import Input, Observation, Snapshot, Source, declared, present
from lbuild_keys.observe import env_policy, env_vars, files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, ProjectTree


def observe_variables(
    project: ProjectTree,
    context: BuildContext,
    names: Iterable[str],
    source: Source,
    digests: Digests,
) -> tuple[Snapshot, Snapshot]:
    """Observe variables that are set, and the files that their values name.

    Constraints files, a compiler: the content of what a value names decides as much as the value.
    So does what constraints files include.

    Args:
        project: its folder is where relative paths in values may start.
        context: the variables; where lbuild runs is where relative paths may start as well.
        names: of variables that are set; those that a setting ignores are left out.
        source: why they count.
        digests: known digests of files.

    Returns:
        The variables; and the files, each named ``NAME[INDEX]``.
    """
    variables: dict[Input, Observation] = {}
    named_files: dict[Input, Observation] = {}
    for name in names:
        if project.ignores_variable(name):
            continue
        state = env_vars.observe(name, context.environ, context.secret)
        variables[Input("environment", name)] = Observation(state, source)
        value = context.environ[name]
        places = dict.fromkeys(
            start / word
            for word in (value, *value.split())
            for start in (project.root, context.cwd)
        )
        paths = [*map(os.fspath, places)]
        if name in env_policy.CONSTRAINTS:
            from lbuild_keys.installers import constraints  # seldom set

            paths += dict.fromkeys(one for path in paths for one in constraints.included(path))
        for index, path in enumerate(paths):
            if os.path.lexists(path) and not os.path.isdir(path):  # noqa: PTH112  never raises
                named = files.observe(path, digests)
                thing = Input("environment-file", f"{name}[{index}]")
                named_files[thing] = Observation(named, source)
    return variables, named_files


def observe_ignored(project: ProjectTree) -> Snapshot:
    """Observe which variables a setting ignores: without it, a build may be due that it hid."""
    source = declared("tool.lbuild.ignore-environment")
    return {
        Input("environment", f"{pattern} (ignored)"): Observation(present("ignored"), source)
        for pattern in project.settings.ignore_environment
    }
