"""The public API: what lbuild does, as functions that take values and return values.

``lbuild_frontend.api`` is what is public of this package, and stable (docs/reference/stability.md).
The command line uses it, and nothing below it.

- ``arguments``: what callers give, checked
- ``cache``: the commands on the cache; provisional
- ``options``: the options of the functions on projects
- ``projects``: the functions on projects
"""

from typing import TYPE_CHECKING

from lbuild_frontend.api.options import BuildOptions
from lbuild_frontend.api.projects import (
    build_editable,
    build_sdist,
    build_wheel,
    graph,
    install,
    metadata,
    preload,
    run,
    status,
)
from lbuild_frontend.errors import (
    BuildFailed,
    Busy,
    CacheError,
    InstallFailed,
    InterpreterError,
    LbuildError,
    NoEnvironment,
    ProjectError,
    Skipped,
    SystemFault,
    TargetError,
)
from lbuild_frontend.execution.public import failed_result
from lbuild_frontend.model.events import (
    Callback,
    Changing,
    Counted,
    Ended,
    Event,
    Failed,
    Finished,
    Idle,
    Note,
    Progress,
    Warned,
)
from lbuild_frontend.model.outcome import NearestBuild
from lbuild_frontend.model.request import Command, InstallRequest, Request, Scope
from lbuild_frontend.model.results import (
    DoneResult,
    EnvironmentState,
    FailedResult,
    Failure,
    GraphMember,
    GraphResult,
    InstallResult,
    MetadataResult,
    NeededResult,
    Result,
    SdistResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.output.json_rows import to_json

if TYPE_CHECKING:
    from types import ModuleType

    from lbuild_frontend.api import cache

__all__ = [
    "BuildFailed",
    "BuildOptions",
    "Busy",
    "CacheError",
    "Callback",
    "Changing",
    "Command",
    "Counted",
    "DoneResult",
    "Ended",
    "EnvironmentState",
    "Event",
    "Failed",
    "FailedResult",
    "Failure",
    "Finished",
    "GraphMember",
    "GraphResult",
    "Idle",
    "InstallFailed",
    "InstallRequest",
    "InstallResult",
    "InterpreterError",
    "LbuildError",
    "MetadataResult",
    "NearestBuild",
    "NeededResult",
    "NoEnvironment",
    "Note",
    "Progress",
    "ProjectError",
    "Request",
    "Result",
    "Scope",
    "SdistResult",
    "Skipped",
    "StatusResult",
    "SystemFault",
    "TargetError",
    "Warned",
    "WheelResult",
    "build_editable",
    "build_sdist",
    "build_wheel",
    "cache",
    "failed_result",
    "graph",
    "install",
    "metadata",
    "preload",
    "run",
    "status",
    "to_json",
]


def __getattr__(name: str) -> "ModuleType":
    """Import ``cache`` when it is asked for (PEP 562): commands on projects do not need it."""
    if name == "cache":
        import importlib

        return importlib.import_module("lbuild_frontend.api.cache")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
