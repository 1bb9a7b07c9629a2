"""Which tables of pyproject.toml a build can use, apart from ``[build-system]``.

Backends read the whole file. What most of them use of it is known from their sources, as long as
they run nothing else: no unknown plugin, and no code of the project.
"""

from collections.abc import Collection, Iterable, Mapping

from lbuild_keys.backends.known import (
    BUILD_SCRIPTS,
    CODE_FILES,
    TOML_BACKENDS,
    TOML_READERS,
    TOML_TABLES,
    KeyPath,
)
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.pep508 import requirement_name

FILE = "pyproject.toml"

_FOR_LBUILD: tuple[KeyPath, ...] = (
    # What was ignored when a wheel was built is no input of that build.
    ("tool", "lbuild", "ignore"),
    # uv obeys it when it installs build requirements.
    _UV := ("tool", "uv"),
)

NO_USE: Mapping[KeyPath, frozenset[str]] = {
    # lbuild reads the first two itself; the others are about the environment of the project.
    _UV: frozenset(
        {
            *("cache-keys", "reinstall-package"),
            *("default-groups", "dev-dependencies", "managed", "package"),
        }
    )
}
"""By table: keys that have no effect on a build."""

_CODE = frozenset({*CODE_FILES, *BUILD_SCRIPTS.values()})


def usable_tables(
    build_system: BuildSystem, extra_requires: Iterable[str], *, isolated: bool
) -> tuple[KeyPath, ...] | None:
    """Return the tables that count, if the file is only parsed; None if that is not known.

    Args:
        build_system: the table ``[build-system]``, which counts by itself.
        extra_requires: what the backend requires beyond ``build-system.requires``.
        isolated: whether only these requirements are installed. Otherwise any plugin may be.
    """
    requires = (*build_system.requires, *extra_requires)
    own = TOML_BACKENDS.get(build_system.build_backend)
    if own is None or build_system.backend_path or not isolated:
        return None
    names = [requirement_name(text) for text in requires]
    # What a URL leads to may be called as it likes.
    if any("@" in text for text in requires) or not TOML_TABLES.keys() >= {*names}:
        return None
    plugins = (TOML_TABLES[name] for name in names)
    return tuple(dict.fromkeys((*own, *(table for one in plugins for table in one), *_FOR_LBUILD)))


def is_only_parsed(hook: str, readers: Collection[str], read: Collection[str]) -> bool:
    """Whether a hook used only values of the file, as far as it reads it through known functions.

    Args:
        hook: its name. An sdist contains the file.
        readers: the functions that opened it, as ``FILE:FUNCTION``.
        read: names of the files that the hook read. Code that a backend runs can get the parsed
            file from it.
    """
    return (
        "sdist" not in hook
        and _CODE.isdisjoint(read)
        and all(reader.replace("\\", "/").endswith(TOML_READERS) for reader in readers)
    )
