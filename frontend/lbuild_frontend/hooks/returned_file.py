"""The value that a hook returned -> the file that it names (PEP 517)."""

from pathlib import Path

from lbuild_frontend.hooks.backend import Fault


def find(returned: object, folder: Path, fault: Fault) -> Path:
    """Return the path of the file that a hook made.

    Args:
        returned: the return value of the hook.
        folder: the folder that the hook was given.
        fault: makes the error of what is wrong.

    Raises:
        BuildFailed: if it is not the name of a regular file in ``folder``.
    """
    if not isinstance(returned, str):
        raise fault(f"returned {returned!r}, which is not a file name")
    file = Path(returned)
    if file.is_absolute() and file.parent in (folder, folder.resolve()):
        # Only the name is specified (PEP 517), but pip and build take this as well.
        returned = file.name
    path = folder / returned
    if returned not in {entry.name for entry in folder.iterdir()}:
        raise fault(
            f"returned {returned!r}, which is not a file in the directory that it was given"
        )
    if path.is_symlink() or not path.is_file():
        raise fault(f"returned {returned!r}, which is not a regular file")
    return path
