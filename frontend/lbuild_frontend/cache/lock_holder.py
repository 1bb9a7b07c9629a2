"""Who holds a lock that lbuild waits for, in words: an lbuild, or a hook that one has left."""

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

from lbuild_frontend import processes
from lbuild_frontend.processes import Process

_SCRIPTS = ("in_process/start.py", "in_process/recorder.py")
"""How the path ends of the script that each hook process runs, in any version of lbuild."""

_HOOK = 5
"""How many words after that the name of the hook is (``in_process.start``)."""

_SETTINGS = re.compile(r"-[A-Za-z]*C.*|--config-.*", re.DOTALL)
"""Options whose values may be secret, also ``-vCKEY=VALUE``."""

_MOST = 80
"""Characters of a command line that are shown."""


def describe(place: Path, what: str, otherwise: str) -> tuple[str, bool]:
    """Describe what holds the lock on a file or folder, with its number and how long it runs.

    Args:
        place: the file or folder.
        what: the other lbuild, in words.
        otherwise: what to say if nothing is known of the processes.

    Returns:
        The words, and whether it is this process, in another thread.
    """
    try:
        found = processes.holding_lock_on(place.stat())
    except OSError:
        return otherwise, False
    if any(process.number == os.getpid() for process in found):
        return "another project of this command", True
    return _of_others(found, what) if found else otherwise, False


def _of_others(holders: Sequence[Process], what: str) -> str:
    # Its hook has inherited the lock; the lbuild that started it is the one to name.
    others = [process for process in holders if _hook_of(process.command) is None]
    if others:
        return f"{what} ({_process(others[0], _shown(others[0].command))})"
    hook = holders[0]
    return (
        f"{what}, which has ended but left a hook running "
        f"({_process(hook, _hook_of(hook.command) or '')}; to stop it: kill -- -{hook.number})"
    )


def _process(process: Process, command: str) -> str:
    return f"process {process.number}, running for {process.seconds:.0f} s: {command}"


def _hook_of(command: Sequence[str]) -> str | None:
    """Return the name of the hook that a command line calls; None if it calls none."""
    for index, word in enumerate(command[:-_HOOK]):
        if word.replace(os.sep, "/").endswith(_SCRIPTS):
            return command[index + _HOOK]
    return None


def _shown(command: Sequence[str]) -> str:
    """Return a command line without the interpreter, and without what may be secret."""
    words = list(command)
    if os.path.basename(words[0]).startswith("python"):  # noqa: PTH119  a str
        words = list(itertools.dropwhile(lambda word: word.startswith("-"), words[1:]))
    secret = (index for index, word in enumerate(words) if _SETTINGS.fullmatch(word))
    words = words[: next(secret, None)]
    text = " ".join([os.path.basename(words[0]), *words[1:]]) if words else "?"  # noqa: PTH119
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
