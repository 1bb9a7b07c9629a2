"""Checks the metadata that a backend prepared, and reads what lbuild has to know of it."""

import hashlib
from pathlib import Path

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.model.artifact import NOTHING_KNOWN, Artifact, Known

FILE = "METADATA"


def check(returned: object, folder: Path, label: str, known: Known = NOTHING_KNOWN) -> Artifact:
    """Check what ``prepare_metadata_for_build_wheel`` returned (PEP 517).

    Args:
        known: what was checked before, and need not be parsed again.

    Raises:
        BuildFailed: if it is no name of a folder in ``folder`` with a METADATA file in it, or that
            has no version.
    """
    if not isinstance(returned, str) or returned not in {entry.name for entry in folder.iterdir()}:
        raise _wrong(label, f"returned {returned!r}, which is no folder in the one it was given")
    try:
        content = (folder / returned / "METADATA").read_bytes()
    except OSError as error:
        problem = f"made {returned} without a METADATA file in it that can be read"
        raise _wrong(label, problem) from error
    sha256 = hashlib.sha256(content).hexdigest()
    name, version = known.get((FILE, sha256)) or _stated(content, label)
    return Artifact(
        file=FILE,
        name=name,
        version=version,
        content=content,
        sha256=sha256,
        content_digest=sha256,
        metadata=content,
    )


def _stated(content: bytes, label: str) -> tuple[str, str]:
    from packaging.metadata import parse_email  # brings all of email
    from packaging.version import InvalidVersion, Version

    raw, _ = parse_email(content)
    name, version = raw.get("name", ""), raw.get("version", "")
    try:
        Version(version)
    except InvalidVersion as error:
        stated = f"{name or 'no name'} {version or 'no version'}"
        raise _wrong(label, f"made a METADATA that says {stated}") from error
    return name, version


def _wrong(label: str, what: str) -> BuildFailed:
    hook = "prepare_metadata_for_build_wheel"
    return BuildFailed(f"{label}: {hook} {what}. This is a fault of the build backend.")
