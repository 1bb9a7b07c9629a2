"""Runs inside the hook process: records what the hook uses and writes, and trusts no bytecode.

It is started as ``python *START LOG CONFIG LOCK SCRIPT [ARGUMENT]...``. It begins to record, and
runs SCRIPT as if Python had been started with that. LOCK is the number of a descriptor, or empty:
this process keeps it open, the programs that it starts do not. If a record cannot be written, the
log is removed: no log means "not traced". Apart from that the hook behaves, and above all does not
fail, as if it were not recorded.

Python trusts bytecode if it records the size of its source and the second of its last change. So an
edit may be missed within the same second, or if time stamps are put back. Modules that are imported
from anywhere but the interpreter and its environment are therefore read from their source, and no
``__pycache__`` is left.

The modules of the recorder are standard library code for CPython 3.8 and later. Here, they are in
no folder that Python searches, and nobody can import them: they are of another package, which is
gone when SCRIPT begins. So they import each other by relative names, and all at the start.
"""

import os
import sys

from .log import LogFile
from .paths import exists
from .recorder import Recorder
from .records import OWN_CODE, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, TracebackType
    from typing import Any

_PACKAGE = "lbuild_recorder"
_MODULES = (
    *("paths", "log", "records", "files", "folders", "programs", "variables", "recorder"),
    "start",
)
"""The modules of the recorder, each after those that it imports."""

_CODE = f"""\
import os, sys, _frozen_importlib as machinery, _frozen_importlib_external as external
for name in {_MODULES}:
    path = os.path.join(os.path.dirname(sys.argv[1]), name + ".py")
    spec = external.spec_from_file_location("{_PACKAGE}." + name, path)
    module = sys.modules[spec.name] = machinery.module_from_spec(spec)
    spec.loader.exec_module(module)
module.main()
"""
START = ("-c", _CODE, __file__)
"""Arguments with which an interpreter runs this file; ``LOG CONFIG LOCK SCRIPT ...`` follow.

Python compiles a file that is run by its name each time, which takes longer than all recording.
"""

HASH_SEED = "_LBUILD_PYTHONHASHSEED"
"""A variable with the PYTHONHASHSEED that the hook should see, if Python was started with another;
empty if it should see none."""

SUPERVISOR = "_LBUILD_SUPERVISOR"
"""The variable of ``follow.SUPERVISOR``: that module is loaded only when it is needed."""

_TO_HERE = "/.lbuild/follows/to-here"
"""The path of ``follow.END``."""

COMMANDS = "_LBUILD_COMMANDS"
"""The variable of ``commands.SETTINGS``: that module is loaded only where programs are expected."""


def _take_commands() -> "dict[str, Any] | None":
    """Load what restores results of compilers, before ``os`` is wrapped, if it was asked for."""
    text = os.environ.pop(COMMANDS, None)
    if text is None:
        return None
    import json

    module = load("commands")
    known = module["Commands"](**json.loads(text))
    return {"known": known, **load("popen")}


def _restore_results(recorder: Recorder, module: "dict[str, Any]") -> None:
    variables: Any = getattr(os.environ, "_data")  # noqa: B009  mypy does not know it

    def environ() -> "dict[str, str]":  # not as the hook does, which would be recorded
        return {os.fsdecode(name): os.fsdecode(value) for name, value in dict.items(variables)}

    module["install"](module["known"], environ, recorder.attempt, recorder.reused)


def _record(
    log: str, supervisor: "int | None", commands: "dict[str, Any] | None"
) -> "Callable[[], None]":
    """Begin to record; return what has to be called when the script ends."""
    try:
        folder, project = os.path.dirname(os.path.abspath(log)), os.getcwd()
        own: tuple[str, ...] = (os.path.join(folder, ""),)
        if os.path.join(project, "").startswith(own):
            own = ()
        file = LogFile(log, own)
        recorder = Recorder(file, project, own)
    except OSError:
        return lambda: None  # no log: not traced
    if supervisor is not None:
        recorder.ask(supervisor)
    recorder.attempt(recorder.see_manifests)
    recorder.attempt(recorder.begin)
    sys.addaudithook(recorder.audit)
    if commands is not None:
        _restore_results(recorder, commands)
    # Importers have listed folders that are not recorded: they have to list them again.
    for importer in list(sys.path_importer_cache.values()):
        if importer is not None and hasattr(importer, "invalidate_caches"):
            recorder.attempt(importer.invalidate_caches)
    recorder.attempt(recorder.see_imports)

    def settle() -> None:
        recorder.attempt(file.settle)

    def end() -> None:
        recorder.attempt(recorder.finish)
        settle()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=settle)
    return end


def _distrust_bytecode(project: str) -> None:
    import _frozen_importlib_external as machinery

    original = machinery.cache_from_source
    installed = [os.path.join(os.path.abspath(path), "") for path in (sys.prefix, sys.base_prefix)]
    # A project may be inside an environment, and an environment inside a project.
    outer = [path for path in installed if not path.startswith(os.path.join(project, ""))]

    def cache_from_source(path: str, *arguments: "Any", **keywords: "Any") -> str:
        absolute = os.path.abspath(os.fspath(path))
        trusted = [path for path in installed if absolute.startswith(path)]
        if not trusted or (absolute.startswith(project + os.sep) and set(trusted) <= set(outer)):
            # For importlib this means that there is no path for bytecode (PEP 3147).
            raise NotImplementedError
        return original(path, *arguments, **keywords)

    # Only for the import system: importlib.util, which other code calls, stays as it is.
    setattr(machinery, "cache_from_source", cache_from_source)  # noqa: B010  mypy knows its type


def _configure_setuptools(project: str, config: str) -> None:
    """Make CONFIG the file that ``DIST_EXTRA_CONFIG`` names, for builds of this project only.

    The variable itself is not set, because programs that the hook starts may build other projects.
    CONFIG includes the user's own such file, if there is one, so that is recorded as read.
    """
    original = os.getenv

    def getenv(key: str, default: "Any" = None) -> "Any":
        value = original(key, default)
        if key == "DIST_EXTRA_CONFIG" and os.getcwd() == project:
            if value:
                sys.audit("open", os.path.join(project, value), "r", os.O_RDONLY)
            return config
        return value

    os.getenv = getenv


def _restore_hash_seed() -> None:
    """Put back PYTHONHASHSEED, which counts as an input if the hook reads it by its name."""
    seed = os.environ.pop(HASH_SEED, None)
    if seed:
        os.environ["PYTHONHASHSEED"] = seed
    elif seed is not None:
        os.environ.pop("PYTHONHASHSEED", None)


def _take_supervisor() -> "int | None":
    """Take the descriptor of the socket that leads to the supervisor; no program inherits it."""
    text = os.environ.pop(SUPERVISOR, None)
    if text is None:
        return None
    os.set_inheritable(int(text), False)
    return int(text)


_STARTING: "list[CodeType]" = []
"""The code that the interpreter was given by ``-c``."""


def _hide_own_frames(
    kind: "type[BaseException]", error: BaseException, _trace: "TracebackType | None"
) -> None:
    """Print an error as if the script had been started directly and nothing were wrapped."""
    seen = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        part.__traceback__ = _without_own(part.__traceback__)
        part = part.__context__ if part.__cause__ is None else part.__cause__
    sys.__excepthook__(kind, error, error.__traceback__)


def _without_own(trace: "TracebackType | None") -> "TracebackType | None":
    first = last = None
    while trace is not None:
        following = trace.tb_next
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(OWN_CODE) and code not in _STARTING:
            if last is None:
                first = trace
            else:
                last.tb_next = trace
            last = trace
        trace = following
    if last is not None:
        last.tb_next = None
    return first


def main() -> None:
    """Record what a script does, as this process was asked to; called by ``START``."""
    import _frozen_importlib_external as external

    _STARTING.append(sys._getframe(1).f_code)  # noqa: SLF001  as documented for CPython
    for name in _MODULES:
        del sys.modules[f"{_PACKAGE}.{name}"]
    log, config, lock, script = sys.argv[2:6]
    del sys.argv[:5]
    if lock and os.name != "nt":
        # A daemon that the hook starts runs on after the build.
        os.set_inheritable(int(lock), False)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(script)
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec")
    main = type(sys)("__main__")
    given = vars(sys.modules["__main__"])
    vars(main).update({name: value for name, value in given.items() if name[:2] == "__"})
    vars(main).update(__cached__=None, __doc__=None, __file__=script)
    vars(main).update(__loader__=external.SourceFileLoader("__main__", script))
    sys.modules["__main__"] = main
    _restore_hash_seed()
    # For programs: bytecode that they left in the project would be trusted by its time. In this
    # process it makes no difference any more: modules of the environment are compiled once.
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    supervisor = _take_supervisor()
    commands = _take_commands()
    _distrust_bytecode(os.getcwd())
    _configure_setuptools(os.getcwd(), config)
    sys.excepthook = _hide_own_frames
    end = _record(log, supervisor, commands)
    try:
        exec(code, vars(main))
    finally:
        exists(_TO_HERE)  # for the supervisor, if there is one
        end()
