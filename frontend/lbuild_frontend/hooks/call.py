"""Calls the hooks of a build backend (PEP 517) in a process of their own, under the recorder."""

import configparser
import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproject_hooks

from lbuild_frontend.disk import temporary
from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import setuptools as setuptools_leftovers
from lbuild_frontend.in_process import recorder
from lbuild_keys import pep508
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.tracing import trace
from lbuild_keys.tracing.trace import Trace

ConfigSettings = Mapping[str, str | list[str]]

_PATIENCE = 5
"""Seconds that a hook process gets to end by itself when lbuild is interrupted."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A build backend, ready to be called.

    Attributes:
        label: how messages call the project.
        root: the project's folder, where hooks run.
        build_base: where setuptools builds if it cannot be told otherwise; None if another does.
        executable: the interpreter of the build environment.
        environ: the whole environment of the hook process.
        echo: whether the hook's output goes to standard error as it comes.
        lock: descriptor of a lock that the hook inherits: it may still write to the project after
            this process was killed.
    """

    label: str
    root: Path
    build_system: BuildSystem
    build_base: str | None
    executable: str
    environ: Mapping[str, str]
    echo: bool
    lock: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What a hook returned, what it did meanwhile, and what it warned of.

    Attributes:
        value: the hook's return value, as it came through JSON.
        scratch: folders that were made for this call and are gone with it.
    """

    value: object
    trace: Trace
    scratch: tuple[str, ...]
    warnings: tuple[str, ...]


def get_requires_for_build_wheel(backend: Backend, settings: ConfigSettings) -> Returned:
    """Ask for the requirements that the backend adds to ``build-system.requires``, a list.

    Raises:
        BuildFailed: if the hook fails, or returns anything but a list of strings.
    """
    hook = "get_requires_for_build_wheel"
    returned = _call(backend, hook, {"config_settings": dict(settings)})
    try:
        for text in _strings(returned.value):
            pep508.check(text)
    except (TypeError, ValueError) as error:
        message = (
            f"{backend.label}: {hook} of {backend.build_system.build_backend!r} returned "
            f"{returned.value!r}, which is no list of requirements (PEP 508). "
            "This is a fault of the build backend."
        )
        raise BuildFailed(message) from error
    return returned


def _strings(value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise TypeError


def build_wheel(backend: Backend, folder: Path, settings: ConfigSettings) -> Returned:
    """Build a wheel into ``folder``; the value returned is unchecked.

    Raises:
        BuildFailed: if the hook fails.
    """
    arguments = {"wheel_directory": str(folder), "config_settings": dict(settings)}
    return _call(backend, "build_wheel", arguments)


def prepare_metadata_for_build_wheel(
    backend: Backend, folder: Path, settings: ConfigSettings
) -> Returned:
    """Prepare a ``.dist-info`` in ``folder``; the value returned is unchecked.

    Of a backend without this hook the wheel is built, and its metadata taken (PEP 517).

    Raises:
        BuildFailed: if the hook fails.
    """
    arguments = {"metadata_directory": str(folder), "config_settings": dict(settings)}
    return _call(backend, "prepare_metadata_for_build_wheel", arguments)


def _call(backend: Backend, hook: str, arguments: Mapping[str, object]) -> Returned:
    with temporary.folder("hook") as folder:
        log, output = folder / "trace", folder / "output"
        config = _outside_config(backend, folder)
        lock = "" if backend.lock is None else str(backend.lock)
        folders = [os.fspath(folder)]
        files = setuptools_leftovers.to_come(backend.root)
        leftover = backend.build_base is not None and (backend.root / backend.build_base).exists()

        def run(
            cmd: Sequence[str],
            cwd: str | None = None,
            extra_environ: Mapping[str, str] | None = None,
        ) -> None:
            python, *rest = cmd
            # pyproject_hooks' own script, and the folder through which it talks with it.
            folders.extend([os.path.dirname(rest[0]), rest[-1]])  # noqa: PTH120  a str
            _run(
                [python, *recorder.START, str(log), str(config), lock, *rest],
                cwd,
                {**backend.environ, **(extra_environ or {})},
                None if backend.echo else output,
                () if backend.lock is None else (backend.lock,),
            )

        caller = pyproject_hooks.BuildBackendHookCaller(
            str(backend.root),
            backend.build_system.build_backend,
            backend_path=backend.build_system.backend_path or None,
            runner=run,
            python_executable=backend.executable,
        )
        try:
            with (
                _failures(backend, hook, output),
                temporary.others_in(folder),
                warnings.catch_warnings(record=True) as caught,
            ):
                warnings.simplefilter("always", pyproject_hooks.BuildBackendWarning)
                value = getattr(caller, hook)(**arguments)
        finally:
            did = trace.parse(log.read_bytes() if log.exists() else None)
            if (
                leftover
                and hook != "get_requires_for_build_wheel"
                and not _wrote_below(_build_base(folder), did)
            ):
                # It builds in the tree, and skips what is up to date there without reading it.
                problem = f"{backend.build_base} holds what an earlier build left"
                did = dataclasses.replace(did, problems=(*did.problems, problem))
            if backend.build_base is not None:
                written = _written(backend.root, did)
                setuptools_leftovers.clear(backend.root, backend.build_base, files, written)
        messages = tuple(str(warning.message) for warning in caught)
        return Returned(value, did, tuple(folders), messages)


def _outside_config(backend: Backend, folder: Path) -> Path:
    """Write a configuration file that keeps what setuptools leaves behind out of the project.

    setuptools copies modules from ``build/lib`` into the wheel and takes data files from egg-info,
    though the sources may be gone. A file that ``DIST_EXTRA_CONFIG`` names, which it reads after
    all others, moves both; ``recorder`` names it. It holds what a file of the user's holds.
    """
    egg_base = folder / "egg-info"
    egg_base.mkdir()
    parser = configparser.RawConfigParser()
    users = backend.environ.get("DIST_EXTRA_CONFIG")
    # One that cannot be read is setuptools' to complain of, if it is setuptools that builds.
    with contextlib.suppress(configparser.Error, UnicodeDecodeError, OSError):
        if users:
            parser.read(backend.root / users, encoding="utf-8")
    for section, option, value in (
        ("build", "build_base", _build_base(folder)),
        ("egg_info", "egg_base", egg_base),
    ):
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, str(value).replace("%", "%%"))  # setuptools interpolates
    path = folder / "setuptools.cfg"
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return path


def _run(
    command: Sequence[str],
    cwd: str | None,
    environ: Mapping[str, str],
    output: Path | None,
    inherited: Sequence[int],
) -> None:
    with contextlib.ExitStack() as stack:
        sink = sys.stderr if output is None else stack.enter_context(output.open("wb"))
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT if output is not None else sink,
            pass_fds=() if os.name == "nt" else inherited,
            **_OWN_GROUP,
        )
        try:
            code = process.wait()
        except BaseException:
            _stop(process)
            raise
    if code:
        raise subprocess.CalledProcessError(code, command)


# A group of its own, so that what the hook has started can be ended with it. And a session of its
# own: a group in the background that reads from the terminal (ssh, for a passphrase) would be
# stopped, and never go on. Without a terminal it is told that there is none.
_OWN_GROUP: Mapping[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if os.name == "nt"
    else {"start_new_session": True}
)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a hook to end, and kill what is left of it and of all that it has started."""
    if os.name == "nt":
        process.terminate()
        process.wait()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _failures(backend: Backend, hook: str, output: Path) -> Iterator[None]:
    """Turn what pyproject_hooks raises into one message each."""
    name, label = backend.build_system.build_backend, backend.label
    try:
        yield
    except pyproject_hooks.BackendUnavailable as error:
        message = (
            f"{label}: the build backend {name!r} cannot be imported. "
            "Check build-system.build-backend, requires and backend-path in pyproject.toml."
        )
        raise BuildFailed(message, f"{_text(output)}{error.traceback}") from error
    except subprocess.CalledProcessError as error:
        text = _text(output)
        if f"has no attribute '{hook}'" in text[-500:]:
            message = f"{label}: the build backend {name!r} has no {hook} hook (PEP 517)."
        elif error.returncode < 0:
            message = f"{label}: {hook} of {name!r} was killed by signal {-error.returncode}."
        else:
            message = f"{label}: {hook} of {name!r} failed; its output tells why."
        raise BuildFailed(message, text) from error
    except (FileNotFoundError, ValueError, KeyError, AttributeError) as error:
        if isinstance(error, FileNotFoundError) and Path(str(error.filename)).name != "output.json":
            raise
        # No result file, or none that pyproject_hooks can read: the hook ended the process itself.
        message = f"{label}: {hook} of {name!r} ended the process without returning a result."
        raise BuildFailed(message, _text(output)) from error


def _text(output: Path) -> str:
    try:
        return output.read_text("utf-8", "replace")
    except FileNotFoundError:  # the output went to standard error
        return ""


def _build_base(folder: Path) -> Path:
    # Deep, for objects of sources that are named with ".." are put as far above the build base.
    return folder.joinpath(*"abcdefgh", "build")


def _wrote_below(folder: Path, did: Trace) -> bool:
    return any(
        access in trace.CREATING and path.startswith(f"{folder}/") for access, path in did.accesses
    )


def _written(root: Path, did: Trace) -> frozenset[str]:
    """What a hook wrote below a project, relative to it."""
    found = set()
    for access, written in did.accesses:
        folder, name = os.path.split(written)
        path = Path(os.path.realpath(folder), name)  # a link that is written stays itself
        if access in trace.CREATING and path.is_relative_to(root):
            found.add(path.relative_to(root).as_posix())
    return frozenset(found)
