"""What is known of programs: variables by their names, and by the text of what they read."""

from pathlib import Path

import pytest

from lbuild_keys.backends.programs import (
    asks_by_text,
    has_unseen_script,
    is_what_its_name_says,
    named_in,
    only_looks,
    runs_known_code,
    variables_of,
)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "gcc",
            "cc",
            "c++",
            "g++-12",
            "x86_64-linux-gnu-gcc-12",
            "clang++",
            "clang-15",
            "cc1plus",
        ),
        *("ld", "ld.gold", "x86_64-linux-gnu-ld.bfd", "as", "ar", "collect2", "llvm-ar"),
    ],
)
def test_compilers_and_linkers(name: str) -> None:
    assert "CPATH" in (variables_of(f"/usr/bin/{name}") or ())
    assert only_looks(f"/usr/bin/{name}")


@pytest.mark.parametrize(
    "name", ["python3.11", "make", "perl", "tool", "gccgo2x", "ninja2", "a.out"]
)
def test_of_others_nothing_is_known(name: str) -> None:
    assert variables_of(f"/usr/bin/{name}") is None
    assert not only_looks(f"/usr/bin/{name}")
    assert not asks_by_text(f"/usr/bin/{name}")


@pytest.mark.parametrize(
    ("program", "text", "names"),
    [
        ("cmake", 'set(A "$ENV{FOO}") if(DEFINED ENV{BAR})', {"FOO", "BAR"}),
        ("cmake", "set(A $ENV{${B}})", None),
        (
            "cmake",
            "find_package( Boost 1.7 REQUIRED)",
            {"Boost", "Boost_ROOT", "Boost_DIR", "BOOST_ROOT", "BOOST_DIR"},
        ),
        ("cmake", "find_package(${P})", None),
        ("cmake", "project(demo)", set()),
        ("rustc", 'env!("A"), option_env!( "B" ), env!("C", "why")', {"A", "B", "C"}),
        ("rustc", 'env!(concat!("A", "B"))', None),
        ("sh", 'gcc -c $CFLAGS ${EXTRA:-x} && echo $1 $? $$ $(pwd) "$@"', {"CFLAGS", "EXTRA"}),
        ("sh", "set -e; cc -c a.c", set()),
        ("sh", "set | grep FOO", None),
        ("sh", "set", None),
        ("bash", "echo ${!NAME}", None),
        ("bash", "echo ${#LIST[@]}", {"LIST"}),
        ("dash", 'eval "$LINE"', None),
        ("bash", "export -p", None),
        ("sh", "export | sort", None),
        ("sh", "export A=$B", {"B"}),
        ("sh", "echo $((A + 1))", None),
        ("sh", "echo ${\\\nA}", {"A"}),
        ("bash", "[[ A -eq 1 ]]", None),
        ("bash", "if [ ! -v A ]; then :; fi", None),
        ("bash", "test -v A", None),
        ("bash", "echo ${list[A]}", None),
        ("bash", "echo ${text:A:1} ${B:-1}", None),
        ("bash", "echo ${A:-1} ${B:+2} ${C:?no}", {"A", "B", "C"}),
        ("bash", "echo ${text@P}", None),
        ("bash", "let a=B", None),
        ("cmake", 'cmake_language(EVAL CODE "${CODE}")', None),
        ("cmake", "-E\nenvironment", None),
        ("gcc", "$FOO", set()),
    ],
)
def test_names_in_scripts(program: str, text: str, names: set[str] | None) -> None:
    assert named_in(f"/usr/bin/{program}", text) == names


@pytest.mark.parametrize(
    ("args", "parent", "known"),
    [
        (("python3", "-c", "import sysconfig; print(1)"), "/usr/bin/cmake", True),
        (("/env/bin/python", "-I", "-c", "import platform; platform.system()"), "maturin", True),
        (("python", "/env/lib/site-packages/mesonbuild/scripts/python_info.py"), "meson", True),
        (("python", "-c", "import os; print(os.environ['A'])"), "/usr/bin/cmake", False),
        (("python", "-c", "import os; os.system('x')"), "/usr/bin/cmake", False),
        (("python", "-c", "print(1)"), "/usr/bin/make", False),
        (("python", "-c", "print(1)"), None, False),
        (("python", "tool.py"), "/usr/bin/cmake", False),
        (("pythonic", "-c", "print(1)"), "/usr/bin/cmake", False),
        ((), "/usr/bin/cmake", False),
    ],
)
def test_questions_about_python(args: tuple[str, ...], parent: str | None, known: bool) -> None:
    assert runs_known_code(args, parent) == known


ELF = b"\x7fELF\2 and so on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "project").mkdir()
    return tmp_path


def is_known(path: Path, *, installed: bool = False) -> bool:
    root = str(path.parents[1] / "project")
    return is_what_its_name_says(str(path), root, installed=installed)


def test_a_script_is_no_compiler(folder: Path) -> None:
    path = folder / "bin/gcc"
    path.write_bytes(ELF)
    assert is_known(path)
    path.write_bytes(b'#!/bin/sh\nexec /usr/bin/gcc -DANSWER=$ANSWER "$@"\n')
    assert not is_known(path)
    assert is_known(path, installed=True)
    path.write_bytes(b"exec gcc\n")  # a shell runs that, too
    assert not is_known(path)
    path.unlink()
    assert not is_known(path)


def test_meson_may_be_a_script(folder: Path) -> None:
    path = folder / "bin/meson"
    path.write_bytes(b"#!/usr/bin/python3\n")
    assert is_known(path, installed=True)
    assert not is_known(path)


def test_the_name_that_links_lead_to_counts(folder: Path) -> None:
    (folder / "bin/ccache").write_bytes(ELF)
    (folder / "bin/x86_64-linux-gnu-gcc-12").write_bytes(ELF)
    (folder / "bin/gcc").symlink_to("ccache")
    (folder / "bin/cc").symlink_to("gcc-12")
    (folder / "bin/gcc-12").symlink_to("x86_64-linux-gnu-gcc-12")
    assert not is_known(folder / "bin/gcc")
    assert is_known(folder / "bin/cc")


def test_a_program_of_the_project_is_not_known(folder: Path) -> None:
    path = folder / "project/as"
    path.write_bytes(ELF)
    (folder / "bin/as").symlink_to(path)
    assert not is_known(path)
    assert not is_known(folder / "bin/as")


@pytest.mark.parametrize(
    ("line", "unseen"),
    [
        ("sh", True),
        ("sh -", True),
        ("sh -e", True),
        ("bash -s one", True),
        ("bash --norc", True),
        ("bash --rcfile file", True),
        ("bash -o pipefail", True),
        ("sh -c text", False),
        ("sh -ec text", False),
        ("bash -o pipefail -c text", False),
        ("bash -o pipefail script", False),
        ("sh script one", False),
        ("sh -- script", False),
        ("bash +x script", False),
    ],
)
def test_a_script_on_standard_input(line: str, unseen: bool) -> None:
    assert has_unseen_script(line.split()) == unseen
