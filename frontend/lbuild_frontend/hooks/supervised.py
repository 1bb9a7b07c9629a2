"""How a hook process is started below the supervisor, which follows the programs that it runs."""

import sys
from collections.abc import Sequence
from pathlib import Path

import lbuild_frontend

_CODE = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from lbuild_frontend.process_tracing.supervisor import main; main()"
)
"""In isolated mode the interpreter finds nothing but its standard library."""

_LAST = b"."
"""The letter of the last record (``process_tracing.journal``)."""


def command(hook: Sequence[str], log: Path) -> list[str]:
    """Return the command by which the supervisor runs a hook process.

    Args:
        hook: the command of the hook process.
        log: the file for the log of the supervisor.
    """
    packages = Path(lbuild_frontend.__path__[0]).parent
    return [sys.executable, "-I", "-S", "-c", _CODE, str(packages), str(log), *hook]


def has_ended(log: Path) -> bool:
    """Whether the supervisor wrote its log to the end, and was not killed."""
    try:
        return log.read_bytes()[:-1].rpartition(b"\0")[2][:1] == _LAST
    except OSError:
        return False
