"""Which processes are running, as Linux shows them."""

from pathlib import Path


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return ") Z" not in Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
