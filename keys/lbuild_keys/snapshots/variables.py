"""Environment variables as inputs, each with the files that its value names."""

import os
from collections.abc import Iterable

from lbuild_keys.model import Input, Observation, Source
from lbuild_keys.observe import env_vars, files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.context import BuildContext, Project


def add(
    project: Project,
    context: BuildContext,
    names: Iterable[str],
    source: Source,
    digests: Digests,
    seen: dict[Input, Observation],
) -> None:
    """Add variables that are set to what was seen already.

    Constraints files, a compiler: what a value names decides as much as the value.
    """
    for name in names:
        state = env_vars.observe(name, context.environ, context.secret)
        seen.setdefault(Input("environment", name), Observation(state, source))
        value = context.environ[name]
        places = dict.fromkeys(
            start / word
            for word in (value, *value.split())
            for start in (project.root, context.cwd)
        )
        for index, place in enumerate(places):
            path = os.fspath(place)
            if os.path.lexists(path) and not os.path.isdir(path):  # noqa: PTH112  never raises
                named = files.observe(path, digests)
                seen[Input("environment-file", f"{name}[{index}]")] = Observation(named, source)
