"""Keeps all that a failed build printed, in a file that the message names."""

import hashlib
import os
import tempfile
from pathlib import Path

from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.cache import buckets
from lbuild_frontend.cache import files as cache_files
from lbuild_frontend.disk import temporary

_LABEL = 60
"""Characters of a project's name: file systems limit the length of names."""


def keep(task: BuildTask, output: str) -> Path | None:
    """Write the output of a failed build to a file, in the place of what failed before it.

    It is in the cache; or in the folder for temporary files, where the cache cannot be written or
    is removed after the command.

    Args:
        output: what the build printed.

    Returns:
        The file; None if there was no output, or no place for it.
    """
    if not output.strip():
        return None
    content = output.encode("utf-8", "backslashreplace")
    if not temporary.FOLDER.fullmatch(task.cache.root.name):
        folder = hashlib.sha256(os.fsencode(task.folder)).hexdigest()[:16]
        name = f"{task.identity[:_LABEL]}-{task.hook.name}-{folder}.log"
        path = task.cache.root / buckets.LOGS.name / name
        try:
            cache_files.write(path, content)
        except OSError:
            pass  # a disk that is full, or a cache that is read only
        else:
            return path
    prefix = f"lbuild-{task.identity[:_LABEL]}-"
    try:
        with tempfile.NamedTemporaryFile(prefix=prefix, suffix=".log", delete=False) as file:
            file.write(content)
    except OSError:
        return None
    return Path(file.name)
