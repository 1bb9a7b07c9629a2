"""What make, nox, tox, uv run, pre-commit and CI put into the environment, and what counts."""

import os

import pytest

from lbuild_keys.observe.env_policy import before_the_hook, is_ignored, mentioned, steering
from lbuild_keys.observe.env_vars import names_in, observe_matching
from lbuild_keys.observe.launchers import make_flags

SHELL = {"HOME": "/home/ada", "LANG": "C.UTF-8", "MY_FLAG": "1"}

LAUNCHERS = {
    "make": {"MAKEFLAGS": "s", "MAKELEVEL": "1", "MFLAGS": "-s", "MAKE_TERMOUT": "/dev/pts/0"},
    "make -j2": {
        "MAKEFLAGS": " -j2 --jobserver-auth=3,4",
        "MAKELEVEL": "1",
        "MAKEOVERRIDES": "${-*-command-variables-*-}",
        "MFLAGS": "-j2 --jobserver-auth=3,4",
    },
    "nox": {"NOX_CURRENT_SESSION": "tests", "VIRTUAL_ENV": "/p/.nox/tests"},
    "nox with uv": {
        "NOX_CURRENT_SESSION": "tests",
        "UV_PROJECT_ENVIRONMENT": "/p/.nox/tests",
        "UV_PYTHON": "/p/.nox/tests",
        "VIRTUAL_ENV": "/p/.nox/tests",
    },
    "tox": {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
        "PYTHONHASHSEED": "3141592653",
        "PYTHONIOENCODING": "utf-8",
        "TOX_ENV_DIR": "/p/.tox/py",
        "TOX_ENV_NAME": "py",
        "TOX_WORK_DIR": "/p/.tox",
        "VIRTUAL_ENV": "/p/.tox/py",
        "VIRTUAL_ENV_PROMPT": "py",
    },
    "uv run": {
        "UV": "/usr/bin/uv",
        "UV_CACHE_DIR": "/cache",
        "UV_RUN_RECURSION_DEPTH": "1",
        "VIRTUAL_ENV": "/p/.venv",
    },
    "pre-commit": {"PRE_COMMIT": "1", "GIT_AUTHOR_DATE": "@1 +0000", "GIT_EDITOR": ":"},
    "GitHub": {
        "CI": "true",
        "GITHUB_RUN_ID": "1",
        "ImageOS": "ubuntu24",
        "ImageVersion": "20261115.1.0",
        "PIP_CACHE_DIR": "/home/runner/.cache/pip",
        "RUNNER_TEMP": "/home/runner/work/_temp",
    },
}


def everything(environ: dict[str, str]) -> tuple[object, ...]:
    together = observe_matching("*", environ, b"secret")
    return before_the_hook(environ), steering(environ), together


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_launcher_changes_nothing_that_counts(launcher: str) -> None:
    assert everything({**SHELL, **LAUNCHERS[launcher]}) == everything(SHELL)


NAMES = sorted({name for environ in LAUNCHERS.values() for name in environ} - {"VIRTUAL_ENV"})


@pytest.mark.parametrize("name", NAMES)
def test_a_script_that_names_its_variable_makes_it_count(name: str) -> None:
    assert mentioned([f"os.environ[{name!r}]"], {name: "1"}) == [name]


@pytest.mark.parametrize(
    ("environ", "counts"),
    [
        ({"PYTHONHASHSEED": "0"}, True),
        ({"PYTHONHASHSEED": "3141592653"}, True),
        ({"PYTHONHASHSEED": "random"}, False),
        ({"PYTHONHASHSEED": ""}, False),
        # Set by the user in tox.ini.
        ({"PYTHONHASHSEED": "0", "TOX_ENV_NAME": "py"}, True),
        pytest.param(
            {"PYTHONHASHSEED": "42", "TOX_ENV_NAME": "py"},
            True,
            marks=pytest.mark.skipif(os.name == "nt", reason="tox draws such numbers there"),
        ),
        ({"PYTHONHASHSEED": "invalid", "TOX_ENV_NAME": "py"}, True),
        ({"PYTHONIOENCODING": "latin-1"}, True),
        ({"PYTHONIOENCODING": "utf-8:replace"}, True),
        ({"UV_PYTHON": "3.12", "VIRTUAL_ENV": "/p/.venv"}, True),
        ({"UV_PYTHON": "/p/.venv2", "VIRTUAL_ENV": "/p/.venv"}, True),
        ({"UV_PYTHON": "/p/.venv/bin/python", "VIRTUAL_ENV": "/p/.venv"}, False),
        ({"PIP_USER": "1", "TOX_ENV_NAME": "py"}, True),
        ({"PIP_USER": "0"}, True),
    ],
)
def test_what_the_user_sets_counts(environ: dict[str, str], *, counts: bool) -> None:
    [name] = environ.keys() - {"TOX_ENV_NAME", "VIRTUAL_ENV"}
    assert (name in (names_in(observe_matching("*", environ, b"secret")) or {})) is counts
    if name.startswith("PYTHON"):
        assert before_the_hook(environ) == ([name] if counts else [])


@pytest.mark.parametrize(
    ("flags", "decisive"),
    [
        ("", None),
        (" ", None),
        ("w", None),
        ("ks -j3 --jobserver-auth=3,4", None),
        (" -j --jobserver-fds=3,4", None),
        ("--jobserver-auth=fifo:/run/GMfifo1 -j2 --no-print-directory", None),
        ("-j 4 -l 2.5 -Otarget --output-sync=line", None),
        ("--jobs=4 --silent", None),
        (" -- CFLAGS=-O0", "-- CFLAGS=-O0"),
        ("s -j2 --jobserver-auth=3,4 -- A=1 CFLAGS=-O0\\ -g", "-- A=1 CFLAGS=-O0\\ -g"),
        ("CC=clang", "CC=clang"),
        ("e", "e"),
        ("Bs", "Bs"),
        ("kB", "kB"),
        ("n -j2", "n"),
        ("-j4 -B", "-B"),
        ("-j4x", "-j4x"),
        ("w -I/include --warn-undefined-variables", "-I/include --warn-undefined-variables"),
        ("-j targets", "targets"),
        ("--eval=CFLAGS=-O0 --shuffle", "--eval=CFLAGS=-O0 --shuffle"),
        ("-w -- -j2", "-- -j2"),
    ],
)
def test_flags_of_make_count_if_they_change_what_is_made(flags: str, decisive: str | None) -> None:
    assert make_flags(flags) == decisive


def test_a_pattern_of_ignored_variables() -> None:
    patterns = ["CI_*", "A*B*", "PLAIN"]
    for name in ("CI_", "CI_JOB", "AB", "AxByB", "PLAIN"):
        assert is_ignored(name, patterns), name
    for name in ("CI", "XCI_A", "BA", "PLAINER", "plain", "C.I_"):
        assert not is_ignored(name, patterns), name
    assert not is_ignored("A", [])
    assert not is_ignored("AXB", ["A.B"])
