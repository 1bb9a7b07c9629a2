"""Environment variables: ``os.environ`` is a dictionary, which raises no event when it is read."""

import os
import sys

from .records import OWN_CODE, Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

    from .records import Log

    _Dict = dict[Any, Any]
else:
    _Dict = dict


class Variables(Records):
    """Notes which variables are read."""

    def __init__(self, log: "Log", project: str, own: "tuple[str, ...]" = ()) -> None:
        super().__init__(log, project, own)
        self._set_by_hook: set[object] = set()
        self._read_variables: set[object] = set()
        self._enumerated_at: set[tuple[str, int, int]] = set()

    def read(self, name: "Any") -> None:
        """Record that a variable is read, unless the hook set it or is enumerating all of them."""
        if name in self._set_by_hook or name in self._read_variables:
            return
        if not self._enumerated_at or self._reader() not in self._enumerated_at:
            self._write("v", os.fsdecode(name))
            self._read_variables.add(name)

    def enumerated(self) -> None:
        """Record that all variables are read."""
        code, frame, instruction = self._reader()
        self._write("V", code)
        self._expect_values(code, frame, instruction)
        for name in _substituted(self._reading()):
            if name not in self._set_by_hook:
                self._write("v", name)

    def _expect_values(self, code: str, frame: int, instruction: int) -> None:
        """Count the values that are read at an instruction as part of the enumeration."""
        # In CPython 3.12 a specialised loop over a generator continues one unit later.
        # With the function, because a later call of another one may get the memory of this frame.
        self._enumerated_at.update((code, frame, instruction + unit) for unit in (-2, 0, 2))

    def changed(self, name: object) -> None:
        """Note that the hook set a variable: what it reads from now on is its own."""
        self._set_by_hook.add(name)

    def _reader(self) -> "tuple[str, int, int]":
        """Return the function that reads the environment, and the instruction and call of it."""
        frame = self._reading()
        code = frame.f_code
        return f"{code.co_filename}:{code.co_name}", id(frame), frame.f_lasti

    def _reading(self) -> "FrameType":
        frame = sys._getframe(1)  # noqa: SLF001  as documented for CPython
        while frame.f_back is not None and frame.f_code.co_filename.startswith(_BETWEEN):
            frame = frame.f_back
        return frame


_BETWEEN = (
    OWN_CODE,
    os.fsencode.__code__.co_filename,
    sys.modules["_collections_abc"].Mapping.get.__code__.co_filename,
)
"""Files whose frames are between the dictionary of the environment and the code that reads it."""


def _substituted(frame: "FrameType") -> "set[str]":
    """Return the variables that distutils puts into a text of the configuration (``subst_vars``).

    It takes a copy of all variables, and then those that the text names as ``$NAME`` or ``{NAME}``.
    """
    if frame.f_code.co_name != "subst_vars":
        return set()
    import re

    text, own = (frame.f_locals.get(name) for name in ("s", "local_vars"))
    names = set(re.findall(r"\$([a-zA-Z_]\w*)|\{([a-zA-Z_]\w*)", str(text)))
    return {one or other for one, other in names} - set(own if isinstance(own, dict) else ())


class RecordedVariables(_Dict):
    """The dictionary behind ``os.environ``, where no traceback shows a frame of the recorder."""

    recorder: Variables

    def __getitem__(self, name: "Any") -> "Any":
        self.recorder.attempt(self.recorder.read, name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.recorder.attempt(self.recorder.read, name)
        return super().__contains__(name)

    def get(self, name: "Any", default: "Any" = None) -> "Any":
        self.recorder.attempt(self.recorder.read, name)
        return super().get(name, default)

    def __setitem__(self, name: "Any", value: "Any") -> None:
        self.recorder.attempt(self.recorder.changed, name)
        super().__setitem__(name, value)

    def __delitem__(self, name: "Any") -> None:
        self.recorder.attempt(self.recorder.read, name)  # an error shows that it is not set
        self.recorder.attempt(self.recorder.changed, name)
        super().__delitem__(name)

    def __iter__(self) -> "Iterator[Any]":
        self.recorder.attempt(self.recorder.enumerated)
        return super().__iter__()

    def keys(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().keys()

    def values(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().values()

    def items(self) -> "Any":
        self.recorder.attempt(self.recorder.enumerated)
        return super().items()
