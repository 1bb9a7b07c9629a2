"""Environment variables: which of them count, and that no value is kept."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lbuild_keys.model import ABSENT, present, unreadable
from lbuild_keys.observe.env_vars import (
    NOISE,
    before_the_hook,
    keyed_digest,
    mentioned,
    names_in,
    observe,
    observe_matching,
    steering,
)

OBEYED = """
    CC CXX LDSHARED AR CFLAGS CXXFLAGS CPPFLAGS LDFLAGS ARCHFLAGS RUSTFLAGS OPT CPATH
    C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH INCLUDE LIB MACOSX_DEPLOYMENT_TARGET
    PKG_CONFIG PKG_CONFIG_PATH SETUPTOOLS_SCM_PRETEND_VERSION SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X
    DISTUTILS_DEBUG DIST_EXTRA_CONFIG HATCH_BUILD_CLEAN FLIT_NO_NETWORK POETRY_X
    PDM_BUILD_SCM_VERSION
    SKBUILD_CMAKE_ARGS CMAKE_ARGS CMAKE_BUILD_PARALLEL_LEVEL CARGO_HOME PYO3_PYTHON
    SOURCE_DATE_EPOCH PIP_CONSTRAINT PIP_BUILD_CONSTRAINT PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_PRE
    UV_CONSTRAINT UV_BUILD_CONSTRAINT UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXCLUDE_NEWER
    PIP_CONFIG_FILE UV_CONFIG_FILE PBR_VERSION RUSTC MAX_JOBS CUDA_HOME
    PYTHONHASHSEED PYTHONOPTIMIZE PYTHONPATH PYTHONUTF8 _PYTHON_HOST_PLATFORM LANG LC_ALL LC_CTYPE
"""

NOT_OBEYED = """
    PATH HOME PWD OLDPWD SHLVL TERM USER VIRTUAL_ENV TMPDIR _ LC_TIME LS_COLORS SSH_AUTH_SOCK EDITOR
    CCACHE_DIR MYCFLAGS CFLAGS2 xCC cc PYTHON PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE DIST
    SETUPTOOLS UV_CACHE_DIR PIP_CACHE_DIR GITHUB_TOKEN PYTHONPYCACHEPREFIX PYTHONFAULTHANDLER
    LANGUAGE
"""


@pytest.mark.parametrize("name", OBEYED.split())
def test_what_build_tools_obey_counts(name: str) -> None:
    assert steering({name: ""}) == [name]


@pytest.mark.parametrize("name", NOT_OBEYED.split())
def test_what_they_do_not_obey_does_not_count(name: str) -> None:
    assert steering({name: "1"}) == []


def test_they_are_sorted() -> None:
    assert steering({"LDFLAGS": "", "A": "", "CC": ""}) == ["CC", "LDFLAGS"]


DECISIVE = """
    PYTHONHASHSEED PYTHONPATH PYTHONWARNINGS _PYTHON_SYSCONFIGDATA_NAME LANG LC_ALL LC_CTYPE
    SOURCE_DATE_EPOCH PIP_CONSTRAINT PIP_BUILD_CONSTRAINT PIP_INDEX_URL PIP_NO_INDEX UV_INDEX
    UV_OVERRIDE UV_CONFIG_FILE UV_NO_CONFIG UV_EXCLUDE UV_INDEX_STRATEGY UV_NO_BINARY_PACKAGE
    PIP_PREFER_BINARY
"""


@pytest.mark.parametrize("name", DECISIVE.split())
def test_what_decides_before_a_hook_runs_counts(name: str) -> None:
    assert before_the_hook({name: "", "A": "1"}) == [name]


def test_what_a_hook_itself_reads_does_not_decide_before() -> None:
    names = "CC CFLAGS SETUPTOOLS_SCM_PRETEND_VERSION CMAKE_ARGS PATH PIP_CACHE_DIR PYTHON"
    assert before_the_hook(dict.fromkeys(names.split(), "1")) == []


@pytest.mark.parametrize(
    "script",
    [
        "os.environ['MY_FLAG']",
        'os.getenv("MY_FLAG", "")',
        "env = { MY_FLAG = '1' }",
        "$ENV{MY_FLAG}",
        "\ufffdMY_FLAG\ufffd",
    ],
)
def test_what_a_script_names_counts(script: str) -> None:
    environ = {"MY_FLAG": "1", "MY": "1", "FLAG": "1", "OTHER": "1"}
    assert mentioned(["", script], environ) == ["MY_FLAG"]


def test_what_is_not_named_or_not_set_or_noise_does_not_count() -> None:
    assert mentioned(["MY_FLAGS A_MY_FLAG my_flag"], {"MY_FLAG": "1"}) == []
    assert mentioned(["MY_FLAG"], {}) == []
    assert mentioned([" ".join(NOISE)], dict.fromkeys(NOISE, "1")) == []


def test_unset_and_empty_differ() -> None:
    assert observe("A", {}, b"secret") == ABSENT
    assert observe("A", {"A": ""}, b"secret") == keyed_digest("", b"secret") != ABSENT


def test_noise_counts_where_it_is_asked_for() -> None:
    assert observe("PATH", {"PATH": "/bin"}, b"secret").presence == "present"


def test_a_value_is_kept_as_its_keyed_digest_only() -> None:
    expected = hmac.new(b"secret", b"caf\xe9", hashlib.sha256).hexdigest()[:32]
    assert keyed_digest("caf\udce9", b"secret").detail == expected


@given(st.text(), st.text(), st.binary(min_size=1), st.binary(min_size=1))
def test_values_are_told_apart_and_caches_cannot_be_compared(
    one: str, other: str, secret: bytes, foreign: bytes
) -> None:
    same = keyed_digest(one, secret) == keyed_digest(other, secret)
    assert same == (one == other)
    # HMAC pads a key with zeros.
    assume(secret.rstrip(b"\0") != foreign.rstrip(b"\0"))
    assert keyed_digest(one, secret) != keyed_digest(one, foreign)


# Variables that are taken observe_matching

SESSION = """
    SSH_AUTH_SOCK TMUX TERM_PROGRAM COLORTERM XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS LESSOPEN PS1
    PYTEST_CURRENT_TEST GIT_AUTHOR_DATE LBUILD_CACHE_DIR GITHUB_RUN_ID GITHUB_STEP_SUMMARY CI_JOB_ID
    BUILD_NUMBER INVOCATION_ID VIRTUAL_ENV_PROMPT _OLD_PATH WT_SESSION WSL_INTEROP SESSION_MANAGER
    STARSHIP_SESSION_KEY FNM_MULTISHELL_PATH SUDO_COMMAND BUILD_BUILDID SYSTEM_JOBID
    CODEBUILD_BUILD_ID UV_RUN_RECURSION_DEPTH
"""


def test_all_that_count_are_taken_together_with_digests_of_their_values() -> None:
    environ = {"B": "2", "A": "hunter2", **dict.fromkeys([*NOISE, *SESSION.split()], "1")}
    state = observe_matching("*", environ, b"secret")
    assert names_in(state) == {
        name: keyed_digest(environ[name], b"secret").detail for name in ("A", "B")
    }
    assert "hunter2" not in state.detail
    assert observe_matching("*", dict(reversed(environ.items())), b"secret") == state


OF_OTHER_TOOLS = """
    CFLAGS MAKEFLAGS GOFLAGS CCACHE_DIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH NINJA_STATUS JAVA_HOME
    CI VERSION DEBUG LC_TIME PKG_VERSION BUILD_TYPE
"""


@pytest.mark.parametrize("name", OF_OTHER_TOOLS.split())
def test_what_is_no_noise_counts_among_all_and_where_a_script_names_it(name: str) -> None:
    assert (names_in(observe_matching("*", {name: "1"}, b"secret")) or {}).keys() == {name}
    assert mentioned([f'os.environ["{name}"]'], {name: "1"}) == [name]


def test_a_pattern_takes_what_begins_so() -> None:
    environ = dict.fromkeys(["SCM_A", "SCM_", "SCM", "MY_SCM_A", "PATH"], "1")
    assert (names_in(observe_matching("SCM_*", environ, b"secret")) or {}).keys() == {
        "SCM_A",
        "SCM_",
    }
    assert names_in(observe_matching("PATH*", environ, b"secret")) == {}


variables = st.dictionaries(st.sampled_from(["A", "B", "PATH", "SSH_X", "AB"]), st.text())


@given(variables, variables, st.sampled_from(["*", "A*", "P*"]))
def test_together_they_change_exactly_if_one_that_counts_does(
    one: dict[str, str], other: dict[str, str], pattern: str
) -> None:
    counting = [
        {
            name: value
            for name, value in environ.items()
            if name.startswith(pattern[:-1]) and name not in ("PATH", "SSH_X")
        }
        for environ in (one, other)
    ]
    same = observe_matching(pattern, one, b"secret") == observe_matching(pattern, other, b"secret")
    assert same == (counting[0] == counting[1])


def test_other_states_hold_no_variables() -> None:
    for state in (ABSENT, present("1"), present("[]"), unreadable("{}")):
        assert names_in(state) is None
