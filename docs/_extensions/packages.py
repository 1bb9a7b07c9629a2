"""Read the wings and modules of a package from its source, without importing it.

A wing is a sub-package, or a module directly in the package. What a module knows is the first line
of its docstring. It is written there and nowhere else.
"""

import ast
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The two import packages, the one that imports the other first.
PACKAGES = {
    "lbuild_frontend": ROOT / "frontend" / "lbuild_frontend",
    "lbuild_keys": ROOT / "keys" / "lbuild_keys",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """A module: its path below the package (``globs/expand.py``) and what it knows."""

    path: str
    summary: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wing:
    """A sub-package with its modules, or a single module of a package, which has no ``modules``."""

    name: str
    summary: str
    modules: tuple[Module, ...] = ()


def summary(path: Path) -> str:
    """Return the first line of a module's docstring; ValueError if there is none."""
    docstring = ast.get_docstring(ast.parse(path.read_bytes(), path))
    if not docstring:
        raise ValueError(f"{path} has no docstring")
    return docstring.splitlines()[0]


def wings(package: Path) -> tuple[Wing, ...]:
    """Return all wings of the package in a folder, by name."""
    found = []
    for path in sorted(package.iterdir()):
        if path.name == "__init__.py":
            continue
        if path.suffix == ".py":
            found.append(Wing(name=path.stem, summary=summary(path)))
        elif (path / "__init__.py").exists():
            modules = tuple(
                Module(path=f"{path.name}/{module.name}", summary=summary(module))
                for module in sorted(path.glob("*.py"))
                if module.name != "__init__.py"
            )
            about = summary(path / "__init__.py")
            found.append(Wing(name=path.name, summary=about, modules=modules))
    return tuple(found)


def sources(package: Path) -> list[Path]:
    """Return the files of a package that ``wings`` reads."""
    return sorted(package.rglob("*.py"))


def layers(package: str) -> tuple[tuple[str, ...], ...]:
    """Return the names of a package's wings, a tuple for each layer, the top layer first.

    import-linter checks the same layers: ``[tool.importlinter]`` in pyproject.toml.
    """
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for contract in pyproject["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers" and contract.get("containers") == [package]:
            return tuple(
                tuple(name.strip(" ()") for name in layer.replace(":", "|").split("|"))
                for layer in contract["layers"]
            )
    raise ValueError(f"pyproject.toml has no layers of {package}")


def pages(folder: Path) -> dict[tuple[str, str], str]:
    """Find on which page the modules of each wing are.

    Args:
        folder: of the pages; those that list modules are named ``modules-...``.

    Returns:
        By package and wing, the name of the page.

    Raises:
        ValueError: if a wing is on two pages.
    """
    found: dict[tuple[str, str], str] = {}
    for page in sorted(folder.glob("modules-*.md")):
        text = page.read_text(encoding="utf-8")
        for package, names in re.findall(r"{wings-modules} (\w+)\n:wings: (.+)", text):
            for name in names.split():
                if (package, name) in found:
                    raise ValueError(f"{package}.{name} is on two pages")
                found[package, name] = page.stem
    return found


def imports() -> set[tuple[str, str]]:
    """Return which wing imports which, as pairs of ``package.wing``.

    The same graph as import-linter checks, with imports in functions and for type checkers.
    """
    import grimp

    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    pairs = {
        (_wing(module), _wing(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    return {
        (wing, imported)
        for wing, imported in pairs
        if wing != imported and "." in wing and "." in imported
    }


def reduced(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Leave out each pair (a, c) where a also leads to c by way of others."""
    below: dict[str, set[str]] = {}
    for upper, lower in pairs:
        below.setdefault(upper, set()).add(lower)

    def reaches(start: str, end: str) -> bool:
        seen, todo = set(), [start]
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(below.get(node, ()))
        return end in seen

    return {
        (upper, lower)
        for upper, lowers in below.items()
        for lower in lowers
        if not any(reaches(other, lower) for other in lowers if other != lower)
    }


def upward(
    pairs: Iterable[tuple[str, str]], rows: Iterable[Iterable[str]]
) -> list[tuple[str, str]]:
    """Return the pairs whose second is not in a lower row than the first."""
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    return sorted((upper, lower) for upper, lower in pairs if row_of[upper] >= row_of[lower])


def _wing(module: str) -> str:
    return ".".join(module.split(".")[:2])
