"""The states of environment variables: no value is stored."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lbuild_keys.model import ABSENT, present, unreadable
from lbuild_keys.observe.env_policy import NOISE, mentioned
from lbuild_keys.observe.env_vars import keyed_digest, names_in, observe, observe_matching


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
    CODEBUILD_BUILD_ID UV_RUN_RECURSION_DEPTH GIT_REFLOG_ACTION NO_COLOR SSL_CERT_FILE https_proxy
    REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS
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
    MAKEFILES VERSION DEBUG LC_TIME PKG_VERSION BUILD_TYPE
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
