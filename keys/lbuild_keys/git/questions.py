"""A git command that a hook ran, as the name of an input: its folder and its command line.

A name means the same in another clone, because paths into the project, or into the repository that
it is part of, are written relative to the project.
"""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from lbuild_keys.git.read_only import can_be_repeated


def input_name(args: Sequence[str], folder: str, root: Path) -> str | None:
    """Name a git command: one printable line, or None if the command cannot be repeated.

    ``git describe --tags``, or ``src: git ls-files`` where it did not run in the project's root.

    Args:
        args: the command line without the program.
        folder: where it ran, absolute.
        root: the project's root, absolute.
    """
    if not can_be_repeated(args):
        return None
    bases = _bases(root)
    # The folder may have been reached by a symbolic link; git sees the real one.
    place = _abstract(os.path.realpath(folder), bases)
    words = shlex.join(["git", *(_abstract(word, bases) for word in args)])
    if place == "{project}":
        return words
    below = place.removeprefix("{project}/")
    # Not where the short form would look like another.
    place = place if below.startswith(("/", "\\", "{")) else below
    return f"{shlex.quote(place)}: {words}"


def parse_input_name(name: str) -> tuple[str, tuple[str, ...]]:
    """Split a name into the folder and the command line, which ``expand_paths`` makes usable.

    Raises:
        ValueError: it is not the name of a git command.
    """
    words = shlex.split(name)
    folder = "{project}"
    if words and words[0].endswith(":"):
        folder = words.pop(0)[:-1]
        if not folder.startswith(("{project", "/")):
            folder = f"{{project}}/{folder}"
    if words[:1] != ["git"]:
        message = f"{name!r} is not a git command"
        raise ValueError(message)
    return folder, tuple(words[1:])


_WRITTEN = re.compile(r"\\(?:U([0-9a-f]{8})|(.))|\{project((?:/\.\.)*)\}", re.DOTALL)


def expand_paths(text: str, root: Path) -> str:
    """Put the path of the project, without symbolic links, into a part of a name.

    Raises:
        ValueError: the name has more ``..`` than there are folders above the project.
    """
    real = Path(os.path.realpath(root))
    places = (real, *real.parents)

    def replace(match: re.Match[str]) -> str:
        code, character, up = match.groups()
        if code is not None:
            return chr(int(code, 16))
        if character is not None:
            return str(character)
        if len(up) // 3 >= len(places):
            message = f"{text}: the project has fewer folders above it"
            raise ValueError(message)
        return str(places[len(up) // 3])

    return _WRITTEN.sub(replace, text)


def _bases(root: Path) -> dict[str, str]:
    """Paths, and their form in names: the project, and the folders up to the work tree."""
    real = Path(os.path.realpath(root))
    bases = {str(root): "{project}", str(real): "{project}"}
    for height, folder in enumerate((real, *real.parents)):
        if os.path.lexists(folder / ".git"):
            for up, between in enumerate(real.parents[:height], start=1):
                bases.setdefault(str(between), f"{{project{'/..' * up}}}")
            break
    return {path: written for path, written in bases.items() if path != os.sep}


def _abstract(word: str, bases: Mapping[str, str]) -> str:
    longest_first = sorted(bases, key=len, reverse=True)
    paths = "|".join(re.escape(path) for path in longest_first) or r"(?!)"
    written = ""
    end = 0
    for match in re.finditer(rf"(?:\A|(?<==))(?:{paths})(?=[/\\]|\Z)", word):
        written += _escape(word[end : match.start()]) + bases[match[0]]
        end = match.end()
    return written + _escape(word[end:])


def _escape(text: str) -> str:
    marked = re.sub(r"\\|\{(?=project)", r"\\\g<0>", text)
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}" for character in marked
    )
