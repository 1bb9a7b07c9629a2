"""How a hook process is started below the supervisor, which follows the programs that it runs."""

import sys
from collections.abc import Sequence
from pathlib import Path

import lbuild_frontend
from lbuild_frontend.process_tracing.program_files import WITHOUT_RIGHTS
from lbuild_keys.tracing import process_trace

_CODE = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from lbuild_frontend.process_tracing.guardian import main; main()"
)
"""In isolated mode the interpreter finds nothing but its standard library."""


def command(hook: Sequence[str], log: Path) -> list[str]:
    """Return the command by which the supervisor runs a hook process.

    Args:
        hook: the command of the hook process.
        log: the file for the log of the supervisor.
    """
    packages = Path(lbuild_frontend.__path__[0]).parent
    return [sys.executable, "-I", "-S", "-c", _CODE, str(packages), str(log), *hook]


def why_it_may_have_failed(log: Path) -> str:
    """Return why a hook that failed may have failed because it was followed, a clause, or nothing.

    Followed programs do not get other rights (``PR_SET_NO_NEW_PRIVS``).
    """
    did = process_trace.parse(log.read_bytes() if log.exists() else None)
    if not did.has_end:
        return "the process that follows them was killed"
    return next((one for one in did.problems if one.endswith(WITHOUT_RIGHTS)), "")
