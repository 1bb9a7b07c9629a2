"""uv issue 3796: an in-tree backend whose hook for editable metadata adds requirements."""

from pathlib import Path

import pytest

from support.command import Lbuild
from support.environments import make_environment

PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "backend"
backend-path = ["build-backend"]

[project]
name = "demo"
version = "1.0"
"""

BACKEND = """\
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *

MORE = {more!r}


def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
    name = build_meta.prepare_metadata_for_build_editable(metadata_directory, config_settings)
    path = Path(metadata_directory, name, "METADATA")
    lines = path.read_text().splitlines()
    lines[3:3] = [f"Requires-Dist: {{one}}" for one in MORE]
    path.write_text("\\n".join(lines) + "\\n")
    return name
"""

OTHERS = ((), ("wheel",), ("metadata",), ("editable",), ("status",), ("install", "-e", "--dry-run"))


@pytest.mark.exhaustive  # reuse/test_editable.py has the same for metadata alone
@pytest.mark.shared_environments
def test_the_present_list_is_given_each_time(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "build-backend").mkdir(parents=True)
    (project / "demo.py").write_text("")
    (project / "pyproject.toml").write_text(PROJECT)
    python = make_environment(tmp_path / "env")
    backend = project / "build-backend/backend.py"
    for more in (["one", "two"], ["one"], ["two", "one"], []):
        backend.write_text(BACKEND.format(more=more))
        for turn in range(10 if more == ["one"] else 2):
            [told] = lbuild("metadata", "--editable", "--json", project).json
            assert told["metadata"].get("requires_dist", []) == more
            lbuild("install", "-e", "--no-deps", "-p", python, project)
            [told] = lbuild("install", "-e", "--dry-run", "--json", "-p", python, project).json
            assert (told["action"], told["requirements"]) == (
                "installed" if more else "unchanged",
                more,
            )
            assert told["problem"] is None
            assert list(project.rglob("*.egg-info")) == []
            other = OTHERS[turn % len(OTHERS)]
            if other:
                lbuild(*other, *(["-p", python] if "install" in other else []), project)
