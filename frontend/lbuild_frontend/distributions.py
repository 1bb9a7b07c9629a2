"""What is installed in an isolated environment, told from the names of its metadata folders."""

from pathlib import Path

_SITE_PACKAGES = ("lib*/*/site-packages", "Lib/site-packages")
"""Below a virtual environment, as ``sysconfig`` has it: on POSIX, and on Windows."""


def installed(executable: str) -> tuple[str, ...] | None:
    """The distributions beside an environment's interpreter, as ``name-version.dist-info``.

    Any that is added, taken away or exchanged for another version changes this, and no file has to
    be read. None if it cannot be told.
    """
    prefix = Path(executable).parent.parent
    try:
        folders = {folder.resolve() for place in _SITE_PACKAGES for folder in prefix.glob(place)}
        found = {
            path.name
            for folder in folders
            for path in folder.iterdir()
            if path.name.endswith((".dist-info", ".egg-info"))
        }
    except OSError:
        return None
    return tuple(sorted(found)) if folders else None
