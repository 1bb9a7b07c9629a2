"""Isolated build environments, made once and kept for all projects that require the same.

A *request* is a set of requirements with all that steers what is installed for them. Its record
names the environment that was made for it, and when; the record of an environment has the digest of
all that lies in it. An environment is never changed after that: what is not as it was recorded is
not used, and another one is made.

The folder of an environment has a random name, and is complete before a record names it. None that
is recorded is ever removed here, for other processes may be using it. An environment cannot be
moved, so that a cache that was moved has none.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend import cachefiles, contents, installer, record
from lbuild_frontend.environment import Environment
from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_frontend.interpreter import Interpreter
from lbuild_frontend.record import RecordError
from lbuild_frontend.reporter import Reporter
from lbuild_frontend.store import Store
from lbuild_keys.environment import keyed_digest

_SCHEMA = 1
_IDENTITY = re.compile(r"[0-9a-f]{32}")
_PYTHON = re.compile(r"[\w-]+(/[\w-][\w.-]*)+")
"""Where the interpreter lies below the bucket."""


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
    not_before: float,
    label: str,
    reporter: Reporter,
) -> Iterator["Isolation"]:
    """Have isolated environments as long as the context lasts.

    Args:
        cwd: where the installer runs.
        not_before: seconds since the epoch; requirements that were resolved earlier are resolved
            anew, if that is possible.
        label: how messages call the project.
    """
    with contextlib.ExitStack() as to_remove:
        yield Isolation(cache, interpreter, cwd, not_before, label, reporter, to_remove)


class Isolation:
    """Provides isolated environments; see ``opened``."""

    def __init__(
        self,
        cache: Store,
        interpreter: Interpreter,
        cwd: Path,
        not_before: float,
        label: str,
        reporter: Reporter,
        to_remove: contextlib.ExitStack,
    ) -> None:
        self._cache = cache
        self._interpreter = interpreter
        self._cwd = cwd
        self._not_before = not_before
        self._label = label
        self._reporter = reporter
        self._to_remove = to_remove
        # Of the recorded environments that were provided, by their interpreters.
        self._digests: dict[Path, str] = {}
        # Resolved, as build does it: scripts hold the path.
        self._bucket = Path(os.path.realpath(cache.root / "environments-v1"))

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
            with self._cache.lock(f"environment-{request}", self._tell_of_waiting):
                # While this one waited another process may have made it.
                found = self._find(request)
                if found is None or not self._is_recent(found):
                    return _around(*self._made(request, uv, wanted, found))
        return _around(found.python_executable, found.identity)

    def has_changed(self, environment: Environment) -> bool:
        """See ``Environments``; one that was made for this build is nobody else's."""
        python = Path(environment.python_executable)
        if python not in self._digests:
            return False
        folder = self._bucket / python.relative_to(self._bucket).parts[0]
        try:
            return contents.digest(folder) != self._digests[python]
        except OSError:
            return True

    def _request(self, uv: str | None, requirements: tuple[str, ...]) -> str:
        steering = installer.steering(uv, self._interpreter, os.environ, self._cwd)
        parts = [_SCHEMA, os.fspath(self._bucket), requirements, steering]
        return keyed_digest(json.dumps(parts), self._cache.secret).detail

    def _is_recent(self, found: _Kept) -> bool:
        # A clock that was set back makes it one of the future, whose age nobody knows.
        return self._not_before <= found.resolved_at <= time.time()

    def _tell_of_waiting(self) -> None:
        message = "waiting for another lbuild that makes the same build environment"
        self._reporter.note(f"{self._label}: {message}")

    def _find(self, request: str) -> _Kept | None:
        """The environment that was made for a request, if it is sound."""
        try:
            fields = _read(self._request_record(request))
            identity, resolved_at = fields["environment"], float(fields["resolved_at"])
            python = self._sound(identity)
        except (OSError, RecordError, ValueError, TypeError, KeyError):
            return None
        return _Kept(python, identity, resolved_at) if python else None

    def _sound(self, identity: str) -> Path | None:
        """The interpreter of a recorded environment; None if that is not as it was recorded.

        Raises:
            OSError, RecordError, ValueError, TypeError, KeyError: if the record is no such one.
        """
        if not _IDENTITY.fullmatch(identity):
            return None
        fields = _read(self._environment_record(identity))
        python = str(fields["python"])
        if not _PYTHON.fullmatch(python):
            return None
        digest = contents.digest(self._bucket / python.partition("/")[0])
        if digest != fields["contents"]:
            return None
        self._digests[self._bucket / python] = digest
        return self._bucket / python

    def _made(
        self, request: str, uv: str | None, requirements: tuple[str, ...], old: _Kept | None
    ) -> tuple[Path, str]:
        """Make an environment, or be content with the old one if that fails."""
        try:
            folder = self._new_folder()
            python = self._make(folder, uv, requirements)
        except LbuildError as error:
            if old is None:
                raise
            self._reporter.warn(_served_by_old(self._label, old, error))
            return old.python_executable, old.identity
        with cachefiles.errors(self._bucket):
            return self._publish(request, folder, python)

    def _publish(self, request: str, folder: Path, python: Path) -> tuple[Path, str]:
        """Record an environment; return the interpreter and the identity of the one to use."""
        installed = contents.installed(python.parent.parent)
        if installed.local:
            self._to_remove.callback(shutil.rmtree, folder, ignore_errors=True)
            return python, installed.identity
        identity = self._identity(installed)
        with contextlib.suppress(OSError, RecordError, ValueError, TypeError, KeyError):
            same = self._sound(identity)
            if same is not None:
                shutil.rmtree(folder, ignore_errors=True)
                python = same
        if python.is_relative_to(folder):
            fields = {
                "contents": contents.digest(folder),
                "python": python.relative_to(self._bucket).as_posix(),
            }
            self._digests[python] = fields["contents"]
            _write(self._environment_record(identity), fields)
        _write(self._request_record(request), {"environment": identity, "resolved_at": time.time()})
        return python, identity

    def _identity(self, installed: contents.Installed) -> str:
        executable = os.path.realpath(self._interpreter.executable)
        interpreter = [self._interpreter.identity, executable]
        parts = [_SCHEMA, os.fspath(self._bucket), interpreter, installed.identity]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]

    def _temporary(self, uv: str | None, requirements: tuple[str, ...]) -> Path:
        with cachefiles.errors(Path(tempfile.gettempdir())):
            folder = tempfile.TemporaryDirectory(prefix="lbuild-env-", ignore_cleanup_errors=True)
        return self._make(Path(self._to_remove.enter_context(folder)), uv, requirements)

    def _make(self, folder: Path, uv: str | None, requirements: tuple[str, ...]) -> Path:
        from lbuild_frontend import installing  # brings what only making one needs

        self._reporter.progress(f"{self._label}: preparing the build environment")
        try:
            made = installing.make(folder, self._interpreter, uv, requirements, self._label)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Path(made)

    def _new_folder(self) -> Path:
        with cachefiles.errors(self._bucket):
            self._bucket.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix="env-", dir=self._bucket))

    def _request_record(self, request: str) -> Path:
        return self._bucket / "requests" / f"{request}.json"

    def _environment_record(self, identity: str) -> Path:
        return self._bucket / "records" / f"{identity}.json"


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


def _read(path: Path) -> Any:
    fields = record.unseal(path.read_bytes())
    if fields["schema"] != _SCHEMA:
        raise KeyError
    return fields


def _write(path: Path, fields: Mapping[str, object]) -> None:
    cachefiles.write(path, record.seal({"schema": _SCHEMA, **fields}))


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
