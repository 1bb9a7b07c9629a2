"""Which environment variables count."""

import pytest

from lbuild_keys.observe.env_policy import NOISE, before_the_hook, mentioned, steering

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
    PYTHONOPTIMIZE PYTHONPATH PYTHONUTF8 _PYTHON_HOST_PLATFORM LANG LC_ALL LC_CTYPE
"""

NOT_OBEYED = """
    PATH HOME PWD OLDPWD SHLVL TERM USER VIRTUAL_ENV TMPDIR _ LC_TIME LS_COLORS SSH_AUTH_SOCK EDITOR
    CCACHE_DIR MYCFLAGS CFLAGS2 xCC cc PYTHON PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE DIST
    SETUPTOOLS UV_CACHE_DIR PIP_CACHE_DIR GITHUB_TOKEN PYTHONPYCACHEPREFIX PYTHONFAULTHANDLER
    LANGUAGE HATCH_ENV_ACTIVE POETRY_ACTIVE PDM_PROJECT_ROOT
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
    PYTHONPATH PYTHONWARNINGS _PYTHON_SYSCONFIGDATA_NAME LANG LC_ALL LC_CTYPE
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
