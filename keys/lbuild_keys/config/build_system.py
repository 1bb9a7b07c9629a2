"""The ``[build-system]`` table of a parsed pyproject.toml (PEP 517, PEP 518)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lbuild_keys import pep508
from lbuild_keys.config import toml_values


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
    toml_values.require_known_keys(table, ("requires", "build-backend", "backend-path"), where)
    requires = toml_values.optional(table, "requires", where, toml_values.strings)
    if requires is None:
        toml_values.fail(
            where, "requires is missing", 'Add it: requires = ["setuptools"], for example.'
        )
    for index, text in enumerate(requires):
        if pep508.plain_requirement_name(text) is None:
            _check_requirement(text, f"{where}.requires[{index}]")
    backend = toml_values.optional(table, "build-backend", where, _read_backend)
    # Without build-backend, requires stays as it is and setuptools' legacy backend is meant.
    return BuildSystem(
        requires=requires,
        build_backend=BuildSystem().build_backend if backend is None else backend,
        backend_path=toml_values.optional(table, "backend-path", where, toml_values.strings) or (),
    )


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
