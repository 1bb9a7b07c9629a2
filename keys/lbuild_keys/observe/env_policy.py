"""Which environment variables count as inputs of a build, and why.

A variable counts if one of these holds:

- a declaration names it (``{ env = "NAME" }``);
- a hook was seen to read it by its name, and it is not in ``NOISE`` (``tracing.usage``);
- a hook read all variables, or passed them to a program that lbuild cannot see into, such as a
  compiler or make: then every variable counts, except those in ``NOISE``, those of sessions, and
  what launchers put there (``among_all``);
- it has an effect before the hook runs (``PROCESS``), and its value is not a launcher's;
- in mode ``tree``: build tools use it (``STEERING``), or a build script mentions it.

What ``tool.lbuild.ignore-environment`` names counts only if a declaration names it
(``is_ignored``).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from lbuild_keys.observe import launchers

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
"""Variables that every shell sets or changes. They count only if a declaration names them."""

STEERING = r"""
    # compilers and linkers: setuptools' and CPython's sysconfig, GNU make's names, GCC, MSVC, Xcode
    CC | CXX | CPP | FC | F77 | F90 | AR | AS | LD | NM | RANLIB | STRIP | LDSHARED | LDCXXSHARED
    | (C|CXX|CPP|LD|AR|F|FC|BASEC|ARCH|RUST)FLAGS | OPT | CPATH | (C|CPLUS|OBJC)_INCLUDE_PATH
    | LIBRARY_PATH | INCLUDE | LIB | LIBPATH | MACOSX_DEPLOYMENT_TARGET | SDKROOT | PKG_CONFIG\w*
    # build backends and what they call
    | (SETUPTOOLS|DISTUTILS|DIST|HATCH|FLIT|POETRY|PDM|SKBUILD|SCIKIT_BUILD|CMAKE|CMAKE_BUILD
    | MESON|MESONPY|MATURIN|CARGO|PYO3|CYTHON|SWIG|NPY|VERSIONEER|VERSIONINGIT|PBR
    | UV_DYNAMIC_VERSIONING|CUDA|TORCH|RUSTC|RUSTUP)_\w+ | RUSTC | MAX_JOBS
    | ZIPOPT
    """
"""Variables that build tools use, from their documentation."""

PROCESS = frozenset(
    {
        *("LANG", "LC_ALL", "LC_CTYPE", "SOURCE_DATE_EPOCH"),
        *("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
        *("PIP_FIND_LINKS", "PIP_CONFIG_FILE", "PIP_PRE", "PIP_NO_BINARY", "PIP_ONLY_BINARY"),
        *("PIP_PREFER_BINARY", "PIP_NO_INDEX", "PIP_NO_DEPS", "PIP_UPLOADED_PRIOR_TO"),
        *("PIP_ALL_RELEASES", "PIP_ONLY_FINAL", "PIP_REQUIRE_HASHES"),
        *("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE", "UV_DEFAULT_INDEX", "UV_INDEX"),
        *("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY"),
        *("UV_FORK_STRATEGY", "UV_TORCH_BACKEND", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"),
        *("UV_EXCLUDE_NEWER_PACKAGE", "UV_REQUIRE_HASHES", "UV_PRERELEASE", "UV_RESOLUTION"),
        *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD", "UV_NO_BUILD_PACKAGE"),
        *("UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_CONFIG_FILE", "UV_NO_CONFIG"),
    }
)
"""Variables that matter before a hook runs, where no trace can show it: those that the interpreter
reads while it starts (the documentation of its command line), the encoding of the locale, those by
which an installer chooses the build requirements, and the time of the build (SOURCE_DATE_EPOCH).

``_is_of_interpreter`` knows those of the interpreter. These are no patterns: each hit needs them,
and would have to compile them."""


def _is_of_interpreter(name: str) -> bool:
    """Whether the interpreter reads a variable while it starts, apart from those without effect."""
    if name in ("PYTHON", "_PYTHON_"):
        return False
    if name.startswith("_PYTHON_"):
        return True
    without = ("DONTWRITEBYTECODE", "PYCACHEPREFIX", "UNBUFFERED", "FAULTHANDLER")
    return name.startswith("PYTHON") and not name.startswith(without, len("PYTHON"))


CONSTRAINTS = frozenset(
    {
        *("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"),
        *("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_OVERRIDE"),
    }
)
"""Variables that name files which may include others."""

SESSION = r"""
    SSH_\w+ | TMUX\w* | STY | WINDOWID | TERM_\w+ | COLORTERM | LS_COLORS | LSCOLORS | CLICOLOR\w*
    | XDG_(SESSION|RUNTIME|SEAT|VTNR|CURRENT)\w* | DBUS_\w+ | WAYLAND_\w+ | DESKTOP_\w+ | GNOME_\w+
    | KDE_\w+ | KONSOLE_\w+ | VTE_\w+ | GPG_\w+ | VSCODE_\w+ | JEDITERM\w* | ITERM_\w+ | KITTY_\w+
    | PS[0-9] | PROMPT\w* | HIST\w+ | LESS\w* | PAGER | MANPATH | MAIL | VISUAL | XAUTHORITY
    | FORCE_COLOR | NO_COLOR | PY_COLORS | DEBIAN_FRONTEND | RUST_BACKTRACE
    | ([A-Z]+_)?SSL_CERT_(FILE|DIR) | \w+_CA_(BUNDLE|CERTS(_FILE)?) | PIP_CERT
    | (HTTPS?|FTP|ALL|NO)_PROXY | (https?|ftp|all|no)_proxy
    | GIT_(AUTHOR|COMMITTER|EDITOR|ASKPASS|EXEC_PATH|REFLOG_ACTION|SSL_CAINFO)\w* | LBUILD_\w+
    | GITHUB_\w+ | RUNNER_\w+ | ACTIONS_\w+ | CI_\w+ | BUILDKITE\w* | CIRCLE\w* | TRAVIS\w*
    | GITLAB_\w+ | JENKINS_\w+ | BUILD_(ID|NUMBER|URL|TAG) | JOB_NAME | EXECUTOR_NUMBER | TF_BUILD
    | INVOCATION_ID | JOURNAL_STREAM | SYSTEMD_\w+ | VIRTUAL_ENV\w* | CONDA_PROMPT\w* | _\w*
    | WT_(SESSION|PROFILE_ID) | WSL_INTEROP | WEZTERM_\w+ | ALACRITTY_\w+ | ZELLIJ\w*
    | SHELL_SESSION_ID | INSIDE_EMACS | NVIM\w* | COLORFGBG | STARSHIP_\w+ | ATUIN_\w+ | DIRENV_\w+
    | FNM_MULTISHELL_PATH | SUDO_\w+ | SESSION_MANAGER | WINDOWPATH | GIO_LAUNCHED_\w+ | MANAGERPID
    | MEMORY_PRESSURE_\w+ | SECURITYSESSIONID | XPC_\w+
    | BUILD_BUILD(ID|NUMBER|URI) | BUILD_SOURCE(BRANCH|VERSION)\w*
    | HUDSON_\w+ | STAGE_NAME | JOB_(BASE_NAME|URL|DISPLAY_URL) | WORKSPACE_TMP
    | SYSTEM_(JOB|PHASE|PLAN|STAGE|TASK|TIMELINE)\w* | AGENT_(ID|NAME|MACHINENAME|VERSION|JOB\w+)
    | BITBUCKET_\w+ | CIRRUS_\w+ | CODEBUILD_\w+ | DRONE_\w+ | APPVEYOR_\w+ | TEAMCITY_\w+
    """
"""Variables of a terminal, a login, the network or a run of CI, which differ each time. They count
if a hook reads them by name, but not if it passes all variables to a program."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@cache
def _rule(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """The rule for whether a name matches a pattern, compiled when it is first needed."""
    return re.compile(pattern, re.VERBOSE).fullmatch


def steering(environ: Mapping[str, str]) -> list[str]:
    """The names of variables that are set and that build tools use."""
    decisive = before_the_hook(environ)
    marks = filter(_rule(launchers.MARKS), environ)
    return sorted({*filter(_rule(STEERING), environ), *decisive} - NOISE - {*marks})


def mentioned(scripts: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """The names of variables that are set and that are words in the text of a build script."""
    words = {word for text in scripts for word in _WORD.findall(text)}
    return sorted(name for name in environ if name in words and name not in NOISE)


def before_the_hook(environ: Mapping[str, str]) -> list[str]:
    """The names of variables that are set by the user and matter before a hook runs."""
    return sorted(
        name
        for name in environ
        if (name in PROCESS or _is_of_interpreter(name))
        and launchers.value_of_user(name, environ) is not None
    )


def among_all(name: str, environ: Mapping[str, str]) -> str | None:
    """What counts of a variable if a hook reads all of them, or passes them to a program.

    All variables count, except those in ``NOISE``, those of sessions, and what launchers set.
    """
    if name in NOISE or _rule(SESSION)(name) or _rule(launchers.MARKS)(name):
        return None
    return launchers.value_of_user(name, environ)


def named_in(text: str) -> frozenset[str]:
    """The words in code that are names of variables which do not count among all as they are.

    Code that takes all variables may use one of them later, by its name. Words that begin with an
    underscore are names of the code itself.
    """
    return frozenset(word for word in _WORD.findall(text) if _is_set_by_others(word))


@cache
def _is_set_by_others(word: str) -> bool:
    if word in NOISE or word.startswith("_"):
        return False
    return bool(_rule(SESSION)(word) or _rule(launchers.MARKS)(word) or word in launchers.RULES)


def is_ignored(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns of ``tool.lbuild.ignore-environment`` matches a name."""
    return any(_glob(pattern)(name) for pattern in patterns)


@cache
def _glob(pattern: str) -> Callable[[str], re.Match[str] | None]:
    parts = map(re.escape, re.split(r"\*+", pattern))
    return re.compile(".*".join(parts), re.DOTALL).fullmatch
