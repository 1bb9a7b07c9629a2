"""The ``[build-system]`` table of a parsed pyproject.toml (PEP 517, PEP 518)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lbuild_keys import pep508
from lbuild_keys.config import toml_values
from lbuild_keys.config.setting import Setting


class BuildSystem(NamedTuple):
    """The ``[build-system]`` table, with the defaults of PEP 517 and PEP 518.

    Attributes:
        requires: requirement strings (PEP 508).
        build_backend: ``MODULE`` or ``MODULE:OBJECT``.
        backend_path: folders of an in-tree backend, relative to the project.
    """

    requires: tuple[str, ...] = ("setuptools >= 40.8.0",)
    build_backend: str = "setuptools.build_meta:__legacy__"
    backend_path: tuple[str, ...] = ()


def read_build_system(toml: Mapping[str, Any]) -> BuildSystem:
    """Read the table, or take the defaults where there is none.

    Raises:
        SettingsError: naming the key path and the remedy.
    """
    where = "build-system"
    if where not in toml:
        import difflib  # seldom needed

        near = difflib.get_close_matches(where, toml, n=1, cutoff=0.8)
        if near:
            toml_values.fail(
                toml_values.quote_key(near[0]), "unknown table", f"Did you mean [{where}]?"
            )
        return BuildSystem()
    table = toml_values.table(toml, where, "")
    toml_values.require_known_keys(table, tuple(one.name for one in BUILD_SYSTEM), where)
    if _REQUIRES.name not in table:
        toml_values.fail(
            where, "requires is missing", 'Add it: requires = ["setuptools"], for example.'
        )
    # Without build-backend, requires stays as it is and setuptools' legacy backend is meant.
    return BuildSystem(_REQUIRES.of(table), _BUILD_BACKEND.of(table), _BACKEND_PATH.of(table))


def _read_requires(value: object, where: str) -> tuple[str, ...]:
    texts = toml_values.strings(value, where)
    for index, text in enumerate(texts):
        if pep508.plain_requirement_name(text) is None:
            _check_requirement(text, f"{where}[{index}]")
    return texts


def _check_requirement(text: str, where: str) -> None:
    try:
        pep508.check_requirement(text)
    except ValueError as error:
        problem = f"{text!r} is not a valid requirement: {str(error).splitlines()[0]}"
        toml_values.fail(where, problem, 'Write it as in "setuptools>=61".')


def _read_backend(value: object, where: str) -> str:
    text = toml_values.string(value, where)
    module, _, attributes = text.partition(":")
    names = [*module.split("."), *(attributes.split(".") if ":" in text else ())]
    if not all(name.isidentifier() for name in names):
        remedy = 'Write "module" or "module:object", for example "hatchling.build".'
        toml_values.fail(where, f"{text!r} is not a path of a Python object", remedy)
    return text


_REQUIRES = Setting(
    "build-system",
    "requires",
    "array of requirements (PEP 508)",
    "The distributions that the build needs. It is required if the table is there.",
    _read_requires,
    [*BuildSystem().requires],
)
_BUILD_BACKEND = Setting(
    "build-system",
    "build-backend",
    "`MODULE` or `MODULE:OBJECT`",
    "The backend, which has the hooks.",
    _read_backend,
    BuildSystem().build_backend,
)
_BACKEND_PATH = Setting(
    "build-system",
    "backend-path",
    "array of paths",
    "Folders with the modules of an in-tree backend. They have to be inside the project.",
    toml_values.strings,
    [],
)
BUILD_SYSTEM: tuple[Setting[Any], ...] = (_REQUIRES, _BUILD_BACKEND, _BACKEND_PATH)
"""All settings of the table."""
