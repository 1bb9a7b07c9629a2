"""Gets source distributions from the package index, once each, and fixtures."""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from oracle.catalogue import Project
from oracle.workshop import UnusableRecord
from support.projects import FIXTURES


def fetch(project: Project, folder: Path) -> Path:
    """The source distribution of a project, from ``folder``, or from the index into it.

    Of a fixture, its folder.

    Raises:
        Unusable: if the index does not have it, or has another file.
    """
    if not project.sha256:
        return FIXTURES / project.name
    for path in folder.glob("*.tar.gz"):
        if hashlib.sha256(path.read_bytes()).hexdigest() == project.sha256:
            return path
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        wanted = Path(scratch, "requirements.txt")
        wanted.write_text(f"{project.name}=={project.version} --hash=sha256:{project.sha256}\n")
        # uv cannot download, and the environment need not hold pip.
        done = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--with", "pip"),
                *("python", "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"),
                *("--no-binary", project.name, "--dest", scratch, "--requirement", str(wanted)),
            ],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise UnusableRecord(f"pip download: {done.stderr.strip()[-1000:]}")
        [path] = Path(scratch).glob("*.tar.gz")
        return path.rename(folder / path.name)
