"""Which environment variables count where nothing was traced, and how a value is kept.

A value is never kept itself, only a keyed digest of it: neither cache nor status holds a secret.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from lbuild_keys.model import ABSENT, State, present

NOISE = frozenset(
    {
        "COLUMNS",
        "DISPLAY",
        "EDITOR",
        "HOME",
        "HOSTNAME",
        "LINES",
        "LOGNAME",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHELL",
        "SHLVL",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "USER",
        "VIRTUAL_ENV",
        "_",
    }
)
"""Variables that every shell sets or changes. They count only where a declaration names them."""

STEERING = re.compile(
    r"""
    # compilers and linkers: setuptools' and CPython's sysconfig, GNU make's names, GCC, MSVC, Xcode
    CC | CXX | CPP | FC | F77 | F90 | AR | AS | LD | NM | RANLIB | STRIP | LDSHARED | LDCXXSHARED
    | (C|CXX|CPP|LD|AR|F|FC|BASEC|ARCH|RUST)FLAGS | OPT | CPATH | (C|CPLUS|OBJC)_INCLUDE_PATH
    | LIBRARY_PATH | INCLUDE | LIB | LIBPATH | MACOSX_DEPLOYMENT_TARGET | SDKROOT | PKG_CONFIG\w*
    # build backends and what they call
    | (SETUPTOOLS|DISTUTILS|DIST|HATCH|FLIT|POETRY|PDM|SKBUILD|SCIKIT_BUILD|CMAKE|CMAKE_BUILD
    | MESON|MESONPY|MATURIN|CARGO|PYO3|CYTHON|SWIG|NPY|VERSIONEER|VERSIONINGIT|PBR
    | UV_DYNAMIC_VERSIONING|CUDA|TORCH|RUSTC|RUSTUP)_\w+ | RUSTC | MAX_JOBS
    # reproducible builds, and which build requirements an installer chooses
    | SOURCE_DATE_EPOCH | ZIPOPT | PIP_(BUILD_)?CONSTRAINT | PIP_(EXTRA_)?INDEX_URL | PIP_FIND_LINKS
    | PIP_PRE | PIP_NO_BINARY | PIP_ONLY_BINARY | PIP_NO_INDEX
    | UV_((BUILD_)?CONSTRAINT|OVERRIDE|DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)
    | UV_(EXCLUDE_NEWER|PRERELEASE|RESOLUTION|NO_BINARY|NO_BUILD|CONFIG_FILE) | PIP_CONFIG_FILE
    # the interpreter
    | PYTHON(HASHSEED|OPTIMIZE|PATH|UTF8|HOME|WARNINGS|NOUSERSITE|SAFEPATH|STARTUP|PLATLIBDIR)
    | _PYTHON_(HOST_PLATFORM|SYSCONFIGDATA_NAME|PROJECT_BASE)
    """,
    re.VERBOSE,
)
"""Variables that build tools are known to obey, from their documentation."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def steering(environ: Mapping[str, str]) -> list[str]:
    """The variables that are set and that build tools are known to obey."""
    return sorted(name for name in environ if STEERING.fullmatch(name) and name not in NOISE)


def mentioned(scripts: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """The variables that are set and whose names stand in the text of a build script."""
    words = {word for text in scripts for word in _WORD.findall(text)}
    return sorted(name for name in environ if name in words and name not in NOISE)


def observe(name: str, environ: Mapping[str, str], secret: bytes) -> State:
    """The state of a variable: unset, or a digest of its value (unset and empty differ)."""
    value = environ.get(name)
    if value is None:
        return ABSENT
    return keyed_digest(value, secret)


def keyed_digest(value: str, secret: bytes) -> State:
    """HMAC-SHA-256 (RFC 2104), shortened to 128 bits, of a value that is not to be kept."""
    text = value.encode("utf-8", "surrogateescape")
    return present(hmac.new(secret, text, hashlib.sha256).hexdigest()[:32])
