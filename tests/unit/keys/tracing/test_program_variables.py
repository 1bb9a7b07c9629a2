"""Which variables count because of the programs that ran: real files, and traces by hand."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from lbuild_keys.backends.real_programs import known_as
from lbuild_keys.tracing.process_trace import ProcessTrace, Program, ProgramAccess
from lbuild_keys.tracing.program_variables import ALL, variables

SH = "/bin/sh"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are followed on Linux")


def named(
    programs: Iterable[tuple[str, ...]],
    *read: str,
    written: Iterable[str] = (),
    foreign: Callable[[str], bool] = lambda _: False,
) -> set[str]:
    """The names that count where programs ran, the last of which read and wrote some files."""
    ran = {
        number: Program(number, number - 1, args[0], args, "/demo")
        for number, args in enumerate(programs, 1)
    }
    accesses = (
        *(ProgramAccess("written", path, len(ran), found=False) for path in written),
        *(ProgramAccess("read", path, len(ran), found=True) for path in read),
    )
    return set(variables(ProcessTrace(ran, accesses), frozenset(), foreign))


def write(path: Path, text: str, mode: int = 0o644) -> str:
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return str(path)


def test_a_script_by_the_name_of_a_compiler_may_obey_any_variable(tmp_path: Path) -> None:
    script = write(tmp_path / "gcc", '#!/bin/sh\nexec gcc $MY_FLAGS "$@"\n', 0o755)
    assert ALL in named([(script,)])
    link = tmp_path / "cc"
    link.symlink_to(SH)
    assert known_as(str(link)) == os.path.realpath(SH)
    assert known_as(str(tmp_path / "gone" / "gcc")) == ""
    meson = write(tmp_path / "meson", "#!/x/python\nfrom mesonbuild.mesonmain import main\n")
    assert known_as(meson) == meson


def test_what_a_shell_runs_is_searched_for_names(tmp_path: Path) -> None:
    script = write(tmp_path / "gen.sh", "echo $FLAVOUR $HOME\n")
    library = os.path.realpath("/lib64/ld-linux-x86-64.so.2")
    found = named([(SH, script)], script, *filter(os.path.exists, [library]))
    assert "FLAVOUR" in found
    assert found.isdisjoint((ALL, "HOME"))


@pytest.mark.parametrize(
    "args",
    [(SH,), (SH, "-s", "x"), (SH, "-e"), (SH, "-eo", "pipefail"), (SH, "-")],
    ids=" ".join,
)
def test_a_shell_may_run_what_nobody_sees(args: tuple[str, ...]) -> None:
    assert ALL in named([args])


@pytest.mark.parametrize("args", [(SH, "-ec", "true"), (SH, "-e", "/x/y.sh"), (SH, "-o", "x", "y")])
def test_a_shell_with_a_script(args: tuple[str, ...]) -> None:
    assert ALL not in named([args])


@pytest.mark.parametrize(
    "text",
    [
        "echo $((N + 1))",
        "[ -v N ]",
        "export | sort",
        "let A=N",
        "[[ N -eq 1 ]]",
        "echo ${A[N]}",
        "echo ${A:N:1}",
        "unset A[N]",
        "echo $\\\nN",
    ],
)
def test_a_shell_that_uses_names_without_a_dollar_sign(text: str) -> None:
    assert ALL in named([(SH, "-c", text)])


def test_a_script_that_is_gone_may_have_named_any(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.sh")
    assert ALL in named([(SH, gone)], gone)
    assert ALL in named([(SH, gone)], gone, foreign=lambda _: True)
    assert ALL in named([(SH, "-c", ". /dev/fd/63")], "/proc/77/fd/63")
    large = tmp_path / "large.sh"
    with large.open("wb") as file:
        file.truncate(2**22 + 1)
    assert ALL in named([(SH, str(large))], str(large))


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs cmake")
def test_names_in_files_of_cmake(tmp_path: Path) -> None:
    cmake = (str(shutil.which("cmake")), ".")
    listfile = write(
        tmp_path / "CMakeLists.txt",
        "find_path(A a.h HINTS ENV A_DIR)\nfind_dependency(Zed)\nset(B $env{LOWER})\n",
    )
    assert {"A_DIR", "Zed_ROOT", "LOWER"} <= named([cmake], listfile)
    assert ALL not in named([cmake], listfile)
    package = write(tmp_path / "TorchConfig.cmake", "set(A $ENV{TORCH_ARCH} $ENV{${X}})\n")
    found = named([cmake], package, foreign=lambda _: True)
    assert "TORCH_ARCH" in found
    assert ALL not in found
    assert ALL in named([cmake], package)
    gone = str(tmp_path / "gone.cmake")
    assert ALL in named([cmake], gone)
    assert ALL not in named([cmake], gone, written=[gone])
    assert ALL in named([(cmake[0], "-E", "environment")])


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs cmake")
@pytest.mark.parametrize(
    ("code", "is_known"),
    [
        ("import sysconfig; print(sysconfig.get_path('include'))", True),
        ("import numpy, sys; print(numpy.get_include())", True),
        ("from pybind11 import commands", True),
        ("import gen", False),
        ("from mypkg.version import version; print(version)", False),
        ("import sys, gen as g", False),
        ("print(__import__('gen'))", False),
        ("import os; print(os.path.expandvars('$FOO'))", False),
    ],
)
def test_what_cmake_asks_python(code: str, is_known: bool) -> None:
    cmake = str(shutil.which("cmake"))
    found = named([(cmake,), (sys.executable, "-c", code)])
    assert (ALL not in found) == is_known


def test_a_macro_of_rust_may_obey_any_variable() -> None:
    assert ALL in named([("/usr/bin/ld", "--crate-type", "proc-macro")])


def test_a_makefile_names_what_does_not_count_among_all(tmp_path: Path) -> None:
    makefile = write(
        tmp_path / "Makefile", "ifdef CI\nall:; echo $(BUILD_NUMBER) $$GITHUB_SHA UV $(HOME)\n"
    )
    made = write(tmp_path / "make", "#!/bin/sh\n", 0o755)
    found = named([(made,)], makefile)
    assert {ALL, "CI", "BUILD_NUMBER", "GITHUB_SHA"} == found
    assert "CI_JOB" in named([(made, "X=$CI_JOB")])
