"""What a C compiler reads: headers found by all ways there are, inside and outside of the project.

Each test is of one way. See ``require_noticed`` for what is asked of lbuild in each.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    adding,
    editing,
    project_with_programs,
    require_noticed,
    retargeting,
)
from support.command import Lbuild

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]

SOURCE = '#include "answer.h"\nint answer = ANSWER;\n'
FORTY_TWO = "#define ANSWER 42\n"
FORTY_THREE = "#define ANSWER 43\n"


def compile_with(*options: str | Path, output: str = "<out>/made") -> list[str | Path]:
    return ["gcc", *options, "-c", "native/n.c", "-o", output]


@pytest.mark.parametrize(
    "first", ["first", "no/such/folder", "OUTSIDE/first", "OUTSIDE/none", "../beside/first"]
)
@pytest.mark.quick("OUTSIDE/first")
@pytest.mark.endurance
def test_a_header_that_appears_earlier_in_the_search_path(
    lbuild: Lbuild, tmp_path: Path, first: str
) -> None:
    folder = Path(first.replace("OUTSIDE", str(tmp_path / "outside")))
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with("-I", folder, "-I", "second"),
        files={"native/n.c": SOURCE, "second/answer.h": FORTY_TWO},
    )
    if "no" not in first:
        (project.folder / folder).mkdir(parents=True)
    require_noticed(
        project,
        adding(project.folder / folder / "answer.h", FORTY_THREE),
        adding(project.folder / "native/answer.h", FORTY_THREE),
        editing(project.folder / "second/answer.h"),
    )


@pytest.mark.parametrize("option", ["-isystem", "-I", "-iquote", "-idirafter", "CPATH"])
@pytest.mark.endurance
def test_a_header_of_a_folder_that_is_not_the_project_s(
    lbuild: Lbuild, tmp_path: Path, option: str
) -> None:
    folder = tmp_path / "outside" / "include"
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(*([] if option == "CPATH" else [option, folder])),
        files={"native/n.c": SOURCE, f"{folder}/answer.h": FORTY_TWO},
        env={"CPATH": str(folder)} if option == "CPATH" else {},
    )
    require_noticed(project, editing(folder / "answer.h"), editing(folder / "answer.h", new="44"))


@pytest.mark.endurance
def test_another_folder_in_cpath(lbuild: Lbuild, tmp_path: Path) -> None:
    one, other = tmp_path / "outside/one", tmp_path / "outside/other"
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(),
        files={
            "native/n.c": SOURCE,
            f"{one}/answer.h": FORTY_TWO,
            f"{other}/answer.h": FORTY_THREE,
        },
        env={"CPATH": str(one)},
    )
    require_noticed(
        project,
        (
            lambda: project.env.update(CPATH=str(other)),
            lambda: project.env.update(CPATH=str(one)),
        ),
    )


@pytest.fixture
def of_the_system() -> Iterator[str]:
    """The name of a header that may be made in the folders of the system, and is removed."""
    name = f"lbuild-{uuid.uuid4()}.h"
    yield name
    for folder in ("/usr/include", "/usr/local/include"):
        Path(folder, name).unlink(missing_ok=True)


@pytest.mark.endurance
@pytest.mark.skipif(not os.access("/usr/include", os.W_OK), reason="needs the rights of root")
def test_a_header_of_the_system(lbuild: Lbuild, tmp_path: Path, of_the_system: str) -> None:
    header = Path("/usr/include", of_the_system)
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(),
        files={
            "native/n.c": f"#include <{of_the_system}>\nint answer = ANSWER;\n",
            str(header): FORTY_TWO,
        },
    )
    require_noticed(
        project,
        editing(header),
        adding(
            Path("/usr/local/include", of_the_system), FORTY_THREE
        ),  # earlier in gcc's search path
        editing(header, new="44"),
    )


@pytest.mark.parametrize("where", ["native", "OUTSIDE"])
@pytest.mark.endurance
def test_a_header_named_by_a_macro(lbuild: Lbuild, tmp_path: Path, where: str) -> None:
    folder = tmp_path / "outside" if where == "OUTSIDE" else Path("native")
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(f'-DHEADER="{folder}/answer.h"', "-I."),
        files={
            "native/n.c": "#include HEADER\nint answer = ANSWER;\n",
            f"{folder}/answer.h": FORTY_TWO,
        },
    )
    require_noticed(project, editing(project.folder / folder / "answer.h"))


@pytest.mark.exhaustive
def test_a_header_that_is_only_asked_for(lbuild: Lbuild, tmp_path: Path) -> None:
    source = """
        #if __has_include("here.h")
        int here;
        #endif
        #if __has_include(<there.h>)
        int there;
        #endif
        """
    outside = tmp_path / "outside"
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with("-I", outside),
        files={"native/n.c": source, f"{outside}/there.h": ""},
    )

    def bring_back() -> None:
        (outside / "there.h").touch()

    require_noticed(
        project,
        adding(project.folder / "native/here.h", ""),
        ((outside / "there.h").unlink, bring_back),
    )


@pytest.mark.parametrize("folder", ["<out>", "native"])
@pytest.mark.quick("native")
@pytest.mark.endurance
def test_a_generated_header(lbuild: Lbuild, tmp_path: Path, folder: str) -> None:
    """In a temporary folder, and in the tree, where each build writes it anew."""
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", 'sed "s/^/#define ANSWER /" native/answer.txt > $0/answer.h', folder],
        compile_with("-I", folder),
        files={"native/n.c": SOURCE, "native/answer.txt": "42\n"},
        leftovers=("answer.h",),
    )
    require_noticed(project, editing(project.folder / "native/answer.txt"))


@pytest.mark.endurance
def test_a_link_to_a_header(lbuild: Lbuild, tmp_path: Path) -> None:
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(),
        files={
            "native/n.c": SOURCE,
            "headers/answer-1.h": FORTY_TWO,
            "headers/answer-2.h": FORTY_THREE,
        },
    )
    link = project.folder / "native/answer.h"
    link.symlink_to("../headers/answer-1.h")
    require_noticed(
        project,
        retargeting(link, "../headers/answer-2.h"),
        editing(project.folder / "headers/answer-1.h"),
    )


@pytest.mark.parametrize("where", ["project", "outside"])
@pytest.mark.endurance
def test_a_link_to_a_folder_of_headers(lbuild: Lbuild, tmp_path: Path, where: str) -> None:
    root = tmp_path / "outside" if where == "outside" else tmp_path / "work/project/headers"
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with("-I", root / "current"),
        files={
            "native/n.c": SOURCE,
            f"{root}/1/answer.h": FORTY_TWO,
            f"{root}/2/answer.h": FORTY_THREE,
        },
    )
    (root / "current").symlink_to("1")
    require_noticed(
        project, retargeting(root / "current", "2"), editing(root / "1/answer.h", new="45")
    )


OTHER_WAYS = {
    "-include": (["-include", "native/answer.h"], {"native/n.c": "int answer = ANSWER;\n"}),
    "-imacros": (["-imacros", "native/answer.h"], {"native/n.c": "int answer = ANSWER;\n"}),
    "include_next": (
        ["-Ifirst", "-Inative"],
        {
            "native/n.c": "#include <answer.h>\nint answer = ANSWER;\n",
            "first/answer.h": "#include_next <answer.h>\n",
        },
    ),
    "in a header": (
        [],
        {"native/n.c": '#include "a.h"\nint answer = ANSWER;\n', "native/a.h": SOURCE[:20]},
    ),
    "incbin": (
        [],
        {"native/n.c": 'asm(".data\\n.incbin \\"native/answer.h\\"\\n");\n'},
    ),
    "-B": (["-Bnative/"], {"native/n.c": SOURCE}),
    "pipe": (["-pipe"], {"native/n.c": SOURCE}),
}


@pytest.mark.endurance
@pytest.mark.parametrize("way", OTHER_WAYS)
def test_other_ways_to_read_a_file(lbuild: Lbuild, tmp_path: Path, way: str) -> None:
    options, files = OTHER_WAYS[way]
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with(*options),
        files={"native/answer.h": FORTY_TWO, **files},
    )
    require_noticed(project, editing(project.folder / "native/answer.h"))


@pytest.mark.endurance
def test_a_precompiled_header_that_appears(lbuild: Lbuild, tmp_path: Path) -> None:
    project = project_with_programs(
        lbuild, tmp_path, compile_with(), files={"native/n.c": SOURCE, "native/answer.h": FORTY_TWO}
    )
    header = project.folder / "native/answer.h"

    def precompile() -> None:
        (project.folder / "other.h").write_text(FORTY_THREE)
        command = f"gcc other.h -o {header}.gch"
        assert os.system(f"cd {project.folder} && {command} && rm other.h") == 0  # noqa: S605

    require_noticed(project, (precompile, Path(f"{header}.gch").unlink), editing(header))


@pytest.mark.endurance
def test_a_program_of_the_compiler_that_appears(lbuild: Lbuild, tmp_path: Path) -> None:
    """gcc looks for the assembler in the folders of -B first."""
    project = project_with_programs(
        lbuild,
        tmp_path,
        compile_with("-Btools/"),
        files={"native/n.c": SOURCE, "native/answer.h": FORTY_TWO, "tools/note.txt": ""},
    )
    assembler = project.folder / "tools/as"

    def add() -> None:
        real = shutil.which("as")
        assembler.write_text(f'#!/bin/sh\nexec {real} --defsym extra=1 "$@"\n')
        assembler.chmod(0o755)

    require_noticed(project, (add, assembler.unlink))
