"""The build environments in the cache: their folders, what is recorded of them, and who uses them.

A *request* is a set of requirements with all that steers what is installed for them; its record
names an environment, by identity. The record of an environment tells where it lies and vouches for
what is in it. An environment that no record names is nobody's any more, or is only being made.
Records of another shape would be in another bucket.

Who makes or uses an environment holds a lock for as long as that takes, a file of its own in
``uses``, and looks for the record after that. Who removes one removes the record, then asks whether
somebody holds such a lock: so either the one sees the lock, or the other misses the record.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lbuild_frontend.cache import buckets, locks
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.cache.sealed import RecordError, seal, unseal
from lbuild_frontend.disk import atomic
from lbuild_frontend.environments import contents

_IDENTITY = re.compile(r"[0-9a-f]{32}")
_PYTHON = re.compile(rf"{buckets.ENVIRONMENTS.content}(/[\w-][\w.-]*)+")
"""Where the interpreter lies below the bucket."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was made for a request.

    Attributes:
        identity: of the environment.
        resolved_at: when the requirements were resolved, in seconds since the epoch.
    """

    identity: str
    resolved_at: float


@dataclass(frozen=True, slots=True)
class Made:
    """What is recorded of an environment.

    Attributes:
        python: its interpreter, relative to the bucket.
        contents: see ``contents.digest``.
        installed: see ``contents.Installed.identity``.
    """

    python: str
    contents: str
    installed: str

    @property
    def folder(self) -> str:
        """The name of its folder in the bucket."""
        return self.python.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The folder for build environments.

    Attributes:
        root: absolute, links resolved, as ``build`` has it: scripts in environments hold it.
    """

    root: Path

    def request(self, name: str) -> Request:
        """Read the record of a request.

        Raises:
            FileNotFoundError: if there is none.
            OSError, RecordError: if it cannot be used.
        """
        return _read(
            self.request_path(name),
            lambda fields: Request(
                _matching(_IDENTITY, fields["environment"]), float(fields["resolved_at"])
            ),
        )

    def made(self, identity: str) -> Made:
        """Read the record of an environment; raises what ``request`` does."""
        return _read(
            self.record_path(identity),
            lambda fields: Made(
                _matching(_PYTHON, fields["python"]),
                str(fields["contents"]),
                str(fields["installed"]),
            ),
        )

    def keep_request(self, name: str, request: Request) -> None:
        """Write the record of a request.

        Raises:
            OSError: if it cannot be written.
        """
        fields = {"environment": request.identity, "resolved_at": request.resolved_at}
        cache_files.write(self.request_path(name), seal(fields))

    def keep(self, identity: str, made: Made) -> None:
        """Write the record of an environment; raises what ``keep_request`` does."""
        fields = {name: getattr(made, name) for name in Made.__dataclass_fields__}
        cache_files.write(self.record_path(identity), seal(fields))

    def is_sound(self, made: Made) -> bool:
        """Whether an environment is as it was when it was recorded."""
        try:
            return contents.digest(self.root / made.folder) == made.contents
        except OSError:
            return False

    def new_folder(self, uses: ExitStack) -> Path:
        """Make a folder for an environment that is being made, and held as long as ``uses`` lasts.

        Raises:
            OSError: if it cannot be made.
        """
        name = f"env-{secrets.token_hex(6)}"
        uses.enter_context(self.used(name))
        cache_files.make_folder(self.root)
        folder = self.root / name
        folder.mkdir(mode=0o700)
        return folder

    def used(self, folder: str) -> AbstractContextManager[object]:
        """Keep an environment from being removed as long as the context lasts."""
        path = self.uses / f"{folder}.{secrets.token_hex(6)}.lock"
        return locks.lock(path, folder, lambda _: None)  # nobody else has this name

    def is_used(self, folder: str) -> bool:
        """Whether a process that is alive uses an environment."""
        return any(
            locks.is_held(self.uses / name)
            for name in cache_files.listing(self.uses)
            if name.startswith(f"{folder}.")
        )

    def remove(self, folder: str) -> bool:
        """Remove an environment that no record names, if nobody uses it; whether it is gone."""
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
        """Where the record of the bytecode in an environment lies (``bytecode``)."""
        return self.bytecodes / f"{folder}.json"

    def request_path(self, name: str) -> Path:
        """Where the record of a request lies."""
        return self.requests / f"{name}.json"

    def record_path(self, identity: str) -> Path:
        """Where the record of an environment lies; its time tells when it was last used."""
        return self.records / f"{identity}.json"


def of(cache: Path) -> Bucket:
    """The environments of a cache folder."""
    return Bucket(Path(os.path.realpath(cache / buckets.ENVIRONMENTS.name)))


def _matching(pattern: re.Pattern[str], text: object) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    message = "not a record of lbuild's"
    raise RecordError(message)


_T = TypeVar("_T")


def _read(path: Path, made_of: Callable[[Any], _T]) -> _T:
    try:
        return made_of(unseal(path.read_bytes()))
    except (KeyError, TypeError, ValueError) as error:
        message = "damaged"
        raise RecordError(message) from error
