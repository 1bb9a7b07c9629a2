"""The folder for temporary files, and the names that programs give to what they put there."""

import os
import re
import tempfile


def folder() -> str:
    """Return the folder for temporary files: links resolved, no slash at its end."""
    return os.path.realpath(tempfile.gettempdir())


def is_temporary(name: str) -> bool:
    """Whether a name directly in that folder is one that a program made up.

    It is another one each time, so no build can look for it.
    """
    return re.fullmatch(_MADE_UP, name, re.VERBOSE) is not None


_MADE_UP = r"""
    # tempfile, also with the prefixes of lbuild, build and pip
    (tmp | (lbuild|build|pip)(-[a-z]+)*-) [a-z0-9_]{8} (\.\w+)?
    # mktemp; tempfile of Rust, which uv uses; GCC
    | tmp\.\w{6,12} | \.tmp\w{6} | cc\w{6}\.\w+
    """
