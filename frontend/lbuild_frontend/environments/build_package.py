"""The package ``build``, which a file named build.py beside a script would hide."""

import importlib.util

from lbuild_frontend.errors import NoEnvironment

_spec = importlib.util.find_spec("build")
if _spec is None or not _spec.submodule_search_locations:
    # To import it would run that file, which may be the script that calls lbuild.
    message = (
        f"{_spec.origin if _spec else 'build'}: this module hides the package 'build', which "
        "lbuild uses. Rename it, or run the script from another folder."
    )
    raise NoEnvironment(message)

from build import BuildException, FailedProcessError  # noqa: E402  see above
from build.env import DefaultIsolatedEnv  # noqa: E402  see above

__all__ = ["BuildException", "DefaultIsolatedEnv", "FailedProcessError"]
