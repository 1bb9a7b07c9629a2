"""What is known of programs that builds run: which variables they obey, and how they use files.

What is not known of a program counts against it: all variables then count, and to look at a file is
to use its content, because programs such as make compare time stamps. The same is so of programs
that are known to run what a project writes for them and that may ask for any variable: shells,
interpreters, make, cmake (``$ENV{NAME}``), Meson, cargo and rustc (``env!("NAME")``).

A program is known by its name, if it is an executable file outside of the project: a script that is
called gcc may do anything, and so may what a project made or brings along. If links lead to it, its
own name has to be known as well: a compiler's cache is often called gcc.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LOADER = ("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "LD_BIND_NOW", "LD_ORIGIN_PATH")
"""Variables by which the dynamic loader chooses what runs (ld.so(8))."""

EVERY_PROGRAM = (*_LOADER, "LANG", "LANGUAGE", "LC_*", "LOCPATH", "SOURCE_DATE_EPOCH")
"""Variables that programs obey by the C library, and the time of a build."""

_GCC = (
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH"),
    *("COMPILER_PATH", "GCC_*", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "COLLECT_*", "LPATH"),
    *("LD_RUN_PATH", "LDEMULATION", "GNUTARGET", "CCC_OVERRIDE_OPTIONS"),
)
_PKG_CONFIG = ("PKG_CONFIG*", "DESTDIR", "CPP_INCLUDE_PATH", *_GCC)
_UV_BUILD = ("UV_*", "RUST_LOG", "RUST_BACKTRACE")


@dataclass(frozen=True, slots=True)
class KnownProgram:
    """What is known of some programs.

    Attributes:
        names: a regular expression that matches the names of their files.
        read_in: where that was read.
        variables: names of the variables that they obey; ``*`` at the end stands for any rest.
        only_looks: whether to look at a file without opening it can only ask whether it is there.
    """

    names: str
    read_in: str
    variables: tuple[str, ...]
    only_looks: bool = False


_ELF = b"\x7fELF"
_TARGET = r"([\w.]+-)*"
_VERSION = r"(-?[\d.]+)?"

PROGRAMS = (
    KnownProgram(
        rf"{_TARGET}(gcc|g\+\+|c\+\+|cc|cpp|gfortran|clang|clang\+\+|flang){_VERSION}"
        r"|cc1|cc1plus|cc1obj|f951|collect2|lto1|lto-wrapper|c89|c99",
        "the manuals of GCC (Environment Variables) and Clang",
        _GCC,
        only_looks=True,
    ),
    KnownProgram(
        rf"{_TARGET}(as|ld|ld\.(bfd|gold|lld)|gold|lld|mold|ar|ranlib|strip|objcopy|objdump|nm"
        rf"|readelf|size|gcc-ar|gcc-nm|gcc-ranlib|llvm-\w+){_VERSION}",
        "the manual of the GNU binary utilities",
        _GCC,
        only_looks=True,
    ),
    KnownProgram(r"ninja|ninja-build|samu", "the manual of Ninja", ("NINJA_STATUS", "MAKEFLAGS")),
    KnownProgram(rf"{_TARGET}(pkg-config|pkgconf)", "pkg-config(1)", _PKG_CONFIG),
    KnownProgram(
        r"uv_build|uv-build", "crates/uv-build-backend in the repository of uv", _UV_BUILD
    ),
    KnownProgram(r"nproc", "nproc(1)", ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT")),
    KnownProgram(r"patchelf|uname|ldconfig|getconf", "their manuals", ()),
)


def variables_of(path: str, root: str) -> tuple[str, ...] | None:
    """Return the variables that a program obeys, besides ``EVERY_PROGRAM``; None if any may count.

    Args:
        path: the file that runs.
        root: the folder of the project, without symbolic links.
    """
    known = _known(path, root)
    return None if known is None else known.variables


def only_looks(path: str, root: str) -> bool:
    """Whether a program that looks at a file without opening it cannot depend on its content."""
    known = _known(path, root)
    return known is not None and known.only_looks


def _known(path: str, root: str) -> KnownProgram | None:
    by_name = _by_name(path.rpartition("/")[2])
    if by_name is None:
        return None
    real = Path(path).resolve()
    if _by_name(real.name) is None or real.is_relative_to(root):
        return None
    try:
        with real.open("rb", buffering=0) as file:
            return by_name if file.read(len(_ELF)) == _ELF else None
    except OSError:
        return None


@cache
def _by_name(name: str) -> KnownProgram | None:
    return next((one for one in PROGRAMS if re.fullmatch(one.names, name)), None)
