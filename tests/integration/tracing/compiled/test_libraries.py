"""What a linker reads, and what the dynamic loader reads for a program that a build runs."""

import subprocess
from pathlib import Path

import pytest

from support.built_by_programs import (
    NEEDS_A_COMPILER,
    Edit,
    editing,
    project_with_programs,
    require_noticed,
    retargeting,
)
from support.command import Lbuild

pytestmark = [pytest.mark.shared_environments, NEEDS_A_COMPILER]

MAIN = {"native/n.c": "int answer(void);\nint main(void) { return answer(); }\n"}


def link_with(*options: str | Path) -> list[str | Path]:
    return ["gcc", "native/n.c", *options, "-o", "<out>/made"]


def make_archive(archive: Path, answer: int) -> None:
    """Make a static library."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    member = archive.with_suffix(".o")
    _compile(answer, "-c", "-o", str(member))
    archive.unlink(missing_ok=True)
    subprocess.run(["ar", "rcsD", str(archive), str(member)], check=True)
    member.unlink()


def make_library(library: Path, answer: int, *options: str) -> None:
    """Make a shared library."""
    library.parent.mkdir(parents=True, exist_ok=True)
    library.unlink(missing_ok=True)
    _compile(answer, "-shared", "-fPIC", "-o", str(library), *options)


def _compile(answer: int, *options: str) -> None:
    code = f"int answer(void) {{ return {answer}; }}\n".encode()
    subprocess.run(["gcc", "-x", "c", "-", *options], input=code, check=True)


def making_archive(archive: Path, answer: int) -> tuple[Edit, Edit]:
    """The replacing of a library, or the adding of one, and what undoes it."""
    before = archive.read_bytes() if archive.exists() else None

    def undo() -> None:
        if before is None:
            archive.unlink()
        else:
            archive.write_bytes(before)

    return lambda: make_archive(archive, answer), undo


@pytest.mark.parametrize("where", ["libs", "OUTSIDE/libs"])
@pytest.mark.quick("OUTSIDE/libs")
@pytest.mark.endurance
def test_a_static_library(lbuild: Lbuild, tmp_path: Path, where: str) -> None:
    """It is replaced, and another one appears earlier in the search path."""
    folder = Path(where.replace("OUTSIDE", str(tmp_path / "outside")))
    project = project_with_programs(
        lbuild, tmp_path, link_with(f"-L{folder}/first", f"-L{folder}/second", "-lone"), files=MAIN
    )
    first, second = (project.folder / folder / name for name in ("first", "second"))
    first.mkdir(parents=True)
    make_archive(second / "libone.a", 42)
    require_noticed(
        project,
        making_archive(second / "libone.a", 43),
        making_archive(first / "libone.a", 44),
    )


@pytest.mark.endurance
def test_a_shared_library_appears_beside_a_static_one(lbuild: Lbuild, tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    project = project_with_programs(lbuild, tmp_path, link_with(f"-L{folder}", "-lone"), files=MAIN)
    make_archive(folder / "libone.a", 42)
    library = folder / "libone.so"
    require_noticed(project, (lambda: make_library(library, 42), library.unlink))


@pytest.mark.endurance
def test_the_name_in_a_shared_library(lbuild: Lbuild, tmp_path: Path) -> None:
    """What is linked with it names its soname; the library is found by links, as in /usr/lib."""
    folder = tmp_path / "outside"
    project = project_with_programs(lbuild, tmp_path, link_with(f"-L{folder}", "-lone"), files=MAIN)
    make_library(folder / "libone.so.1.0", 42, "-Wl,-soname,libone.so.1")
    make_library(folder / "libone.so.2.0", 42, "-Wl,-soname,libone.so.2")
    link = folder / "libone.so"
    link.symlink_to("libone.so.1.0")
    require_noticed(project, retargeting(link, "libone.so.2.0"))


@pytest.mark.endurance
def test_a_library_that_is_a_script(lbuild: Lbuild, tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    project = project_with_programs(lbuild, tmp_path, link_with(f"-L{folder}", "-lone"), files=MAIN)
    make_archive(folder / "a41.a", 41)
    make_archive(folder / "a42.a", 42)
    make_archive(folder / "a43.a", 43)
    script = folder / "libone.so"
    script.write_text("INPUT(a42.a)\n")
    require_noticed(project, editing(script), making_archive(folder / "a42.a", 45))


@pytest.mark.endurance
def test_the_path_of_libraries(lbuild: Lbuild, tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    project = project_with_programs(
        lbuild, tmp_path, link_with("-lone"), files=MAIN, env={"LIBRARY_PATH": f"{folder}/one"}
    )
    make_archive(folder / "one/libone.a", 42)
    make_archive(folder / "other/libone.a", 43)
    require_noticed(
        project,
        making_archive(folder / "one/libone.a", 44),
        (
            lambda: project.env.update(LIBRARY_PATH=f"{folder}/other"),
            lambda: project.env.update(LIBRARY_PATH=f"{folder}/one"),
        ),
    )


PRINT = """
#include <stdio.h>
int answer(void);
int main(void) { return printf("%d", answer()) < 0; }
"""


@pytest.mark.parametrize("found_by", ["rpath", "LD_LIBRARY_PATH"])
@pytest.mark.endurance
def test_a_library_of_a_program_that_the_build_runs(
    lbuild: Lbuild, tmp_path: Path, found_by: str
) -> None:
    """Only the dynamic loader reads it."""
    folder = tmp_path / "outside"
    libraries = f"{folder}/first:{folder}/second"
    (folder / "first").mkdir(parents=True)
    library = folder / "second/libone.so"
    make_library(library, 42)
    options = [f"-Wl,-rpath,{libraries}"] if found_by == "rpath" else []
    subprocess.run(
        ["gcc", "-x", "c", "-", f"-L{library.parent}", "-lone", *options, "-o", folder / "tool"],
        input=PRINT.encode(),
        check=True,
    )
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["sh", "-c", f"{folder}/tool > <out>/made"],
        files={},
        env={} if found_by == "rpath" else {"LD_LIBRARY_PATH": libraries},
    )
    first = folder / "first/libone.so"
    require_noticed(
        project,
        (lambda: make_library(library, 43), lambda: make_library(library, 42)),
        (lambda: make_library(first, 44), first.unlink),
    )


SCRIPTS = {
    "version script": ("-Wl,--version-script=native/script", "{ global: answer42; local: *; };\n"),
    "linker script": ("-Wl,--defsym=x=1,native/script", "answer_42 = 1;\n"),
    "response file": ("@native/script", "-Danswer=answer42\n"),
    "response file of the linker": ("-Wl,@native/script", "--defsym=answer42=1\n"),
}


@pytest.mark.endurance
@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_file_named_to_the_linker(lbuild: Lbuild, tmp_path: Path, kind: str) -> None:
    option, text = SCRIPTS[kind]
    project = project_with_programs(
        lbuild,
        tmp_path,
        ["gcc", "-shared", "-fPIC", "native/n.c", option, "-o", "<out>/made"],
        files={
            "native/n.c": "int answer(void) { return 1; }\nint answer42(void) { return 2; }\n"
            "int answer43(void) { return 3; }\n"
            if kind == "version script"
            else "int answer(void) { return 1; }\n",
            "native/script": text,
        },
    )
    require_noticed(project, editing(project.folder / "native/script"))
