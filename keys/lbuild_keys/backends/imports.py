"""What a Python source imports, from its syntax tree and never by running it.

Every import counts, also in a function, under ``try`` or ``if TYPE_CHECKING``. A source that
imports by other means (``exec``, ``runpy``, changes of ``sys.path``, a computed name) is
``dynamic``: it may import more than can be read. These means are found by their names; code that
hides them on purpose is not found.
"""

import ast
import functools
from typing import NamedTuple

from lbuild_keys import python_source

_IMPORTERS = frozenset({"__import__", "find_spec", "import_module"})
"""Functions that import the module in their first argument; followed if that is a literal."""

_LOADERS = _IMPORTERS | {
    "ExtensionFileLoader",
    "FileFinder",
    "PathFinder",
    "SourceFileLoader",
    "SourcelessFileLoader",
    "__builtins__",
    "__loader__",
    "__path__",
    "__spec__",
    "addsitedir",
    "declare_namespace",
    "exec_module",
    "extend_path",
    "load_module",
    "module_from_spec",
    "run_module",
    "run_path",
    "spec_from_file_location",
    "spec_from_loader",
}
"""Names that make a source dynamic wherever they occur, even as a string (for ``getattr``)."""

_BUILTINS = frozenset({"eval", "exec"})
"""The same, but only as bare names: ``frame.eval`` is something else."""

_REBOUND = frozenset({"__getattr__", "__name__", "__package__"})
"""The same, when a value is assigned to them, because that changes what an import means."""

_MODULES = frozenset(
    {
        "builtins",
        "code",
        "imp",
        "importlib.resources",
        "importlib_resources",
        "lazy_loader",
        "pickle",
        "pkg_resources",
        "pkgutil",
        "pydoc",
        "runpy",
        "site",
        "unittest",
        "zipimport",
    }
)
"""Modules that import by name or by path. A source that imports one is dynamic."""

_ATTRIBUTES = {
    "importlib": frozenset({"*", "__dict__", "resources"}),
    "importlib.metadata": frozenset({"*", "__dict__", "entry_points"}),
    "importlib_metadata": frozenset({"*", "__dict__", "entry_points"}),
    "sys": frozenset(
        {"*", "__dict__", "meta_path", "modules", "path", "path_hooks", "path_importer_cache"}
    ),
}
"""Modules that are harmless except for these names, as long as they are not passed around."""


class Imports(NamedTuple):
    """What a source imports.

    Attributes:
        names: dotted and absolute. The last part may be a name within a module: ``from a import b``
            gives ``a`` and ``a.b``.
        stars: the modules of which everything is imported, also in ``names``.
        exports: ``__all__``; None if it cannot be read. Empty if there is none.
        dynamic: whether more may be imported than is named here.
    """

    names: frozenset[str]
    stars: frozenset[str]
    exports: frozenset[str] | None
    dynamic: bool


UNREADABLE = Imports(frozenset(), frozenset(), exports=None, dynamic=True)
"""The imports of a text that this version of Python cannot parse."""


@functools.lru_cache  # one build asks of the same sources several times
def read(source: bytes, package: str) -> Imports:
    """Read what ``source`` imports; ``package`` is its ``__package__``, empty at the top level."""
    tree = python_source.parse(source)
    if tree is None:
        return UNREADABLE
    nodes = tuple(ast.walk(tree))
    names: set[str] = set()
    stars: set[str] = set()
    for node in nodes:
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom() if base := _absolute(node.module or "", node.level, package):
                names.add(base)
                if node.names[0].name == "*":
                    stars.add(base)
                else:
                    names.update(f"{base}.{alias.name}" for alias in node.names)
            case _:
                pass
    calls = {
        id(node.func): _literal_call(node, package)
        for node in nodes
        if isinstance(node, ast.Call) and _last_name(node.func) in _IMPORTERS
    }
    names.update(name for name in calls.values() if name)
    understood = {function for function, name in calls.items() if name}
    dynamic = any(_is_dynamic_import(node) for node in nodes) or any(
        id(node) not in understood and _is_dynamic_name(node) for node in nodes
    )
    dynamic = dynamic or _passes_modules_around(nodes)
    return Imports(frozenset(names), frozenset(stars), _exports(nodes), dynamic)


def _absolute(name: str, level: int, package: str) -> str | None:
    """The absolute name of a module; None if it is above the top, where importing it fails."""
    if level == 0:
        return name
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    parts = parts[: len(parts) - level + 1]
    return ".".join([*parts, name] if name else parts)


def _literal_call(call: ast.Call, package: str) -> str | None:
    """The module that a call of one of ``_IMPORTERS`` names; None if it cannot be read.

    The package of a relative name has to be the source's own.
    """
    arguments = dict(zip(("name", "package"), call.args, strict=False))
    arguments |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    match arguments:
        case {"name": ast.Constant(value=str(name)), "package": ast.Name(id="__package__")}:
            bare = name.lstrip(".")
            return _absolute(bare, len(name) - len(bare), package)
        case {"name": ast.Constant(value=str(name))} if not name.startswith("."):
            # The further arguments of __import__ may make it relative, or name more modules.
            plain = len(call.args) + len(call.keywords) == 1
            return name if plain or _last_name(call.func) != "__import__" else None
        case _:
            return None


def _last_name(node: ast.AST) -> str:
    """``c`` of ``a.b.c``; empty if ``node`` is not a name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _is_dynamic_import(node: ast.AST) -> bool:
    match node:
        case ast.Import():
            return any(_is_dynamic_module(alias.name) for alias in node.names)
        case ast.ImportFrom(module=str(module), level=0):
            return any(
                _is_dynamic_module(f"{module}.{alias.name}")
                or alias.name in _ATTRIBUTES.get(module, ())
                # Under another name, it would not be recognised.
                or (alias.name in _LOADERS and alias.asname not in (None, alias.name))
                for alias in node.names
            )
        case _:
            return False


def _is_dynamic_module(name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in _MODULES)


def _is_dynamic_name(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) if name in _REBOUND:
            return True
        case ast.Name(id=name):
            return name in _LOADERS or name in _BUILTINS
        case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name in _LOADERS
        case _:
            return False


def _passes_modules_around(nodes: tuple[ast.AST, ...]) -> bool:
    """Whether code uses a listed name of a module in ``_ATTRIBUTES``, or passes the module on."""
    bound: dict[str, str] = {}
    for node in nodes:
        match node:
            case ast.Import():
                aliases = [(alias.asname or alias.name, alias.name) for alias in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                aliases = [
                    (alias.asname or alias.name, f"{module}.{alias.name}") for alias in node.names
                ]
            case _:
                continue
        bound.update((local, name) for local, name in aliases if name in _ATTRIBUTES)
    owners: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            owners.add(id(node.value))
            if node.attr in _ATTRIBUTES.get(_expanded(node.value, bound), ()):
                return True
    return any(
        id(node) not in owners and _expanded(node, bound) in _ATTRIBUTES
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    )


def _expanded(node: ast.expr, bound: dict[str, str]) -> str:
    """The dotted name of ``node``, with what imports bound to its first part; else empty."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([bound.get(node.id, node.id), *reversed(parts)])


def _exports(nodes: tuple[ast.AST, ...]) -> frozenset[str] | None:
    """The names that are assigned to ``__all__`` anywhere; None if one value is not a literal."""
    names: set[str] = set()
    mentions = understood = 0
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id="__all__"), value=value)
            ):
                strings = _strings(value)
                if strings is None:
                    return None
                names.update(strings)
                understood += 1
            case ast.Name(id="__all__"):
                mentions += 1
            case ast.alias(name="__all__") | ast.alias(asname="__all__"):
                return None
            case ast.Constant(value="__all__"):
                return None
            case _:
                pass
    return frozenset(names) if mentions == understood else None


def _strings(node: ast.expr) -> frozenset[str] | None:
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            constants = [item.value for item in elements if isinstance(item, ast.Constant)]
            return frozenset(map(str, constants)) if len(constants) == len(elements) else None
        case _:
            return None
