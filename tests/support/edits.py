"""Edits of a project by which a wheel shows whether it is of the present, or of the past.

Something holds ``OLD`` at first, then ``NEW``. Both are of the same size and good as versions, and
files are edited with their time stamps put back.
"""

import os
import subprocess
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.projects import listing, replace, sha256, wheel_content

OLD, NEW = "7001.1", "7001.2"

Build = Callable[[], dict[str, Any]]


def states_in_wheel(told: Mapping[str, Any]) -> set[str]:
    """Which of the two states the wheel holds, in whatever file."""
    path = Path(told["wheel"])
    assert sha256(path) == told["sha256"]
    data = b"\0".join(member.data for member in wheel_content(path).values())
    return {state for state in (OLD, NEW) if state.encode() in data}


def require_noticed(build: Build, renew: Callable[[], object], undo: Callable[[], object]) -> None:
    """Fail unless an edit shows in the wheel; again, or with it undone, nothing may be built."""
    first = build()
    assert (first["action"], states_in_wheel(first)) == ("built", {OLD})
    renew()
    second = build()
    assert (second["action"], states_in_wheel(second)) == ("built", {NEW})
    again = build()
    assert (again["action"], again["sha256"]) == ("reused", second["sha256"])
    undo()
    back = build()
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def require_edit_noticed(build: Build, file: Path) -> None:
    """Fail unless the same holds for an edit of one file."""
    require_noticed(build, lambda: edit(file, OLD, NEW), lambda: edit(file, NEW, OLD))


def edit(file: Path, old: str, new: str) -> None:
    """Replace one place in a file, and put its time of modification back."""
    before = file.stat()
    replace(file, old, new)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def write_files(project: Path, files: Mapping[str, str]) -> None:
    """Write files, by their paths relative to the project."""
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(textwrap.dedent(text), "utf-8")


def pack_expression(project: Path, expression: str, imports: str = "") -> None:
    """Let the backend of the minimal project pack the value of an expression, which is bytes."""
    if imports:
        replace(
            project / "backend" / "backend.py", "import sys\n", f"import sys\nimport {imports}\n"
        )
    line = 'members = dict(packed(Path("src")))'
    more = f'members["demo/more"] = ({expression}, 0o644)'
    replace(project / "backend" / "backend.py", line, f"{line}\n    {more}")


def pack_state(project: Path, code: str) -> None:
    """Let the minimal project's backend pack the bytes that ``state()`` returns."""
    pack_expression(project, "state()")
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write("\n\n" + textwrap.dedent(code))


def added_outside_dist(project: Path, tree: set[str]) -> set[str]:
    """What has come into a tree since it was listed, and is not delivered."""
    return {path for path in listing(project) - tree if path.split("/")[0] != "dist"}


def add_requirements(project: Path, *requirements: str) -> None:
    """Let the minimal project require something to be built."""
    replace(project / "pyproject.toml", "requires = []", f"requires = {list(requirements)}")


def site_packages(python: Path) -> Path:
    """Where an interpreter's distributions are installed."""
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip())
