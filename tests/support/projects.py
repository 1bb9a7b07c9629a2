"""Small projects as tests handle them: copies, git history, what a tree and a wheel hold.

Also what every wheel of lbuild has to equal: the wheel of a fresh build of the same tree.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import NamedTuple, Protocol

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

WRITTEN_BY_BUILDS = (
    "dist",
    "build",
    "*.egg-info",
    "__pycache__",
    ".pdm-build",
    "_version.py",
)
"""Names of what a build of a fixture may leave in its tree, with whatever frontend."""


class Member(NamedTuple):
    """One file of a wheel, without its time stamp."""

    data: bytes
    executable: bool


class CopyProject(Protocol):
    """Copies a project of ``fixtures`` below the test's temporary folder; returns its path."""

    def __call__(self, name: str, *, folder: str = ..., tag: str | None = ...) -> Path:
        """Copy ``name`` to ``folder/name``; with ``tag``, as a git repository with that tag."""


def pristine_copy(project: Path, target: Path) -> Path:
    """Copy a project, its git history included, without anything that a build wrote."""
    ignored = shutil.ignore_patterns(*WRITTEN_BY_BUILDS)
    return Path(shutil.copytree(project, target, symlinks=True, ignore=ignored))


def fresh_build(project: Path) -> Path:
    """Build a wheel from a pristine copy of a project with ``python -m build``; return its path.

    The copy is beside the project and has its name.
    """
    folder = Path(tempfile.mkdtemp(prefix="fresh-", dir=project.parent))
    return build_in_tree(pristine_copy(project, folder / project.name))


def build_in_tree(project: Path) -> Path:
    """Build a wheel into ``dist`` as people do without lbuild; return its path."""
    command = [sys.executable, "-m", "build", "--wheel", "--installer", "uv", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (project / "dist").glob("*.whl")
    return wheel


def wheel_content(wheel: Path) -> dict[str, Member]:
    """Everything in a wheel that an installation could tell apart, by name.

    The order of members, their time stamps and their compression do not count, and neither does
    the order of the lines of RECORD.
    """
    content: dict[str, Member] = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            assert member.filename not in content, f"{member.filename} is twice in {wheel.name}"
            data = archive.read(member)
            if member.filename.endswith(".dist-info/RECORD"):
                data = b"\n".join(sorted(data.splitlines()))
            executable = bool(member.external_attr >> 16 & 0o111) and not member.is_dir()
            content[member.filename] = Member(data, executable)
    return content


def wheel_metadata(wheel: Path) -> Message:
    """The core metadata of a wheel."""
    [data] = [
        member.data
        for name, member in wheel_content(wheel).items()
        if name.endswith(".dist-info/METADATA")
    ]
    return BytesParser().parsebytes(data)


def sha256(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def listing(project: Path) -> set[str]:
    """The paths of all files and folders of a tree but for ``.git``, relative to its root."""
    return {
        path.relative_to(project).as_posix()
        for path in project.rglob("*")
        if ".git" not in path.relative_to(project).parts
    }


def replace(file: Path, old: str, new: str) -> None:
    """Replace the one place where a file has ``old``, keeping its line ends."""
    content = file.read_bytes()
    assert content.count(old.encode()) == 1, f"{file} does not have {old!r} once"
    file.write_bytes(content.replace(old.encode(), new.encode()))


def git(repository: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed, without the last line end."""
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.rstrip("\n")
