"""Random edits of real projects with compiled code: each wheel equals that of a fresh build."""

import sys
from pathlib import Path

import pytest

from oracle.catalogue import PROJECTS
from oracle.compiled_edits import edit_at_random, row_of
from oracle.sdists import fetch
from oracle.workshop import open_workshop

pytestmark = [pytest.mark.exhaustive, pytest.mark.endurance]


@pytest.mark.parametrize("name", ["hiredis", "setuptools-cython", "argon2-cffi-bindings"])
def test_each_wheel_equals_a_fresh_one(tmp_path: Path, name: str) -> None:
    """``nox -s oracle -- edits`` does this with all of them."""
    [project] = (one for one in PROJECTS if one.name == name)
    sources = fetch(project, tmp_path)
    workshop = open_workshop(
        tmp_path / "workshop", project, sources, Path(sys.executable), "traced"
    )
    steps = edit_at_random(workshop, 10, f"0 {name}")
    assert [step for step in steps if step.differs] == []
    assert row_of(steps)["built"]
