"""Environment variables: which of them count, and that no value is kept."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lbuild_keys.environment import NOISE, keyed_digest, mentioned, observe, steering
from lbuild_keys.model import ABSENT

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
    PYTHONHASHSEED PYTHONOPTIMIZE PYTHONPATH PYTHONUTF8 _PYTHON_HOST_PLATFORM
"""

NOT_OBEYED = """
    PATH HOME PWD OLDPWD SHLVL TERM USER VIRTUAL_ENV TMPDIR _ LANG LS_COLORS SSH_AUTH_SOCK EDITOR
    CCACHE_DIR MYCFLAGS CFLAGS2 xCC cc PYTHON PYTHONSTARTUPS DIST SETUPTOOLS UV_CACHE_DIR
    PIP_CACHE_DIR GITHUB_TOKEN
"""


@pytest.mark.parametrize("name", OBEYED.split())
def test_what_build_tools_obey_counts(name: str) -> None:
    assert steering({name: ""}) == [name]


@pytest.mark.parametrize("name", NOT_OBEYED.split())
def test_what_they_do_not_obey_does_not_count(name: str) -> None:
    assert steering({name: "1"}) == []


def test_they_are_sorted() -> None:
    assert steering({"LDFLAGS": "", "A": "", "CC": ""}) == ["CC", "LDFLAGS"]


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
