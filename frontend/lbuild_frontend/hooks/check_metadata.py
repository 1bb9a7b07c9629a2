"""Checks the metadata that ``prepare_metadata_for_build_wheel`` made, and reads name and version.

The METADATA file is that of the core metadata specifications (PyPA).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks.backend import backend_fault
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known
from lbuild_frontend.model.hook import METADATA_FILE, PREPARE_METADATA_FOR_BUILD_WHEEL

if TYPE_CHECKING:
    from packaging.version import Version


@dataclass(frozen=True, slots=True)
class Stated:
    """The name and the version in a METADATA file.

    Attributes:
        name: as the file spells it; empty if it has none.
        version: likewise.
        parsed: the version; None if it is not valid (PEP 440).
    """

    name: str
    version: str
    parsed: "Version | None"

    def __str__(self) -> str:
        return f"{self.name or 'no name'} {self.version or 'no version'}"


def stated(content: bytes) -> Stated:
    """Read the name and the version from the content of a METADATA file."""
    from packaging.metadata import parse_email  # brings all of email
    from packaging.version import InvalidVersion, Version

    raw, _ = parse_email(content)
    version = raw.get("version", "")
    parsed: Version | None
    try:
        parsed = Version(version)
    except InvalidVersion:
        parsed = None
    return Stated(raw.get("name", ""), version, parsed)


def check(returned: object, folder: Path, label: str, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what ``prepare_metadata_for_build_wheel`` returned (PEP 517).

    Args:
        returned: the return value of the hook.
        folder: the folder that the hook was given.
        label: the project's name in messages.
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is not the name of a folder in ``folder`` that holds a METADATA file with
            a valid version.
    """
    if not isinstance(returned, str) or returned not in {entry.name for entry in folder.iterdir()}:
        raise _fault(
            label,
            f"returned {returned!r}, which is not a folder in the directory that it was given",
        )
    try:
        content = (folder / returned / METADATA_FILE).read_bytes()
    except OSError as error:
        problem = f"made {returned} without a readable METADATA file in it"
        raise _fault(label, problem) from error
    sha256 = hashlib.sha256(content).hexdigest()
    name, version = known.get((METADATA_FILE, sha256)) or _valid(content, label)
    return Artifact(
        file=METADATA_FILE,
        name=name,
        version=version,
        content=content,
        sha256=sha256,
        content_digest=sha256,
        metadata=content,
    )


def _valid(content: bytes, label: str) -> tuple[str, str]:
    found = stated(content)
    if found.parsed is None:
        raise _fault(label, f"wrote a METADATA that states {found}")
    return found.name, found.version


def _fault(label: str, problem: str) -> BuildFailed:
    return backend_fault(label, PREPARE_METADATA_FOR_BUILD_WHEEL.name, problem)
