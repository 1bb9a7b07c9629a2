"""Hides from the git of a hook what lbuild itself put into the project: wheels that it delivered.

Otherwise a wheel in a ``dist`` that git does not ignore makes the next version "dirty", and a clean
clone would reuse that. Git gets one more file of ignore rules, by variables of the hook process. It
begins with the user's own such file, which it replaces (``core.excludesFile``).
"""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from lbuild_keys.errors import KeysError


def variables(
    root: Path, names: Collection[str], file: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """Write a file of ignore rules, and return the variables by which git reads it.

    Args:
        root: the project.
        names: paths below it to hide.
        file: what to write.
        environ: the variables of the hook process, which these are added to.

    Returns:
        No variables if there is nothing to hide, or git cannot be asked.

    Raises:
        OSError: if the file cannot be written. Git of the hook would see what lbuild's does not.
    """
    if not names:
        return {}
    from lbuild_keys.git.repository import find_repository  # few builds have something to hide

    repository = find_repository(root)
    if repository is None or repository.trouble or repository.top is None:
        return {}
    try:
        own = _own_rules(repository.folder, environ)
        within = repository.folder.relative_to(repository.top)
        rules = [_escaped((within / name).as_posix()) for name in sorted(names)]
        count = int(environ.get("GIT_CONFIG_COUNT") or "0")
    except (KeysError, ValueError):  # then git fails in the hook, too
        return {}
    file.write_bytes(own + b"".join(b"\n/" + os.fsencode(rule) for rule in rules) + b"\n")
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": "core.excludesFile",
        f"GIT_CONFIG_VALUE_{count}": os.fspath(file),
    }


def _own_rules(folder: Path, environ: Mapping[str, str]) -> bytes:
    """Return the content of the user's file of ignore rules; nothing where it cannot be read."""
    from lbuild_keys.git.run import run_git  # as above

    _, out, _ = run_git(folder, "config", "-z", "--type=path", "--get", "core.excludesFile")
    settings = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", ""), ".config")  # noqa: PTH118  may be empty
    path = folder / (os.fsdecode(out.rstrip(b"\0")) or f"{settings}/git/ignore")
    try:
        return path.read_bytes()
    except OSError:
        return b""  # git ignores nothing by a file that it cannot read, either


def _escaped(path: str) -> str:
    """Return a rule that matches only this path (gitignore)."""
    return re.sub(r"([\\*?\[\] ])", r"\\\1", path)
