"""Calls the hooks of a build backend (PEP 517) in a process of their own, under the recorder."""

import configparser
import contextlib
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyproject_hooks

from lbuild_frontend import leftovers, recorder
from lbuild_frontend.errors import BuildFailed
from lbuild_keys.declaration import BuildSystem

ConfigSettings = Mapping[str, str | list[str]]

_PATIENCE = 5
"""Seconds that a hook process gets to end by itself when lbuild is interrupted."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A build backend, ready to be called.

    Attributes:
        label: how messages call the project.
        root: the project's folder, where hooks run.
        build_base: where setuptools builds if it cannot be told otherwise.
        executable: the interpreter of the build environment.
        environ: the whole environment of the hook process.
        echo: whether the hook's output goes to standard error as it comes.
    """

    label: str
    root: Path
    build_system: BuildSystem
    build_base: str
    executable: str
    environ: Mapping[str, str]
    echo: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """What a hook returned, what it wrote below the project, and what it warned of.

    Attributes:
        value: the hook's return value, as it came through JSON.
        written: paths relative to the project of what was opened for writing or created there.
    """

    value: object
    written: frozenset[str]
    warnings: tuple[str, ...]


def get_requires_for_build_wheel(backend: Backend, settings: ConfigSettings) -> Returned:
    """Ask for the requirements that the backend adds to ``build-system.requires``, a list.

    Raises:
        BuildFailed: if the hook fails, or returns anything but a list of strings.
    """
    hook = "get_requires_for_build_wheel"
    returned = _call(backend, hook, {"config_settings": dict(settings)})
    value = returned.value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        message = f"{backend.label}: {hook} returned {value!r}, which is no list of requirements."
        raise BuildFailed(message)
    return returned


def build_wheel(backend: Backend, folder: Path, settings: ConfigSettings) -> Returned:
    """Build a wheel into ``folder``; the value returned is unchecked.

    Raises:
        BuildFailed: if the hook fails.
    """
    arguments = {"wheel_directory": str(folder), "config_settings": dict(settings)}
    return _call(backend, "build_wheel", arguments)


def _call(backend: Backend, hook: str, arguments: Mapping[str, object]) -> Returned:
    with tempfile.TemporaryDirectory(prefix="lbuild-hook-") as name:
        scratch = Path(name)
        log, output = scratch / "written", scratch / "output"
        environ = {**backend.environ, **_aside(backend, scratch)}

        def run(
            cmd: Sequence[str],
            cwd: str | None = None,
            extra_environ: Mapping[str, str] | None = None,
        ) -> None:
            python, *rest = cmd
            _run(
                [python, recorder.__file__, str(log), *rest],
                cwd,
                {**environ, **(extra_environ or {})},
                None if backend.echo else output,
            )

        caller = pyproject_hooks.BuildBackendHookCaller(
            str(backend.root),
            backend.build_system.build_backend,
            backend_path=backend.build_system.backend_path or None,
            runner=run,
            python_executable=backend.executable,
        )
        try:
            with _failures(backend, hook, output), warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", pyproject_hooks.BuildBackendWarning)
                value = getattr(caller, hook)(**arguments)
        finally:
            written = _below(backend.root, log.read_bytes() if log.exists() else b"")
            leftovers.clear(backend.root, backend.build_base, written)
        return Returned(value, written, tuple(str(warning.message) for warning in caught))


def _aside(backend: Backend, scratch: Path) -> dict[str, str]:
    """Variables that keep what a build leaves behind out of the project and of the next build.

    setuptools copies modules from ``build/lib`` into the wheel and takes data files from egg-info,
    though the sources may be gone (TRACING: in-tree leftovers make wrong wheels). A configuration
    file that ``DIST_EXTRA_CONFIG`` names moves both (setuptools; read after all others).
    """
    build_base, egg_base = scratch / "build", scratch / "egg-info"
    egg_base.mkdir()
    parser = configparser.RawConfigParser()
    users = backend.environ.get("DIST_EXTRA_CONFIG")
    if users:
        parser.read(backend.root / users, encoding="utf-8")
    for section, option, value in (
        ("build", "build_base", build_base),
        ("egg_info", "egg_base", egg_base),
    ):
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, str(value))
    extra_config = scratch / "setuptools.cfg"
    with extra_config.open("w", encoding="utf-8") as file:
        parser.write(file)
    return {"DIST_EXTRA_CONFIG": str(extra_config)}


def _run(
    command: Sequence[str], cwd: str | None, environ: Mapping[str, str], output: Path | None
) -> None:
    with contextlib.ExitStack() as stack:
        sink = sys.stderr if output is None else stack.enter_context(output.open("wb"))
        process = subprocess.Popen(  # noqa: S603  running the project's backend is the purpose
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT if output is not None else sink,
        )
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise
    if code:
        raise subprocess.CalledProcessError(code, command)


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
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # No result file, or none that pyproject_hooks can read: the hook ended the process itself.
        message = f"{label}: {hook} of {name!r} ended the process without returning a result."
        raise BuildFailed(message, _text(output)) from error


def _text(output: Path) -> str:
    try:
        return output.read_text("utf-8", "replace")
    except FileNotFoundError:  # the output went to standard error
        return ""


def _below(root: Path, log: bytes) -> frozenset[str]:
    found = set()
    for item in set(log.split(b"\0")) - {b""}:
        folder, name = os.path.split(os.fsdecode(item))
        path = Path(os.path.realpath(folder), name)  # a link that is written stays itself
        if path.is_relative_to(root):
            found.add(path.relative_to(root).as_posix())
    return frozenset(found)
