"""What programs that start lbuild put into the environment, and what of it can change a wheel.

``make``, nox, tox, ``uv run``, pre-commit and CI set variables of their own. Most of them say only
who started lbuild: these match ``MARKS``. A few have a value that may be the user's, or the
launcher's: ``value_of_user`` separates the two.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping

MARKS = r"""
    MAKELEVEL | MAKEOVERRIDES | MAKE_TERM(OUT|ERR) | MAKE_RESTARTS
    | NOX_\w+ | TOX_\w+ | PRE_COMMIT\w* | PYTEST_\w+ | POE_\w+
    | UV | UV_(RUN|INTERNAL)_\w+ | UV_CACHE_DIR | PIP_CACHE_DIR | PIP_DISABLE_PIP_VERSION_CHECK
    | HATCH_ENV_ACTIVE | POETRY_ACTIVE | PIPENV_ACTIVE | PDM_(RUN_CWD|PROJECT_ROOT)
    | CI | ImageOS | ImageVersion | pythonLocation
    """
"""Variables that only say who started lbuild, from the sources of these programs; and where pip and
uv have their caches, which launchers and CI set as well."""


def value_of_user(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the value of a variable without what a launcher put there; None if nothing is left.

    A hook still gets the whole value. If it reads the variable by its name, that is what counts.
    """
    value = environ[name]
    rule = RULES.get(name)
    return value if rule is None else rule(value, environ)


def _hash_seed(value: str, environ: Mapping[str, str]) -> str | None:
    """Return the seed if it is a number that the user set; None for "random", or one of tox.

    tox draws a number from 1 to 4,294,967,295 for each run. One below a million is the user's: by
    tox it would come once in 4,000 runs, and cost a build then. On Windows tox draws from 1 to
    1,024, so there only 0 is the user's.
    """
    if value in ("", "random"):
        return None
    drawn = "TOX_ENV_NAME" in environ and value.isdecimal()
    return None if drawn and int(value) >= (1 if os.name == "nt" else 1_000_000) else value


def _encoding(value: str, _environ: Mapping[str, str]) -> str | None:
    """Return the encoding of the standard streams, unless they would have it anyway. tox sets it.

    The interpreter of a hook takes it from the same variables of the locale as this one.
    """
    usual = sys.getfilesystemencoding().replace("-", "").lower()
    return None if value.replace("-", "").replace("_", "").lower() == usual else value


def _environment_of_launcher(value: str, environ: Mapping[str, str]) -> str | None:
    """Return a path, unless it is that of the active environment, or in there. nox sets it."""
    active = environ.get("VIRTUAL_ENV")
    return None if active and f"{value}/".startswith(f"{active}/") else value


def _no_user_install(value: str, environ: Mapping[str, str]) -> str | None:
    return None if value == "0" and "TOX_ENV_NAME" in environ else value


def make_flags(value: str, _environ: Mapping[str, str] | None = None) -> str | None:
    """Return the flags of make that can change what it makes; None if there are none.

    How many jobs run, what is printed, and whether make goes on after an error change nothing that
    was made. Variables of the command line (after ``--``) and all other flags do.
    """
    options, separator, variables = f" {value} ".partition(" -- ")
    words = [*_decisive_flags(options.split())]
    if variables.strip():
        words += [separator.strip(), variables.strip()]
    return " ".join(words) or None


def _decisive_flags(words: list[str]) -> Iterator[str]:
    pending = iter(enumerate(words))
    for index, word in pending:
        name = word.partition("=")[0]
        if name.startswith("--"):
            if name not in _HARMLESS_OPTIONS:
                yield word
            continue
        # The first word has letters without a dash in front of them.
        if "=" in word or not (word.startswith("-") or index == 0):
            yield word
            continue
        letters = word.removeprefix("-")
        kept = letters.lstrip(_HARMLESS_LETTERS)
        if kept[:1] in _WITH_NUMBER and kept:
            number = kept[1:]
            if not number and words[index + 1 : index + 2] and _is_number(words[index + 1]):
                next(pending)
            elif number and not _is_number(number):
                yield word
        elif kept and not kept.startswith("O"):
            yield word


_HARMLESS_LETTERS = "kswSd"
_WITH_NUMBER = ("j", "l")
_HARMLESS_OPTIONS = frozenset(
    {
        *("--jobserver-auth", "--jobserver-fds", "--jobserver-style", "--jobs", "--sync-mutex"),
        *("--load-average", "--max-load", "--output-sync", "--keep-going", "--no-keep-going"),
        *("--stop", "--silent", "--quiet", "--no-silent"),
        *("--print-directory", "--no-print-directory"),
    }
)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


RULES: Mapping[str, Callable[[str, Mapping[str, str]], str | None]] = {
    "PYTHONHASHSEED": _hash_seed,
    "PYTHONIOENCODING": _encoding,
    "MAKEFLAGS": make_flags,
    "MFLAGS": make_flags,
    "PIP_USER": _no_user_install,
    "UV_PYTHON": _environment_of_launcher,
    "UV_PROJECT_ENVIRONMENT": _environment_of_launcher,
}
"""What of a variable is the user's, by its name."""
