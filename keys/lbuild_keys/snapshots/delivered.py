"""Whether a file in an out-dir is a distribution of the project that a frontend put there."""

from collections.abc import Collection

from lbuild_keys.pep508 import normalize_name

TEMPORARY = ".lbuild-"
"""How the names of files begin that are being written."""


def is_delivered_distribution(path: str, out_dirs: Collection[str], names: Collection[str]) -> bool:
    """Whether a path is a distribution of the project that a frontend put into an out-dir.

    Args:
        path: relative to the project.
        out_dirs: likewise; the empty string is the project's own folder.
        names: the normalised name of the distribution, or all names that it is known to have had.

    Other files in an out-dir count as inputs: it may be any folder.
    """
    folder, _, file = path.rpartition("/")
    if folder not in out_dirs:
        return False
    return file.startswith(TEMPORARY) or is_distribution(file, names)


def is_distribution(file: str, names: Collection[str]) -> bool:
    """Whether a file name is that of a wheel or a source distribution with one of the names."""
    if file.endswith(".whl"):
        name, *rest = file.removesuffix(".whl").split("-")
        version = rest[0] if len(rest) in (4, 5) else ""
    elif file.endswith(".tar.gz"):
        name, _, version = file.removesuffix(".tar.gz").rpartition("-")
    else:
        return False
    return version[:1].isdigit() and normalize_name(name) in names
