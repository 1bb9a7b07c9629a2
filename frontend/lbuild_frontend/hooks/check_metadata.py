"""Checks the metadata that a ``prepare_metadata_for_build_*`` hook made; reads name and version.

The METADATA file is that of the core metadata specifications (PyPA).
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.hooks.backend import Fault
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known
from lbuild_frontend.model.hook import METADATA_FILE
from lbuild_keys.content import Content

if TYPE_CHECKING:
    from packaging.version import Version


class Stated(NamedTuple):
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


def check(returned: object, folder: Path, fault: Fault, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what a hook returned that prepares metadata (PEP 517, PEP 660).

    Args:
        returned: the return value of the hook.
        folder: the folder that the hook was given.
        fault: makes the error of what is wrong.
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is not the name of a folder in ``folder`` that holds a METADATA file with
            a valid version.
    """
    if not isinstance(returned, str) or returned not in {entry.name for entry in folder.iterdir()}:
        raise fault(
            f"returned {returned!r}, which is not a folder in the directory that it was given",
        )
    try:
        content = (folder / returned / METADATA_FILE).read_bytes()
    except OSError as error:
        problem = f"made {returned} without a readable METADATA file in it"
        raise fault(problem) from error
    sha256 = hashlib.sha256(content).hexdigest()
    name, version = known.get((METADATA_FILE, sha256)) or _valid(content, fault)
    return Artifact(
        file=METADATA_FILE,
        name=name,
        version=version,
        content=Content.of(content),
        content_digest=sha256,
        metadata=content,
    )


def _valid(content: bytes, fault: Fault) -> tuple[str, str]:
    found = stated(content)
    if found.parsed is None:
        raise fault(f"wrote a METADATA that states {found}")
    return found.name, found.version
