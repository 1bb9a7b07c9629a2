"""A wheel that lbuild delivered is no change of the repository, for the backend neither."""

from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import NAME, wheel, when_building
from support.projects import CopyProject, git, wheel_content

pytestmark = pytest.mark.shared_environments

ASKS = """
import subprocess
asked = subprocess.run(["git", "status", "--porcelain"], stdout=subprocess.PIPE, check=True)
Path("src/demo/state.txt").write_bytes(asked.stdout or b"clean")
"""


def test_an_own_wheel_makes_no_version_dirty(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    when_building(project, ASKS)
    (project / ".gitignore").write_text("state.txt\n__pycache__\n")  # not dist
    git(project, "init", "-q")
    for message in ("first", "second"):
        (project / "src/demo/core.py").write_text(f"message = {message!r}\n")
        git(project, "add", ".", ":!dist")
        git(project, "commit", "-q", "-m", message)
        told = wheel(lbuild, project)
        assert told["action"] == "built"
        assert wheel_content(Path(told["wheel"]))["demo/state.txt"].data == b"clean"
    (project / "untracked").touch()
    told = wheel(lbuild, project)
    assert wheel_content(Path(told["wheel"]))["demo/state.txt"].data == b"?? untracked\n"
