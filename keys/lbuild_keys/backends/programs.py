"""What is known of programs that builds run: which variables they obey, and how they use files.

What is not known of a program counts against it: all variables then count, and to look at a file is
to use its content, because programs such as make compare time stamps. The same is so of programs
that run what a project writes for them and may ask for any variable: interpreters and make. Shells,
cmake and rustc ask for others by names in scripts and sources, which are looked for there.
"""

import re
import sys
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

_LOADER = ("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "LD_BIND_NOW", "LD_ORIGIN_PATH")
"""Variables by which the dynamic loader chooses what runs (ld.so(8))."""

EVERY_PROGRAM = (*_LOADER, "LANG", "LANGUAGE", "LC_*", "LOCPATH", "SOURCE_DATE_EPOCH")
"""Variables that programs obey by the C library, and the time of a build."""

_GCC = (
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH"),
    *("COMPILER_PATH", "GCC_*", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES", "COLLECT_*", "LPATH"),
    *("LD_RUN_PATH", "LDEMULATION", "GNUTARGET", "CCC_OVERRIDE_OPTIONS"),
)
_PKG_CONFIG = ("PKG_CONFIG*", "DESTDIR")
_COMPILERS = ("CC", "CXX", "FC", "AR", "LD", "RANLIB", "STRIP", "CFLAGS", "CXXFLAGS", "FFLAGS")
_CMAKE = (
    *_COMPILERS,
    *("CMAKE_*", "CPPFLAGS", "LDFLAGS", "ASM*", "RC", "RCFLAGS", "CUDA*", "HIP*", "ISPC*", "OBJC*"),
    *(
        "SWIFTC",
        "CSFLAGS",
        "DESTDIR",
        "VERBOSE",
        "NINJA_STATUS",
        "CTEST_*",
        "MAKEFLAGS",
        "PKG_CONFIG*",
    ),
    *(
        "INCLUDE",
        "LIB",
        "Python*",
        "PYTHON*",
        "PYBIND11_*",
        "nanobind_*",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
    ),
)
_MESON = (
    *_COMPILERS,
    *("MESON*", "CPPFLAGS", "LDFLAGS", "CC_LD", "CXX_LD", "FC_LD", "NINJA*", "RUSTC", "RUSTFLAGS"),
    *("CYTHON*", "CMAKE*", "PYTHON*", "DESTDIR", "BOOST_*", "BOOSTROOT", "VALA*", "OBJC*", "CUDA*"),
    *("PKG_CONFIG*", "WINDRES", "NUM_WORKERS", "MKLROOT", "LLVM_*", "HDF5*", "QMAKE"),
    *("VULKAN_SDK", "JAVA_HOME", "I_MPI_*", "MPI*", "OMPI_*"),
)
_CARGO = (
    *_COMPILERS,
    *("CARGO*", "RUST*", "PYO3_*", "PYTHON_SYS_EXECUTABLE", "MATURIN_*", "SYSROOT", "LDFLAGS"),
    *("HTTP_TIMEOUT", "XDG_CONFIG_HOME", "PROFILE", "TARGET"),
)
_UV_BUILD = ("UV_*", "RUST_LOG", "RUST_BACKTRACE")


class KnownProgram(NamedTuple):
    """What is known of some programs.

    Attributes:
        names: a regular expression that matches the names of their files.
        read_in: where that was read.
        variables: names of the variables that they obey; ``*`` at the end stands for any rest.
        computes: whether what they make depends on files, words and these variables only.
        only_looks: whether to look at a file without opening it can only ask whether it is there.
        own_files: names of files that they keep for themselves, outside of projects: locks, and
            when something was last used. No result depends on these.
        asks: in what they read, what comes before and after the name of a further variable that
            they obey: a regular expression with the name as its group. A name that is computed
            matches it as well.
        asks_any: what in it shows that they may obey any: another one.
        asks_in: names of the files in which they look for such names: another one.
        asks_as_told: whether what they write and read again asks for nothing else.
        operand: whether, without a file or ``-c`` on the command line, they read a stream.
    """

    names: str
    read_in: str
    variables: tuple[str, ...]
    only_looks: bool = False
    own_files: frozenset[str] = frozenset()
    computes: bool = False
    asks: str = ""
    asks_any: str = ""
    asks_in: str = ".*"
    asks_as_told: bool = False
    operand: bool = False


_TARGET = r"([\w.]+-)*"
_VERSION = r"(-?[\d.]+)?"

PROGRAMS = (
    KnownProgram(
        rf"{_TARGET}(gcc|g\+\+|c\+\+|cc|cpp|gfortran|clang|clang\+\+|flang){_VERSION}"
        r"|cc1|cc1plus|cc1obj|f951|collect2|lto1|lto-wrapper|c89|c99",
        "the manuals of GCC (Environment Variables) and Clang",
        _GCC,
        only_looks=True,
        computes=True,
    ),
    KnownProgram(
        rf"{_TARGET}(as|ld|ld\.(bfd|gold|lld)|gold|lld|mold|ar|ranlib|strip|objcopy|objdump|nm"
        rf"|readelf|size|gcc-ar|gcc-nm|gcc-ranlib|llvm-\w+){_VERSION}",
        "the manual of the GNU binary utilities",
        _GCC,
        only_looks=True,
        computes=True,
    ),
    KnownProgram(r"ninja|ninja-build|samu", "the manual of Ninja", ("NINJA_STATUS", "MAKEFLAGS")),
    KnownProgram(rf"{_TARGET}(pkg-config|pkgconf)", "pkg-config(1)", _PKG_CONFIG),
    KnownProgram(
        r"cmake|cmake3|cpack|ctest",
        "the manual of CMake: cmake-env-variables(7), find_package",
        _CMAKE,
        asks=r"(?i:ENV)\s*\{([^}]*)\}|(?i:find_package|find_dependency)\s*\(\s*([^\s)]+)"
        r"|\bENV\s+\"?([^\s\")]+)",
        asks_any=r"-E\s+environment\b",
        asks_as_told=True,
    ),
    KnownProgram(r"meson|sanitycheck\w+\.exe", "the reference tables of Meson", _MESON),
    KnownProgram(
        r"cargo|rustc|rustdoc|rustup|maturin|rust-lld",
        "The Cargo Book and The rustc Book (environment variables); std::env!",
        _CARGO,
        own_files=frozenset(
            {".package-cache", ".package-cache-mutate", ".global-cache", ".global-cache-journal"}
        ),
        asks=r"env!\s*\(\s*([^,)]*)",
        asks_in=r".*\.rs",
    ),
    KnownProgram(
        r"sh|dash|bash|ash|ksh",
        "POSIX.1-2017, Shell Command Language; the manual of bash (Bash Variables)",
        ("ENV", "IFS", "BASH_*", "BASHOPTS", "SHELLOPTS", "POSIXLY_CORRECT", "CDPATH", "OPTIND"),
        asks=r"\$\{?#?([A-Za-z_]\w*)",
        # Arithmetic and some tests take names without a dollar sign.
        asks_any=r"\$\{!|\beval\b|\b(declare|typeset|compgen|let)\b|\b(export|readonly)\s+-p"
        r"|\b(set|export|readonly)[ \t]*([|;&>)`\n]|$)|\(\(|\$\[|(\[|\btest)\s.*-v\s"
        r"|\[\[.*-(eq|ne|lt|le|gt|ge)\b|\w\[[A-Za-z_]\w*\]|\$\{[^}:]*:\s*[A-Za-z_]|\$\\\n",
        operand=True,
    ),
    KnownProgram(
        r"uv_build|uv-build", "crates/uv-build-backend in the repository of uv", _UV_BUILD
    ),
    KnownProgram(r"nproc", "its manual", ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT")),
    KnownProgram(r"dpkg-architecture", "dpkg-architecture(1)", ("DEB_*", "DPKG_*", "PERL*", "CC")),
    KnownProgram(r"patchelf|uname|ldconfig|getconf", "their manuals", ()),
)


_COMPUTING = tuple(one for one in PROGRAMS if one.computes)
COMPUTING = "|".join(one.names for one in _COMPUTING)
"""A regular expression for the names of compilers and linkers, with what they run."""

VARIABLES_OF_COMPUTING = tuple(
    dict.fromkeys((*EVERY_PROGRAM, *(name for one in _COMPUTING for name in one.variables)))
)
"""The variables that these obey."""


def variables_of(path: str) -> tuple[str, ...] | None:
    """Return the variables that a program obeys, besides ``EVERY_PROGRAM``; None if any may count.

    Args:
        path: the file that runs.
    """
    known = _known(path)
    return None if known is None else known.variables


def asks_by_text(path: str) -> bool:
    """Whether a program may obey further variables, by what is in the files that it reads."""
    known = _known(path)
    return known is not None and known.asks != ""


def may_ask(path: str, file: str) -> bool:
    """Whether a program may find names of variables in a file, by the name of that."""
    known = _known(path)
    return known is not None and re.fullmatch(known.asks_in, file, re.DOTALL) is not None


def asks_only_as_told(path: str) -> bool:
    """Whether what a program writes, and reads again, asks for no variables of its own."""
    known = _known(path)
    return known is not None and known.asks_as_told


def reads_script_from_stream(path: str, args: Sequence[str]) -> bool:
    """Whether a shell reads what it runs from its standard input."""
    known = _known(path)
    if known is None or not known.operand:
        return False
    options = iter(args[1:])
    for word in options:
        if word in ("--rcfile", "--init-file") or (word[:1] in "-+" and word[-1:] in "oO"):
            next(options, None)
        elif word.startswith("-") and not word.startswith("--") and len(word) > 1:
            if "c" in word:
                return False
            if "s" in word:
                return True
        elif not word.startswith(("--", "+")) and word != "-":
            return False
    return True


def named_in(path: str, text: str) -> frozenset[str] | None:
    """Return the variables that a file asks for, by its text; None if it computes a name.

    Args:
        path: the program that reads it.
        text: what it reads.
    """
    known = _known(path)
    if known is None or not known.asks:
        return frozenset()
    if known.asks_any and re.search(known.asks_any, text):
        return None
    names: set[str] = set()
    for found in re.finditer(known.asks, text):
        name = next(filter(None, found.groups()), "").strip().strip('"')
        if not re.fullmatch(_NAME, name):
            return None
        names.add(name)
        if found[0].lower().startswith("find_"):
            names |= {f"{one}_{end}" for one in (name, name.upper()) for end in ("ROOT", "DIR")}
    return frozenset(names)


def spelled_out_in(path: str, text: str) -> frozenset[str]:
    """Return those variables that a file asks for whose names it does not compute."""
    known = _known(path)
    if known is None or not known.asks:
        return frozenset()
    names = (next(filter(None, found.groups()), "") for found in re.finditer(known.asks, text))
    stripped = (name.strip().strip('"') for name in names)
    return frozenset(name for name in stripped if re.fullmatch(_NAME, name))


_NAME = r"[\w.+-]+"

_REFERENCE = r"""(?:[$({"'%!=\[.]|\b(?:ifdef|ifndef|printenv|origin|defined|ENV)\s+)([A-Za-z]\w*)"""
"""What looks like the use of a variable, in any language."""


def references_in(text: str) -> frozenset[str]:
    """Return what may be names of variables in the script of an unknown program."""
    return frozenset(re.findall(_REFERENCE, text))


def runs_code_of_others(args: Sequence[str]) -> bool:
    """Whether a compiler of Rust loads macros of the project, which may ask for any variable."""
    return any("proc-macro" in word or "proc_macro" in word for word in args[1:])


def runs_known_code(args: Sequence[str], parent: str | None) -> bool:
    """Whether an interpreter runs nothing but a question of a known program about Python.

    CMake and Meson ask Python where its headers are, and the like. The question is on the command
    line, or it is a script of Meson's.

    Args:
        args: the command line of the interpreter.
        parent: the file of the program that runs it.
    """
    if parent is None or _known(parent) is None or not is_python(_name(args)):
        return False
    code = next((text for option, text in pairwise(args) if option == "-c"), None)
    if code is not None:
        named = {
            name.strip()
            for names in re.findall(_IMPORTS, code)
            for name in ",".join(names).split(",")
            if name.strip()
        }
        tops = {re.split(r"[.\s]", name)[0] for name in named}
        return not re.search(_RUNNING_MORE, code) and tops <= _ASKED
    script = next((word for word in args[1:] if not word.startswith("-")), "")
    return "/mesonbuild/scripts/" in script or args[1:] in (("-V",), ("--version",))


_IMPORTS = r"\bfrom\s+([\w.]+)\s+import\b|\bimport\s+([\w., \t]+)"

_RUNNING_MORE = (
    r"\b(environ\w*|getenv\w*|expandvars|exec|eval|compile|subprocess|popen|spawn\w*|runpy"
    r"|import_module|__import__|run_setup)\b|os\.system"
)
"""Words in Python code that may ask for any variable."""

_ASKED = frozenset(
    {*sys.stdlib_module_names, "distutils", "numpy", "pybind11", "nanobind", "Cython"}
)
"""Modules whose answers depend on no variable that is not Python's own."""

QUESTION_VARIABLES = ("PYTHON*", "_PYTHON*")
"""The variables that a question about Python depends on."""


def _name(args: Sequence[str]) -> str:
    return args[0].rpartition("/")[2] if args else ""


def keeps_for_itself(path: str, name: str) -> bool:
    """Whether a file outside of a project is one that a program keeps for itself.

    Args:
        path: the program.
        name: of the file, without its folder.
    """
    known = _known(path)
    return known is not None and name in known.own_files


def is_python(path: str) -> bool:
    """Whether a program is an interpreter of Python."""
    return re.match(r"(python|pypy)[\d.]*$", path.rpartition("/")[2]) is not None


def only_looks(path: str) -> bool:
    """Whether a program that looks at a file without opening it cannot depend on its content."""
    known = _known(path)
    return known is not None and known.only_looks


def is_computing(path: str) -> bool:
    """Whether what a program makes depends on files, words and variables only."""
    known = _known(path)
    return known is not None and known.computes


@cache
def _known(path: str) -> KnownProgram | None:
    name = path.rpartition("/")[2]
    return next((one for one in PROGRAMS if re.fullmatch(one.names, name)), None)
