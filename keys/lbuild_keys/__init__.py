"""What decides a rebuild. It reads, and never writes, builds or prints.

The names in ``__all__`` are the public API (docs/reference/keys-api.md); nothing else is. They are
imported when they are first used, because each command of lbuild imports this module.

From the decision down to plain values; each wing imports only from those below it:

- ``decision``: past builds and the present -> reuse one, or rebuild and why
- ``effects``: what a build did to the project
- ``snapshots``: all inputs of a project at one moment
- ``tracing``: the trace of a hook -> its inputs and outputs
- ``backends``: what is known of build backends
- ``workspaces``: several projects that are built together
- ``config``: pyproject.toml -> settings
- ``git``: asking a repository without changing it
- ``globs``: file patterns
- ``installers``: what pip and uv would take from this machine
- ``observe``: what a file, folder, variable, program or distribution is now
- ``pep508``: names of distributions, and requirement strings
- ``python_source``: Python sources of others -> syntax trees
- ``content``: the content of a file that may be too large to hold in memory
- ``file_urls``: ``file:`` URLs -> paths
- ``model``: inputs, states, snapshots and keys
- ``errors``: malformed patterns and settings
"""

TYPE_CHECKING = False  # as typing has it, which takes time to import
if TYPE_CHECKING:
    from lbuild_keys.decision.compare import (
        compare,
    )
    from lbuild_keys.decision.describe import (
        sentence,
        to_json,
    )
    from lbuild_keys.decision.reasons import (
        BackendChanged,
        BuildSystemChanged,
        ConfigSettingsChanged,
        DirectoryChanged,
        EditedDuringBuild,
        EnvironmentChanged,
        ExecutableChanged,
        FileAdded,
        FileChanged,
        FileRemoved,
        FirstBuild,
        Forced,
        GitCommitChanged,
        GitTagsChanged,
        GitTreeChanged,
        InterpreterChanged,
        ListingChanged,
        ProjectMoved,
        Reason,
        RecordUnreadable,
        RecordVersion,
        RequirementChanged,
        ResultDamaged,
        ResultMissing,
        Untraced,
    )
    from lbuild_keys.errors import (
        KeysError,
        NoProjectError,
        SettingsError,
    )
    from lbuild_keys.model import (
        Input,
        Key,
        Kind,
        Observation,
        Snapshot,
        Source,
        State,
        key_of,
    )
    from lbuild_keys.snapshots.of_folder import (
        snapshot,
    )

__all__ = [
    "BackendChanged",
    "BuildSystemChanged",
    "ConfigSettingsChanged",
    "DirectoryChanged",
    "EditedDuringBuild",
    "EnvironmentChanged",
    "ExecutableChanged",
    "FileAdded",
    "FileChanged",
    "FileRemoved",
    "FirstBuild",
    "Forced",
    "GitCommitChanged",
    "GitTagsChanged",
    "GitTreeChanged",
    "Input",
    "InterpreterChanged",
    "Key",
    "KeysError",
    "Kind",
    "ListingChanged",
    "NoProjectError",
    "Observation",
    "ProjectMoved",
    "Reason",
    "RecordUnreadable",
    "RecordVersion",
    "RequirementChanged",
    "ResultDamaged",
    "ResultMissing",
    "SettingsError",
    "Snapshot",
    "Source",
    "State",
    "Untraced",
    "compare",
    "key_of",
    "sentence",
    "snapshot",
    "to_json",
]

_FROM = {
    "decision.compare": ("compare",),
    "decision.describe": ("sentence", "to_json"),
    "errors": ("KeysError", "NoProjectError", "SettingsError"),
    "model": ("Input", "Key", "Kind", "Observation", "Snapshot", "Source", "State", "key_of"),
    "snapshots.of_folder": ("snapshot",),
}
"""By module, the public names; the reasons are all others."""

_MODULE = dict.fromkeys(__all__, "decision.reasons") | {
    name: module for module, names in _FROM.items() for name in names
}

if not TYPE_CHECKING:  # with it, type checkers would find any name here

    def __getattr__(name: str) -> object:
        """Import what a public name stands for (PEP 562)."""
        if name not in _MODULE:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
