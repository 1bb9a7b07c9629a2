"""A reason names the file that changed, and the program that read it."""

from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    ProjectWithPrograms,
    project_with_programs,
)
from support.command import Lbuild
from support.edits import edit

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "outside"


@pytest.fixture
def project(lbuild: Lbuild, tmp_path: Path, outside: Path) -> ProjectWithPrograms:
    return project_with_programs(
        lbuild,
        tmp_path,
        ["gcc", f"-I{outside}", "-c", "native/n.c", "-o", "<out>/made"],
        files={
            "native/n.c": '#include "inside.h"\n#include "outside.h"\nint answer = ANSWER;\n',
            "native/inside.h": "#define ANSWER 42\n",
            f"{outside}/outside.h": "#define OTHER 42\n",
        },
    )


def test_status_names_the_header_and_the_compiler(
    lbuild: Lbuild, project: ProjectWithPrograms, outside: Path
) -> None:
    project.build()
    assert project.status()["verdict"] == "reuse"
    edit(project.folder / "native/inside.h", "42", "43")
    edit(outside / "outside.h", "42", "43")
    told = project.status()
    assert told["verdict"] == "rebuild"
    by_name = {Path(reason["path"]).name: reason for reason in told["reasons"]}
    assert set(by_name) == {"inside.h", "outside.h"}
    for reason in by_name.values():
        assert reason["kind"] == "file-changed"
        assert reason["source"].startswith("traced: ")
        assert "cc1" in reason["source"]
    assert by_name["inside.h"]["path"] == "native/inside.h"
    lines = lbuild("status", project.folder).stdout.splitlines()
    for name in by_name:
        about = [line for line in lines if f"/{name} " in line]
        assert about
        for line in about:  # what is outside may have been meant by its name from here, or in full
            assert line.startswith("  changed ")
            assert "cc1" in line


@pytest.mark.exhaustive
def test_a_header_that_appears_is_named_with_the_compiler(project: ProjectWithPrograms) -> None:
    project.build()
    project.write({"native/outside.h": "#define OTHER 43\n"})
    [reason] = project.status()["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-added", "native/outside.h")
    assert "cc1" in reason["source"]


@pytest.mark.exhaustive
def test_the_assembler_is_a_program_that_was_run(
    lbuild: Lbuild, project: ProjectWithPrograms
) -> None:
    """Programs that programs start are inputs, as those are that the hook starts."""
    project.build()
    lines = lbuild("status", "-v", project.folder).stdout.splitlines()
    for program in ("cc1", "as"):
        assert any(f"/{program} " in line for line in lines), lines
