"""The states of environment variables: keyed digests of their values.

A value is stored as a keyed digest only, so that neither the cache nor ``--json`` has a secret.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

from lbuild_keys.model import ABSENT, State, present
from lbuild_keys.observe import env_policy


def observe_matching(
    pattern: str, environ: Mapping[str, str], secret: bytes, ignore: Sequence[str] = ()
) -> State:
    """The state of all set variables whose names begin alike, as far as they count among all.

    Args:
        pattern: the beginning of the names, then ``*``.
        secret: the key of the digests.
        ignore: patterns of names that do not count.
    """
    beginning = pattern.removesuffix("*")
    names = (name for name in sorted(environ) if name.startswith(beginning))
    values = {
        name: env_policy.among_all(name, environ)
        for name in names
        if not env_policy.is_ignored(name, ignore)
    }
    return present(
        json.dumps(
            {
                name: keyed_digest(value, secret).detail
                for name, value in values.items()
                if value is not None
            }
        )
    )


def names_in(state: State) -> Mapping[str, str] | None:
    """Names and digests in a state from ``observe_matching``; None for another state."""
    if state.presence != "present" or not state.detail.startswith("{"):
        return None
    digests: dict[str, str] = json.loads(state.detail)
    return digests


def observe(name: str, environ: Mapping[str, str], secret: bytes) -> State:
    """The state of a variable: absent, or a digest of its value, which may be empty."""
    value = environ.get(name)
    if value is None:
        return ABSENT
    return keyed_digest(value, secret)


def keyed_digest(value: str, secret: bytes) -> State:
    """The state of a value that must not be stored: HMAC-SHA-256 (RFC 2104), cut to 128 bits."""
    text = value.encode("utf-8", "surrogateescape")
    return present(hmac.new(secret, text, hashlib.sha256).hexdigest()[:32])
