"""The build environments in the cache: their folders, what is recorded of them, and who uses them.

A *request* is a set of requirements with all that steers what is installed for them; its record
names an environment, by identity. The record of an environment tells where it lies and vouches for
what is in it. An environment that no record names is nobody's any more, or is only being made.

Who makes or uses an environment holds a lock for as long as that takes, a file of its own in
``uses``, and looks for the record after that. Who removes one removes the record, then asks whether
somebody holds such a lock: so either the one sees the lock, or the other misses the record.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lbuild_frontend import cachefiles, contents, record
from lbuild_frontend.record import RecordError

NAME = "environments-v1"
_SCHEMA = 1
_FOLDER = re.compile(r"env-[\w-]+")
_IDENTITY = re.compile(r"[0-9a-f]{32}")
_PYTHON = re.compile(r"env-[\w-]+(/[\w-][\w.-]*)+")
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
    """

    python: str
    contents: str

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
        fields = _read(self.request_path(name))
        try:
            identity = _matching(_IDENTITY, fields["environment"])
            return Request(identity, float(fields["resolved_at"]))
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(str(error)) from error

    def made(self, identity: str) -> Made:
        """Read the record of an environment; raises what ``request`` does."""
        fields = _read(self.record_path(identity))
        try:
            return Made(_matching(_PYTHON, fields["python"]), str(fields["contents"]))
        except (KeyError, TypeError) as error:
            raise RecordError(str(error)) from error

    def keep_request(self, name: str, request: Request) -> None:
        """Write the record of a request.

        Raises:
            OSError: if it cannot be written.
        """
        fields = {"environment": request.identity, "resolved_at": request.resolved_at}
        _write(self.request_path(name), fields)

    def keep(self, identity: str, made: Made) -> None:
        """Write the record of an environment; raises what ``keep_request`` does."""
        _write(self.record_path(identity), {"python": made.python, "contents": made.contents})

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
        cachefiles.make_folder(self.root)
        folder = self.root / name
        folder.mkdir(mode=0o700)
        return folder

    def used(self, folder: str) -> AbstractContextManager[object]:
        """Keep an environment from being removed as long as the context lasts."""
        path = self.uses / f"{folder}.{secrets.token_hex(6)}.lock"
        return cachefiles.lock(path, folder, lambda _: None)  # nobody else has this name

    def is_used(self, folder: str) -> bool:
        """Whether a process that is alive uses an environment."""
        return any(
            cachefiles.is_held(self.uses / name)
            for name in cachefiles.listing(self.uses)
            if name.startswith(f"{folder}.")
        )

    def remove(self, folder: str) -> bool:
        """Remove an environment that no record names, if nobody uses it; whether it is gone."""
        return not self.is_used(folder) and cachefiles.remove(self.root / folder)

    @property
    def uses(self) -> Path:
        """The folder of the locks."""
        return self.root / _USES

    def folders(self) -> Iterator[str]:
        """The names of all environments' folders, recorded or not."""
        return filter(_FOLDER.fullmatch, cachefiles.listing(self.root))

    def requests(self) -> Iterator[Path]:
        """The records of all requests."""
        return self._records_in(_REQUESTS)

    def records(self) -> Iterator[Path]:
        """The records of all environments."""
        return self._records_in(RECORDS)

    def bytecodes(self) -> Iterator[Path]:
        """The records of the bytecode in all environments."""
        return self._records_in(_BYTECODE)

    def _records_in(self, folder: str) -> Iterator[Path]:
        names = cachefiles.listing(self.root / folder)
        return (self.root / folder / name for name in names if name.endswith(".json"))

    def bytecode_path(self, folder: str) -> Path:
        """Where the record of the bytecode in an environment lies (``bytecode``)."""
        return self.root / _BYTECODE / f"{folder}.json"

    def request_path(self, name: str) -> Path:
        """Where the record of a request lies."""
        return self.root / _REQUESTS / f"{name}.json"

    def record_path(self, identity: str) -> Path:
        """Where the record of an environment lies; its time tells when it was last used."""
        return self.root / RECORDS / f"{identity}.json"


_USES, _REQUESTS, RECORDS, _BYTECODE = "uses", "requests", "records", "bytecode"
FOLDERS = (_USES, _REQUESTS, RECORDS, _BYTECODE)
"""The folders in the bucket that are no environments."""


def of(cache: Path) -> Bucket:
    """The environments of a cache folder."""
    return Bucket(Path(os.path.realpath(cache / NAME)))


def _matching(pattern: re.Pattern[str], text: object) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    message = "not a record of lbuild's"
    raise RecordError(message)


def _read(path: Path) -> Any:
    try:
        fields = record.unseal(path.read_bytes())
        if fields["schema"] == _SCHEMA:
            return fields
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(str(error)) from error
    message = f"schema {fields['schema']}"
    raise record.OtherVersion(message)


def _write(path: Path, fields: dict[str, object]) -> None:
    cachefiles.write(path, record.seal({"schema": _SCHEMA, **fields}))
