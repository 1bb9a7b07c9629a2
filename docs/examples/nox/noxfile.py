import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # nox does not look for modules there

from nox_lbuild import install


@nox.session(reuse_venv=True)
def tests(session: nox.Session) -> None:
    """Test what is in the tree."""
    install(session, extras=["test"])
    session.run("pytest", *session.posargs)
