"""Put a result into the output directory, or leave it as it is if it is there already."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from lbuild_frontend.disk import atomic, writable
from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.hook import SDIST_SUFFIX, WHEEL_SUFFIX
from lbuild_keys.content import Content
from lbuild_keys.pep508 import normalize_name
from lbuild_keys.snapshots.delivered import TEMPORARY, is_distribution


def check_out_dir(out_dir: Path) -> None:
    """Check before a build whether its result can be delivered.

    Raises:
        LbuildError: if the out-dir is not a folder or cannot be written.
    """
    try:
        writable.check(out_dir)
    except OSError as error:
        raise _failure(out_dir, error) from error


def check_free(path: Path, earlier: Mapping[Path, Path]) -> None:
    """Ensure that no result of the same command is replaced by another one of its name.

    Args:
        path: where a result is to be delivered.
        earlier: what the command has delivered, with the projects.

    Raises:
        LbuildError: if one is there: two clones of a project give wheels of one name.
    """
    place = os.path.realpath(path)
    project = next((earlier[one] for one in earlier if os.path.realpath(one) == place), None)
    if project is not None:
        what = "sdist" if path.name.endswith(SDIST_SUFFIX) else "wheel"
        message = (
            f"{path}: this command has already written the {what} of {project} there, "
            "with the same name. Build them separately, each with its own --out-dir."
        )
        raise LbuildError(message)


def is_delivered(path: Path, sha256: str) -> bool:
    """Whether the file at a path exists and has this SHA-256."""
    return digest_of(path) == sha256


def digest_of(path: Path) -> str | None:
    """Return the SHA-256 of a file; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def outdated(path: Path, name: str) -> Path | None:
    """Return what is in the place of a wheel that has to be delivered, or an older one beside it.

    Args:
        path: where the wheel has to be.
        name: of the distribution.
    """
    if os.path.lexists(path):
        return path
    names = {normalize_name(name)}
    others = [
        other
        for other in path.parent.glob(f"*{WHEEL_SUFFIX}")
        if is_distribution(other.name, names) and not _is_editable(other.name)
    ]
    return max(others, default=None)


def _is_editable(file: str) -> bool:
    """Whether setuptools has marked a wheel as one for an editable installation (build tag)."""
    return "editable" in file.removesuffix(WHEEL_SUFFIX).split("-")[2]


def deliver(content: Content, path: Path) -> None:
    """Write a result, whole or not at all.

    Raises:
        LbuildError: if it cannot be written.
    """
    from lbuild_frontend.disk import temporary  # a hit does not need it

    def make_folder() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)

    try:
        make_folder()
        temporary.remove_abandoned(path.parent, atomic.temporary_names(TEMPORARY))
        atomic.write(path, content, make_folder, prefix=TEMPORARY, mode=0o666, locked=True)
    except OSError as error:
        raise _failure(path, error) from error


def _failure(place: Path, error: OSError) -> LbuildError:
    message = f"{place}: cannot write the result ({error.strerror}). Choose another --out-dir."
    return LbuildError(message)
