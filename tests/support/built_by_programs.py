"""A project whose wheel holds what programs make of its files, and judges of what lbuild does.

Each wheel of lbuild is compared with that of a fresh build: of a copy in which nothing was ever
built, by calling the backend directly. The project requires nothing, so that this takes no longer
than its programs do.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.edits import edit, write_files
from support.minimal_project import NAME, status, wheel
from support.projects import FIXTURES, WRITTEN_BY_BUILDS, pristine_copy, replace, wheel_content

NEEDS_A_COMPILER = pytest.mark.skipif(
    sys.platform != "linux" or not all(map(shutil.which, ("gcc", "make", "sh"))),
    reason="programs are traced on Linux; these tests run gcc, make and a shell",
)

UNREAD = {
    "README.md": "# Demo\n",
    "docs/index.md": "# Documentation\n",
    "native/other.h": "#define OTHER 1\n",
    "tests/test_demo.c": "int main(void) { return 1; }\n",
}
"""Files of each project that its build does not read."""

_BACKEND = """


def made():
    import os
    import shutil
    import subprocess
    import tempfile

    folder = tempfile.mkdtemp()
    try:
        for command in {commands!r}:
            subprocess.run([word.replace("<out>", folder) for word in command], check=True)
        out = os.path.join(folder, "made")
{code}
        return Path(out).read_bytes()
    finally:
        shutil.rmtree(folder)
"""

_FRESH = """
import sys
sys.path.insert(0, "backend")
import backend
backend.build_wheel(sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What lbuild did for a wheel, and what programs made in it."""

    action: str
    sha256: str
    made: bytes
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class ProjectWithPrograms:
    """See above.

    Attributes:
        lbuild: what builds it.
        folder: of the project; its parent holds only the project, and what is beside it.
        env: the variables that differ in each build.
        leftovers: names of what its builds leave in the tree.
    """

    lbuild: Lbuild
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    leftovers: tuple[str, ...] = ()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the project, or beside it."""
        write_files(self.folder, files)

    def build(self) -> Built:
        """Ask lbuild for the wheel, which has to be that of a fresh build."""
        told = wheel(self.lbuild, self.folder, env=self.env)
        made = _made_in(told["wheel"])
        reasons = [f"{one['message']} ({one['source']})" for one in told["reasons"]]
        assert made == self._fresh(), f"stale: {told['action']}, {reasons}"
        return Built(told["action"], told["sha256"], made, reasons)

    def _fresh(self) -> bytes:
        """What programs make in a copy in which nothing was ever built."""
        with tempfile.TemporaryDirectory(dir=self.folder.parent.parent) as scratch:
            work = Path(scratch, "work")
            ignored = shutil.ignore_patterns(*WRITTEN_BY_BUILDS, *self.leftovers)
            shutil.copytree(self.folder.parent, work, symlinks=True, ignore=ignored)
            done = subprocess.run(
                [sys.executable, "-c", _FRESH, scratch],
                cwd=work / self.folder.name,
                env={**self.lbuild.environment, **self.env},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            [path] = Path(scratch).glob("*.whl")
            return _made_in(path)

    def status(self) -> dict[str, Any]:
        """Return what ``lbuild status --json`` says."""
        return status(self.lbuild, self.folder, env=self.env)


def _made_in(wheel: str | Path) -> bytes:
    return wheel_content(Path(wheel))["demo/more"].data


def project_with_programs(
    lbuild: Lbuild,
    tmp_path: Path,
    *commands: Sequence[str | Path],
    files: Mapping[str, str],
    code: str = "",
    env: Mapping[str, str] | None = None,
    leftovers: tuple[str, ...] = (),
) -> ProjectWithPrograms:
    """Make a project in ``tmp_path/work/project``.

    Args:
        commands: run one after the other in the project's folder; <out> in a word is a
            temporary folder, in which they make the file ``made``.
        files: of the project, or beside it.
        code: lines of Python that the backend runs besides; ``out`` is the path of ``made``.
        env: the variables that differ in each build.
        leftovers: names of what its builds leave in the tree.
    """
    folder = pristine_copy(FIXTURES / NAME, tmp_path / "work" / "project")
    backend = folder / "backend" / "backend.py"
    line = 'members = dict(packed(Path("src")))'
    replace(backend, line, f'{line}\n    members["demo/more"] = (made(), 0o644)')
    words = [[os.fspath(word) for word in command] for command in commands]
    with backend.open("a", encoding="utf-8") as file:
        lines = textwrap.indent(textwrap.dedent(code), " " * 8)
        file.write(_BACKEND.format(commands=words, code=lines))
    project = ProjectWithPrograms(lbuild, folder, dict(env or {}), leftovers)
    project.write({**UNREAD, **files})
    return project


Edit = Callable[[], object]


def require_noticed(project: ProjectWithPrograms, *edits: tuple[Edit, Edit]) -> None:
    """Fail unless lbuild builds for each edit, and for nothing else.

    Before them, all that the build does not read is edited: what counts is to be noticed as a
    second edit, too.

    Args:
        edits: each with what undoes it.
    """
    first = project.build()
    assert first.action == "built"
    require_reused(project, first)
    edit_unread(project)
    require_reused(project, first)
    for do, undo in edits:
        do()
        edited = project.build()
        assert edited.made != first.made, "this edit changes nothing"
        assert edited.action == "built"
        require_reused(project, edited)
        undo()
        require_reused(project, first)


def editing(file: Path, old: str = "42", new: str = "43") -> tuple[Edit, Edit]:
    """An edit of a file that keeps its size and time, and what undoes it."""
    return lambda: edit(file, old, new), lambda: edit(file, new, old)


def adding(file: Path, text: str) -> tuple[Edit, Edit]:
    """The adding of a file, with its folders if there are none, and what undoes it."""
    missing = [folder for folder in file.parents if not folder.exists()]

    def add() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def remove() -> None:
        file.unlink()
        for folder in missing:
            folder.rmdir()

    return add, remove


def retargeting(link: Path, target: str) -> tuple[Edit, Edit]:
    """The pointing of a link elsewhere, and what undoes it."""
    before = link.readlink()

    def point(where: str | Path) -> None:
        link.unlink()
        link.symlink_to(where)

    return lambda: point(target), lambda: point(before)


def edit_unread(project: ProjectWithPrograms) -> None:
    """Edit all that no build reads, and add some."""
    for name in UNREAD:
        with (project.folder / name).open("a", encoding="utf-8") as file:
            file.write("\n/* edited */\n")
    project.write({"tests/test_more.c": "int more;\n"})


def require_reused(project: ProjectWithPrograms, built: Built) -> None:
    """Fail unless lbuild gives an earlier wheel again without a build."""
    told = project.build()
    assert (told.action, told.sha256) == ("reused", built.sha256), told.reasons
