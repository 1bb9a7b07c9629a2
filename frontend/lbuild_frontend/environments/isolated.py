"""Isolated build environments, made once and kept for all projects that require the same.

One is made for a request (``environmentbucket``) and never changed after that: what is not as it
was recorded is not used, and another one is made. An environment cannot be moved, so that a cache
that was moved has none.
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
from lbuild_frontend.environments.kept import Made, Request
from lbuild_frontend.errors import BuildFailed, LbuildError, unforeseen
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.observe.env_vars import keyed_digest

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """An environment that is as it was recorded.

    Attributes:
        identity: of what is installed.
        resolved_at: when the requirements were resolved, in seconds since the epoch.
    """

    python_executable: Path
    identity: str
    resolved_at: float


@contextlib.contextmanager
def opened(
    *,
    cache: Store,
    interpreter: Interpreter,
    cwd: Path,
    max_age: float | None,
    label: str,
    reporter: Reporter,
) -> Iterator["Isolation"]:
    """Have isolated environments as long as the context lasts.

    Args:
        cwd: where the installer runs.
        max_age: seconds after which requirements are resolved anew, if that is possible; None to
            resolve and install them in any case.
        label: how messages call the project.
    """
    with contextlib.ExitStack() as uses:
        isolated = Isolation(cache, interpreter, cwd, max_age, label, reporter, uses)
        yield isolated
        isolated.keep_bytecode()


class Isolation:
    """Provides isolated environments; see ``opened``."""

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
        # Holds the environments that are used, and removes those that are not kept.
        self._uses = uses
        # Of the recorded environments that were provided, by their interpreters.
        self._provided: dict[Path, Made] = {}
        self._bucket = kept.of(cache.root)

    def provide(self, requirements: Collection[str]) -> Environment:
        """An environment that holds what is required and nothing else.

        One with something from this machine is not kept, for that may change.

        Raises:
            BuildFailed: if the requirements cannot be installed.
            LbuildError: if no environment can be made, or the cache cannot be written.
        """
        wanted = tuple(sorted(set(requirements)))
        uv = installer.uv(os.environ)
        if any(map(may_be_local, wanted)):
            python = self._temporary(uv, wanted)
            return _around(python, contents.installed(python.parent.parent).identity)
        request = self._request(uv, wanted)
        found = self._find(request)
        if found is None or not self._is_recent(found):
            what = "another lbuild that makes the same build environment"
            with self._cache.lock(f"environment-{request}", what, self._tell):
                # While this one waited another process may have made it.
                found = self._find(request)
                if found is None or not self._is_recent(found):
                    return _around(*self._made(request, uv, wanted, found))
        return _around(found.python_executable, found.identity)

    def has_changed(self, environment: Environment) -> bool:
        """See ``Environments``; one that was made for this build is nobody else's."""
        made = self._provided.get(Path(environment.python_executable))
        return made is not None and not self._bucket.is_sound(made)

    def _request(self, uv: str | None, requirements: tuple[str, ...]) -> str:
        steering = installer.steering(uv, self._interpreter, os.environ, self._cwd)
        parts = [_SCHEMA, os.fspath(self._bucket.root), requirements, steering]
        return keyed_digest(json.dumps(parts), self._cache.secret).detail

    def _is_recent(self, found: _Kept) -> bool:
        if self._max_age is None:  # one that another process has made meanwhile is as good
            return found.resolved_at >= self._opened_at
        # A clock that was set back makes it one of the future, whose age nobody knows.
        return self._opened_at - self._max_age <= found.resolved_at <= time.time()

    def keep_bytecode(self) -> None:
        """Vouch for the bytecode that is in the environments now, at the end of a build."""
        with contextlib.suppress(OSError, LbuildError):  # the next build goes without it
            for made in self._provided.values():
                bytecode.keep(self._bucket, made, self._changes)

    def _changes(self) -> contextlib.AbstractContextManager[object]:
        return self._cache.exclusive(self._tell)

    def _tell(self, text: str) -> None:
        self._reporter.note(f"{self._label}: {text}")

    def _find(self, request: str) -> _Kept | None:
        """The environment that was made for a request, if it is sound; damage is told and dropped.

        Raises:
            LbuildError: if the cache cannot be used.
        """
        path = self._bucket.request_path(request)
        try:
            known = self._bucket.request(request)
            path = self._bucket.record_path(known.identity)
            python = self._sound(known.identity)
        except FileNotFoundError:
            return None
        except (OSError, RecordError):
            python = None
        if python is None:
            self._reporter.warn(
                f"{self._label}: a build environment, or its record {path}, is not as it was made, "
                "so that another one is made"
            )
            atomic.remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return _Kept(python, known.identity, known.resolved_at)

    def _sound(self, identity: str) -> Path | None:
        """The interpreter of a recorded environment; None if that is not as it was recorded.

        Raises:
            OSError, RecordError: if there is no such record.
            LbuildError: if the cache cannot be used.
        """
        self._uses.enter_context(self._bucket.used(self._bucket.made(identity).folder))
        made = self._bucket.made(identity)  # if it is still there now, so is the environment
        if not self._bucket.is_sound(made):
            return None
        for path in bytecode.clear(self._bucket, made, self._changes):
            self._reporter.warn(
                f"{self._label}: {path} is not what a build has left, and was removed from the "
                "cache"
            )
        python = self._bucket.root / made.python
        self._provided[python] = made
        return python

    def _made(
        self, request: str, uv: str | None, requirements: tuple[str, ...], old: _Kept | None
    ) -> tuple[Path, str]:
        """Make an environment, or be content with the old one if that fails."""
        try:
            with cache_files.errors(self._bucket.root):
                folder = self._bucket.new_folder(self._uses)
            python = self._make(folder, uv, requirements)
        except LbuildError as error:
            if old is None:
                raise
            self._reporter.warn(_served_by_old(self._label, old, error))
            return old.python_executable, old.identity
        with cache_files.errors(self._bucket.root):
            return self._publish(request, folder, python)

    def _publish(self, request: str, folder: Path, python: Path) -> tuple[Path, str]:
        """Record an environment; return the interpreter and the identity of the one to use."""
        installed = contents.installed(python.parent.parent)
        if installed.local:
            self._uses.callback(atomic.remove, folder)
            return python, installed.identity
        identity = self._identity(installed)
        # One that is found is held from then on, so that nobody removes it.
        same = None if self._max_age is None else self._same(identity)
        with self._cache.exclusive(self._tell):
            if same is not None:
                atomic.remove(folder)
                python = same
            else:
                inside = python.relative_to(self._bucket.root).as_posix()
                made = Made(inside, contents.digest(folder), installed.identity)
                self._provided[python] = made
                self._bucket.keep(identity, made)
                size_account.add(self._cache.root, contents.size(folder))
            self._bucket.keep_request(request, Request(identity, time.time()))
        return python, identity

    def _same(self, identity: str) -> Path | None:
        """The interpreter of an environment that holds the same, if there is one."""
        try:
            return self._sound(identity)
        except (OSError, RecordError):
            return None

    def _identity(self, installed: contents.Installed) -> str:
        executable = os.path.realpath(self._interpreter.executable)
        interpreter = [self._interpreter.identity, executable]
        parts = [_SCHEMA, os.fspath(self._bucket.root), interpreter, installed.identity]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]

    def _temporary(self, uv: str | None, requirements: tuple[str, ...]) -> Path:
        try:
            folder = self._uses.enter_context(temporary.folder("env"))
        except OSError as error:
            raise unforeseen("a temporary build environment", error) from error
        return self._make(folder, uv, requirements)

    def _make(self, folder: Path, uv: str | None, requirements: tuple[str, ...]) -> Path:
        from lbuild_frontend.environments import install  # brings what only making one needs

        self._reporter.progress(f"{self._label}: preparing the build environment")
        try:
            made = install.make(folder, self._interpreter, uv, requirements, self._label)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Path(made)


def _around(python: Path, identity: str) -> Environment:
    """What a hook needs to run in an environment: its scripts first, and nobody's PYTHONPATH."""
    scripts = os.fspath(python.parent)
    path = os.environ.get("PATH")
    programs = scripts if path is None else f"{scripts}{os.pathsep}{path}"
    return Environment(os.fspath(python), {"PATH": programs, "PYTHONPATH": ""}, identity)


_REMOTE = re.compile(r"[^@]+@\s*((git|hg|svn|bzr)\+)?(https?|ssh|git)://[^$]*")


def may_be_local(requirement: str) -> bool:
    """Whether a requirement names, or could name by a variable, a place on this machine."""
    return "@" in requirement and not _REMOTE.fullmatch(requirement)


def _served_by_old(label: str, old: _Kept, error: LbuildError) -> str:
    output = error.output.strip().splitlines() if isinstance(error, BuildFailed) else []
    why = output[-1].strip() if output else str(error)
    return (
        f"{label}: the build requirements could not be resolved anew, so that the environment "
        f"of {_age(time.time() - old.resolved_at)} ago serves ({why})"
    )


def _age(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds / length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "a moment"
