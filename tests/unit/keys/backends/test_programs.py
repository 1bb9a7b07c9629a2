"""What is known of programs: variables by their names, and by the text of what they read."""

import pytest

from lbuild_keys.backends.programs import (
    asks_by_text,
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
