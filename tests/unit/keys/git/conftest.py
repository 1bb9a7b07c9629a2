"""Repositories that the tests of git begin with."""

from pathlib import Path

import pytest

from support.git_repositories import make, record, run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project")


@pytest.fixture
def with_submodule(tmp_path: Path, project: Path) -> Path:
    make(tmp_path / "library")
    allowed = ("-c", "protocol.file.allow=always")
    run(project, *allowed, "submodule", "--quiet", "add", str(tmp_path / "library"), "vendored")
    record(project)
    return project
