"""The files of a project that run, or are read for settings, while it is built.

They are found by their place and by the configuration: scripts at the top, scripts that the TOML
names, modules that setuptools or flit import for a version, modules of an in-tree backend.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from lbuild_keys.backends.known import SETTINGS_FILES
from lbuild_keys.config import toml_values

_ATTRIBUTE = re.compile(r"""\battr(?:["']?\s*=\s*["']|:\s*)([\w.]+)""")
"""``attr = "demo.VERSION"`` in pyproject.toml, ``version = attr: demo.VERSION`` in setup.cfg."""


def settings(names: Collection[str]) -> list[str]:
    """The files directly in the project that describe how it is built."""
    return sorted(
        name
        for name in names
        if "/" not in name and (name in SETTINGS_FILES or name.endswith(".py"))
    )


def imported(names: Collection[str], toml: Mapping[str, Any], texts: Collection[str]) -> list[str]:
    """The project's own modules that a backend runs because settings name them.

    Args:
        names: of all files of the project, relative to it.
        texts: of the files that ``settings`` names.
    """
    named = {**toml, "tool": _without_lbuild(toml.get("tool"))}
    wanted = {text.removeprefix("./") for text in _strings(named) if text.endswith(".py")}
    getter = toml_values.value_at(toml, "tool", "pdm", "version", "getter")
    if isinstance(getter, str):
        wanted |= _files_of(getter.partition(":")[0].replace(".", "/"))
    for text in texts:
        wanted.update(_SCRIPT.findall(text))
        for attribute in _ATTRIBUTE.findall(text):
            parts = attribute.split(".")[:-1]
            for depth in range(1, len(parts) + 1):
                wanted |= _files_of("/".join(parts[:depth]))
    if toml_values.value_at(toml, "build-system", "build-backend") == "flit_core.buildapi":
        name = toml_values.value_at(toml, "tool", "flit", "module", "name")
        name = name or toml_values.value_at(toml, "project", "name")
        wanted |= _files_of(str(name).replace("-", "_").replace(".", "/"))
    return _among(names, wanted)


def imports_of(text: str, names: Collection[str]) -> list[str]:
    """The project's own modules that a module imports, by the text of its import statements.

    None for a module with its version as a literal: backends read that without running it.
    """
    if _LITERAL_VERSION.search(text):
        return []
    wanted: set[str] = set()
    for package, members, modules in _IMPORT.findall(text):
        base = package.strip(".").replace(".", "/")
        for module in modules.replace(",", " ").split():
            wanted |= _files_of(module.replace(".", "/"))
        for member in re.findall(r"\w+", members):
            wanted |= _files_of(f"{base}/{member}" if base else member)
        if base:
            wanted |= _files_of(base)
    return _among(names, wanted)


_SCRIPT = re.compile(r"[\w./-]*\w\.py\b")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(.+)|import[ \t]+(.+))$", re.MULTILINE
)
_LITERAL_VERSION = re.compile(
    r"""^(?:__version__|version|VERSION)\b[^=\n]*=\s*["']""", re.MULTILINE
)


def _without_lbuild(tool: object) -> object:
    """Return the table ``tool`` without what lbuild reads, such as ``ignore = ["gen.py"]``."""
    if not isinstance(tool, Mapping):
        return tool
    return {name: table for name, table in tool.items() if name != "lbuild"}


def _among(names: Collection[str], wanted: Collection[str]) -> list[str]:
    paths = {path.removeprefix("./") for path in wanted}
    return sorted(
        name
        for name in names
        if name.endswith(".py") and any(name == path or name.endswith(f"/{path}") for path in paths)
    )


def _files_of(module: str) -> set[str]:
    return {f"{module}.py", f"{module}/__init__.py"}


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
        case _:
            pass  # numbers, booleans and dates name no file
