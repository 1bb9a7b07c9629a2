"""Whether the metadata hook of a backend gives what the wheel has, as far as that is known.

PEP 517 requires it. But some backends run code of a project, or of plugins, in ``build_wheel``
only, and that code can change the metadata.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from lbuild_keys.backends.known import METADATA_HOOKS, MetadataHook
from lbuild_keys.config import toml_values
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name


def is_complete(root: Path, build_system: BuildSystem, toml: Mapping[str, Any]) -> bool:
    """Whether nothing is known by which the wheel could have other metadata than the hook gives.

    Args:
        root: the project's folder.
        toml: its pyproject.toml, parsed.
    """
    known = None if build_system.backend_path else METADATA_HOOKS.get(build_system.build_backend)
    if known is None:
        return True
    return not (
        any(_is_set(toml, ("tool", *path)) for path in known.settings)
        or any(_file_has(root / name, paths) for name, paths in known.toml_files.items())
        or any(_mentions(root / name, words) for name, words in known.words.items())
        or _requires_plugins(build_system, known)
    )


def _is_set(toml: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a setting is there and not empty. In an array of tables, whether any table has it."""
    value: object = toml
    for number, key in enumerate(path):
        if isinstance(value, list):
            rest = path[number:]
            return any(isinstance(one, Mapping) and _is_set(one, rest) for one in value)
        value = toml_values.value_at(value, key) if isinstance(value, Mapping) else None
    return bool(value)


def _file_has(path: Path, settings: tuple[tuple[str, ...], ...]) -> bool:
    text = _text_of(path)
    try:
        toml = tomli.loads(text)
    except tomli.TOMLDecodeError:
        return True  # the backend has to report it
    return any(_is_set(toml, path) for path in settings)


def _mentions(path: Path, words: str) -> bool:
    return re.search(words, _text_of(path)) is not None


def _text_of(path: Path) -> str:
    """Return the text of a file; nothing if it cannot be read: the backend has to report that."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _requires_plugins(build_system: BuildSystem, known: MetadataHook) -> bool:
    if known.without_plugins is None:
        return False
    return not known.without_plugins.issuperset(map(requirement_name, build_system.requires))
