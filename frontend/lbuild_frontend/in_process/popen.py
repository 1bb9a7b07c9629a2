"""Runs in the hook process: has ``subprocess`` run no command whose result can be restored.

Only commands whose output goes where that of the hook goes: nobody reads it.

One file of standard library code for CPython 3.8 and later; it shares no code with its caller.
"""

import os
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_OPTIONS = frozenset({"env", "cwd", "close_fds"})
"""The arguments of ``Popen`` by which the output is nobody's."""


def install(
    commands: "Any",
    environ: "Callable[[], dict[str, str]]",
    attempt: "Callable[..., object]",
    reused: "Callable[..., object]",
) -> None:
    """Have ``subprocess.Popen`` run no command whose result can be restored.

    Args:
        commands: what is known, ``commands.Commands``.
        environ: returns the variables of this process.
        attempt: calls a function, and has the trace removed if it fails.
        reused: is told the words and the folder of a command that was not run, and its inputs.
    """
    original: Any = subprocess.Popen

    class Popen(original):  # type: ignore[misc]
        _key: "str | None" = None

        def __init__(self, args: "Any", *more: "Any", **options: "Any") -> None:
            is_restored = False
            if not more and not options.keys() - _OPTIONS and isinstance(args, (list, tuple)):
                try:
                    is_restored = self._restore(args, options)
                except Exception:  # whatever it is, the hook must not notice
                    self._key = None
            if not is_restored:
                super().__init__(args, *more, **options)

        def _restore(self, args: "Any", options: "dict[str, Any]") -> bool:
            words = [os.fsdecode(word) for word in args]
            folder = os.getcwd()
            if options.get("cwd") is not None:
                folder = os.path.realpath(os.path.join(folder, os.fsdecode(options["cwd"])))
            given = options.get("env")
            if given is None or given is os.environ:
                given = environ()
            key = commands.key_of(words, folder, given)
            if key is None:
                return False
            inputs = commands.restored(key)
            if inputs is None:
                commands.begin(key, words, folder)
                self._key = key
                return False
            attempt(reused, words, folder, inputs)
            # As after a process that has ended.
            self.args, self.pid, self.returncode = args, os.getpid(), 0
            self.stdin = self.stdout = self.stderr = None
            self._child_created = self._communication_started = False
            self.encoding = self.errors = self.text_mode = self.pipesize = None
            self._input = None
            return True

        def wait(self, timeout: "float | None" = None) -> "Any":
            code = super().wait(timeout)
            if code == 0 and self._key is not None:
                try:
                    commands.end(self._key)
                except OSError:
                    pass
                self._key = None
            return code

    Popen.__name__ = Popen.__qualname__ = "Popen"
    Popen.__module__ = "subprocess"
    setattr(subprocess, "Popen", Popen)  # noqa: B010  mypy knows its type
