"""Provides isolated build environments: each is made once, and kept for all that require the same.

An environment is made for a request (module ``kept``), and never changed after that. If its files
are not as they were recorded, it is not used, and another one is made. An environment cannot be
moved, so a cache that was moved has none.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache import size_account
from lbuild_frontend.cache.sealed import RecordError
from lbuild_frontend.cache.store import Store
from lbuild_frontend.disk import atomic, temporary
from lbuild_frontend.environments import bytecode, contents, installer, kept
from lbuild_frontend.environments.base import Environment
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.environments.kept import EnvironmentRecord, RequestRecord
from lbuild_frontend.errors import BuildFailed, LbuildError, unforeseen
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.observe.env_vars import keyed_digest

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _Usable:
    """A kept environment that is unchanged since it was recorded.

    Attributes:
        python_executable: the path of its interpreter.
        identity: the identity of the environment.
        resolved_at: when the requirements were resolved, in seconds since the epoch.
    """

    python_executable: Path
    identity: str
    resolved_at: float


@contextlib.contextmanager
def open_environments(
    *,
    cache: Store,
    interpreter: Interpreter,
    cwd: Path,
    max_age: float | None,
    label: str,
    reporter: Reporter,
) -> Iterator["IsolatedEnvironments"]:
    """Provide isolated environments until the context ends; until then none of them is removed.

    Args:
        cache: where environments are kept.
        interpreter: the interpreter of the environments.
        cwd: the folder in which the installer runs.
        max_age: seconds after which requirements are resolved again, if that is possible; None to
            resolve and install them in any case.
        label: the project's name in messages.
        reporter: gets progress and warnings.
    """
    with contextlib.ExitStack() as uses:
        provider = IsolatedEnvironments(cache, interpreter, cwd, max_age, label, reporter, uses)
        yield provider
        provider.record_bytecode()


class IsolatedEnvironments:
    """Provides isolated environments; made by ``open_environments``."""

    def __init__(
        self,
        cache: Store,
        interpreter: Interpreter,
        cwd: Path,
        max_age: float | None,
        label: str,
        reporter: Reporter,
        uses: contextlib.ExitStack,
    ) -> None:
        self._cache = cache
        self._interpreter = interpreter
        self._cwd = cwd
        self._max_age = max_age
        self._opened_at = time.time()
        self._label = label
        self._reporter = reporter
        # When it is closed, the environments that were used are released, or removed if not kept.
        self._uses = uses
        # The kept environments that were provided, by the path of their interpreters.
        self._provided: dict[Path, EnvironmentRecord] = {}
        self._bucket = kept.in_cache(cache.root)

    def provide(self, requirements: Collection[str]) -> Environment:
        """Return an environment that holds what is required and nothing else.

        It is not kept if something in it is from this machine, because that may change.

        Raises:
            BuildFailed: if the requirements cannot be installed.
            LbuildError: if no environment can be made, or the cache cannot be written.
        """
        wanted = tuple(sorted(set(requirements)))
        uv = installer.find_uv(os.environ)
        if any(map(may_be_local, wanted)):
            python = self._make_temporary(uv, wanted)
            return _environment_of(python, contents.installed(contents.root_of(python)).identity)
        request = self._name_of_request(uv, wanted)
        found = self._find(request)
        if found is None or not self._is_recent(found):
            what = "another lbuild that makes the same build environment"
            with self._cache.lock(f"environment-{request}", what, self._tell):
                # Another process may have made it while this one waited.
                found = self._find(request)
                if found is None or not self._is_recent(found):
                    return _environment_of(*self._make_and_record(request, uv, wanted, found))
        return _environment_of(found.python_executable, found.identity)

    def has_changed(self, environment: Environment) -> bool:
        """See ``Environments``. One that is not kept is used by this build only: it has not."""
        record = self._provided.get(Path(environment.python_executable))
        return record is not None and not self._bucket.is_unchanged(record)

    def _name_of_request(self, uv: str | None, requirements: tuple[str, ...]) -> str:
        influences = installer.influences(uv, self._interpreter, os.environ, self._cwd)
        parts = [_SCHEMA, os.fspath(self._bucket.root), requirements, influences]
        return keyed_digest(json.dumps(parts), self._cache.secret).detail

    def _is_recent(self, found: _Usable) -> bool:
        if self._max_age is None:  # unless another process has just made it
            return found.resolved_at >= self._opened_at
        # If the clock was set back, it may be from the future, and its age is unknown.
        return self._opened_at - self._max_age <= found.resolved_at <= time.time()

    def record_bytecode(self) -> None:
        """Record the bytecode that is in the environments at the end of a build, to be trusted."""
        with contextlib.suppress(OSError, LbuildError):  # the next build compiles it again
            for record in self._provided.values():
                bytecode.record_all(self._bucket, record, self._exclusive)

    def _exclusive(self) -> contextlib.AbstractContextManager[object]:
        return self._cache.exclusive(self._tell)

    def _tell(self, text: str) -> None:
        self._reporter.note(f"{self._label}: {text}")

    def _find(self, request: str) -> _Usable | None:
        """Find the environment that was made for a request; if it is damaged, warn and forget it.

        Raises:
            LbuildError: if the cache cannot be used.
        """
        path = self._bucket.request_path(request)
        try:
            known = self._bucket.read_request(request)
            path = self._bucket.record_path(known.identity)
            python = self._hold_unchanged(known.identity)
        except FileNotFoundError:
            return None
        except (OSError, RecordError):
            python = None
        if python is None:
            self._reporter.warn(
                f"{self._label}: a build environment, or its record {path}, has changed since it "
                "was made; a new one is made"
            )
            atomic.remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return _Usable(python, known.identity, known.resolved_at)

    def _hold_unchanged(self, identity: str) -> Path | None:
        """Hold a kept environment; return its interpreter, or None if its files have changed.

        Raises:
            OSError, RecordError: if there is no such record.
            LbuildError: if the cache cannot be used.
        """
        self._uses.enter_context(self._bucket.hold(self._bucket.read_record(identity).folder))
        record = self._bucket.read_record(identity)  # if it still exists, so does the environment
        if not self._bucket.is_unchanged(record):
            return None
        for path in bytecode.remove_untrusted(self._bucket, record, self._exclusive):
            self._reporter.warn(
                f"{self._label}: {path} has changed since a build wrote it, and was removed from "
                "the cache"
            )
        python = self._bucket.root / record.python
        self._provided[python] = record
        return python

    def _make_and_record(
        self, request: str, uv: str | None, requirements: tuple[str, ...], old: _Usable | None
    ) -> tuple[Path, str]:
        """Make an environment and record it; if that fails, use the old one, if there is one."""
        try:
            with cache_files.explained_errors(self._bucket.root):
                folder = self._bucket.new_folder(self._uses)
            python = self._make(folder, uv, requirements)
        except LbuildError as error:
            if old is None:
                raise
            self._reporter.warn(_served_by_old(self._label, old, error))
            return old.python_executable, old.identity
        with cache_files.explained_errors(self._bucket.root):
            return self._publish(request, folder, python)

    def _publish(self, request: str, folder: Path, python: Path) -> tuple[Path, str]:
        """Record a new environment, unless one with the same content is kept.

        Returns:
            The interpreter and the identity of the environment to use.
        """
        installed = contents.installed(contents.root_of(python))
        if installed.local:
            self._uses.callback(atomic.remove, folder)
            return python, installed.identity
        identity = self._identity(installed)
        # It is held as soon as it is found, so that no other process removes it.
        same = None if self._max_age is None else self._same(identity)
        with self._cache.exclusive(self._tell):
            if same is not None:
                atomic.remove(folder)
                python = same
            else:
                inside = python.relative_to(self._bucket.root).as_posix()
                record = EnvironmentRecord(inside, contents.digest(folder), installed.identity)
                self._provided[python] = record
                self._bucket.write_record(identity, record)
                size_account.add(self._cache.root, contents.size(folder))
            self._bucket.write_request(request, RequestRecord(identity, time.time()))
        return python, identity

    def _same(self, identity: str) -> Path | None:
        """Return the interpreter of the kept environment with this identity, if there is one."""
        try:
            return self._hold_unchanged(identity)
        except (OSError, RecordError):
            return None

    def _identity(self, installed: contents.Installed) -> str:
        executable = os.path.realpath(self._interpreter.executable)
        interpreter = [self._interpreter.identity, executable]
        parts = [_SCHEMA, os.fspath(self._bucket.root), interpreter, installed.identity]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]

    def _make_temporary(self, uv: str | None, requirements: tuple[str, ...]) -> Path:
        try:
            folder = self._uses.enter_context(temporary.folder("env"))
        except OSError as error:
            raise unforeseen("a temporary build environment", error) from error
        return self._make(folder, uv, requirements)

    def _make(self, folder: Path, uv: str | None, requirements: tuple[str, ...]) -> Path:
        from lbuild_frontend.environments import create  # imports much that only this needs

        self._reporter.progress(f"{self._label}: preparing the build environment")
        try:
            made = create.create(folder, self._interpreter, uv, requirements, self._label)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Path(made)


def _environment_of(python: Path, identity: str) -> Environment:
    """Describe an environment to hooks: its scripts come first in PATH, and PYTHONPATH is empty."""
    scripts = os.fspath(python.parent)
    path = os.environ.get("PATH")
    programs = scripts if path is None else f"{scripts}{os.pathsep}{path}"
    return Environment(os.fspath(python), {"PATH": programs, "PYTHONPATH": ""}, identity)


_REMOTE = re.compile(r"[^@]+@\s*((git|hg|svn|bzr)\+)?(https?|ssh|git)://[^$]*")


def may_be_local(requirement: str) -> bool:
    """Return whether a requirement names a path on this machine, or may do so by a variable."""
    return "@" in requirement and not _REMOTE.fullmatch(requirement)


def _served_by_old(label: str, old: _Usable, error: LbuildError) -> str:
    output = error.output.strip().splitlines() if isinstance(error, BuildFailed) else []
    why = output[-1].strip() if output else str(error)
    return (
        f"{label}: the build requirements could not be resolved again; the environment of "
        f"{_age(time.time() - old.resolved_at)} ago is used ({why})"
    )


def _age(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds / length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "a moment"
