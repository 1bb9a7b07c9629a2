"""The records, locks and folders of the build environments that are kept in the cache.

``isolated`` checks an environment before each use, with ``is_unchanged``.

A *request* is a set of requirements with all that influences what is installed for them. Its record
names an environment, by identity. The record of an environment holds its path, and the digest of
its files. An environment without a record is abandoned, or is just being made. Records in another
format would be in another bucket.

A process that makes or uses an environment holds a lock all that time, a file of its own in
``uses``, and reads the record after it has the lock. A process that removes an environment removes
the record first, and then looks for such locks. So either it finds the lock, or the other process
does not find the record.
"""

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lbuild_frontend.cache import buckets, locks
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents
from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.errors import BuildFailed, LbuildError
from lbuild_keys.observe.env_vars import keyed_digest

_SCHEMA = 2

_IDENTITY = re.compile(r"[0-9a-f]{32}")
_PYTHON = re.compile(rf"{buckets.ENVIRONMENTS.content}(/[\w-][\w.-]*)+")
"""Path of an interpreter, relative to the bucket."""


class RequestRecord(NamedTuple):
    """What is recorded of a request.

    Attributes:
        identity: the identity of the environment that was made for it.
        resolved_at: when the requirements were resolved, in seconds since the epoch.
        offers: what local places offered then (``local_offers``); empty if that is not recorded.
    """

    identity: str
    resolved_at: float
    offers: Mapping[str, str] = {}


class EnvironmentRecord(NamedTuple):
    """What is recorded of an environment.

    Attributes:
        python: path of its interpreter, relative to the bucket.
        contents: digest of its files (``contents.digest``).
        installed: digest of what is installed (``contents.Installed.identity``).
    """

    python: str
    contents: str
    installed: str

    @property
    def folder(self) -> str:
        """The name of its folder in the bucket."""
        return self.python.partition("/")[0]


class Usable(NamedTuple):
    """A kept environment that is unchanged since it was recorded.

    Attributes:
        python_executable: the path of its interpreter.
        identity: the identity of the environment.
        resolved_at: when the requirements were resolved, in seconds since the epoch.
        offers: what local places offered then, as recorded.
    """

    python_executable: Path
    identity: str
    resolved_at: float
    offers: Mapping[str, str] = {}


class KeptEnvironments(NamedTuple):
    """The build environments in one cache, and their records.

    Attributes:
        root: the bucket: absolute, without symbolic links, because scripts in environments hold the
            path of their interpreter, and ``build`` resolves links in it.
    """

    root: Path

    def read_request(self, name: str) -> RequestRecord:
        """Read the record of a request.

        Raises:
            FileNotFoundError: if there is none.
            OSError, RecordError: if it cannot be read.
        """
        return _read(
            self.request_path(name),
            lambda fields: RequestRecord(
                _matching(_IDENTITY, fields["environment"]),
                float(fields["resolved_at"]),
                {str(name): str(text) for name, text in fields.get("offers", {}).items()},
            ),
        )

    def read_record(self, identity: str) -> EnvironmentRecord:
        """Read the record of an environment; raises what ``read_request`` does."""
        return _read(
            self.record_path(identity),
            lambda fields: EnvironmentRecord(
                _matching(_PYTHON, fields["python"]),
                str(fields["contents"]),
                str(fields["installed"]),
            ),
        )

    def write_request(self, name: str, request: RequestRecord) -> None:
        """Write the record of a request.

        Raises:
            OSError: if it cannot be written.
        """
        fields: dict[str, object] = {
            "environment": request.identity,
            "resolved_at": request.resolved_at,
            "offers": dict(request.offers),
        }
        cache_files.write(self.request_path(name), seal(fields))

    def write_record(self, identity: str, record: EnvironmentRecord) -> None:
        """Write the record of an environment; raises what ``write_request`` does."""
        cache_files.write(self.record_path(identity), seal(record._asdict()))

    def request_name(
        self, requirements: Sequence[str], influences: Sequence[object], secret: bytes
    ) -> str:
        """Return the name of the record of a request.

        Args:
            requirements: what is required, sorted.
            influences: what else decides what is installed (``installer.influences``).
            secret: the key of digests: there may be secrets in the influences.
        """
        parts = [_SCHEMA, os.fspath(self.root), requirements, influences]
        return keyed_digest(json.dumps(parts), secret).detail

    def identity_of(self, interpreter: Interpreter, installed: str) -> str:
        """Return the identity of an environment of an interpreter, by what is installed in it."""
        about = [interpreter.identity, os.path.realpath(interpreter.executable)]
        parts = [_SCHEMA, os.fspath(self.root), about, installed]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()[:32]

    def is_unchanged(self, record: EnvironmentRecord) -> bool:
        """Return whether the files of an environment are as they were when it was recorded."""
        try:
            return contents.digest(self.root / record.folder) == record.contents
        except OSError:
            return False

    def new_folder(self, uses: ExitStack) -> Path:
        """Make a folder for a new environment, and hold it until ``uses`` is closed.

        Raises:
            OSError: if it cannot be made.
        """
        name = f"env-{secrets.token_hex(6)}"
        uses.enter_context(self.hold(name))
        cache_files.make_folder(self.root)
        folder = self.root / name
        folder.mkdir(mode=0o700)
        return folder

    def hold(self, folder: str) -> AbstractContextManager[object]:
        """Make a context during which an environment is not removed."""
        path = self.uses / f"{folder}.{secrets.token_hex(6)}.lock"
        return locks.lock(path, folder, lambda _: None)  # no other process has this name

    def is_used(self, folder: str) -> bool:
        """Return whether a running process uses an environment."""
        return any(
            locks.is_held(self.uses / name)
            for name in cache_files.listing(self.uses)
            if name.startswith(f"{folder}.")
        )

    def remove(self, folder: str) -> bool:
        """Remove an environment without a record, unless it is used; return whether it is gone."""
        return not self.is_used(folder) and atomic.remove(self.root / folder)

    @property
    def uses(self) -> Path:
        """The folder of the locks."""
        return self.root / buckets.USES.name

    @property
    def requests(self) -> Path:
        """The folder of the records of requests."""
        return self.root / buckets.REQUESTS.name

    @property
    def records(self) -> Path:
        """The folder of the records of environments."""
        return self.root / buckets.RECORDS.name

    @property
    def bytecodes(self) -> Path:
        """The folder of the records of bytecode."""
        return self.root / buckets.BYTECODE.name

    def bytecode_path(self, folder: str) -> Path:
        """Path of the record of the bytecode in an environment (module ``bytecode``)."""
        return self.bytecodes / f"{folder}.json"

    def request_path(self, name: str) -> Path:
        """Path of the record of a request."""
        return self.requests / f"{name}.json"

    def record_path(self, identity: str) -> Path:
        """Path of the record of an environment; its modification time is when it was last used."""
        return self.records / f"{identity}.json"


def in_cache(cache: Path) -> KeptEnvironments:
    """Return the build environments that are kept in a cache folder."""
    return KeptEnvironments(Path(os.path.realpath(cache / buckets.ENVIRONMENTS.name)))


def served_by_old(label: str, resolved_at: float, error: LbuildError) -> str:
    """Return the warning that requirements could not be resolved again, after what time."""
    output = error.output.strip().splitlines() if isinstance(error, BuildFailed) else []
    why = output[-1].strip() if output else str(error)
    return (
        f"{label}: the build requirements could not be resolved again; the environment of "
        f"{_age(time.time() - resolved_at)} ago is used ({why})"
    )


def _age(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds / length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "a moment"


def _matching(pattern: re.Pattern[str], text: object) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    message = "not a record written by lbuild"
    raise RecordError(message)


_T = TypeVar("_T")


def _read(path: Path, parse: Callable[[Any], _T]) -> _T:
    try:
        return parse(unseal(path.read_bytes()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = "damaged"
        raise RecordError(message) from error
