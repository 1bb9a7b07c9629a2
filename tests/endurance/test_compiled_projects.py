"""Random edits of real projects with compiled code: each wheel equals that of a fresh build."""

import sys
from pathlib import Path

import pytest

from oracle.catalogue import PROJECTS
from oracle.compiled_edits import Step, edit_at_random, row_of
from oracle.sdists import fetch
from oracle.workshop import open_workshop

pytestmark = [pytest.mark.exhaustive, pytest.mark.endurance]


def steps_of(folder: Path, name: str, inputs: str) -> list[Step]:
    """Edit a project ten times."""
    [project] = (one for one in PROJECTS if one.name == name)
    sources = fetch(project, folder)
    python = Path(sys.executable)
    workshop = open_workshop(folder / "workshop", project, sources, python, inputs)
    return edit_at_random(workshop, 10, f"0 {name}")


@pytest.mark.parametrize("name", ["hiredis", "setuptools-cython", "argon2-cffi-bindings"])
def test_each_wheel_equals_a_fresh_one(tmp_path: Path, name: str) -> None:
    """``nox -s oracle -- edits`` does this with all of them."""
    steps = steps_of(tmp_path, name, "traced")
    assert [step for step in steps if step.differs] == []
    assert row_of(steps)["built"]


def test_a_stale_wheel_does_not_go_unnoticed(tmp_path: Path) -> None:
    # The defaults of tool.uv.cache-keys do not name what is in vendor.
    assert any(step.differs for step in steps_of(tmp_path, "hiredis", "declared"))
