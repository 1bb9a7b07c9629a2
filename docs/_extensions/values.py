"""Provide the directives for values, in Python and in JSON, and short signatures of functions.

- ``lbuild-json TYPE``: a table of the members of a JSON object
- ``lbuild-value TYPE``: a table of the fields of a named tuple of the API, or of a ``TypedDict``

Types are as the code spells them: ``StrPath``, not what that stands for.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.typing import ExtensionMetadata

import lbuild_keys
from lbuild_frontend import api

from . import json_schema
from .generated import FromCode


class Json(FromCode):
    """List the members of a JSON object."""

    required_arguments = 1
    option_spec = {"without": directives.unchanged}  # noqa: RUF012  so docutils has it

    def run(self) -> list[nodes.Node]:
        """Return a table; with ``without``, only of what another type does not have alike."""
        self.begin()
        definitions = json_schema.schema()["$defs"]
        kind, without = self.arguments[0], self.options.get("without", "")
        known = definitions[without]["properties"] if without else {}
        rows = []
        for name, member in definitions[kind]["properties"].items():
            if member != known.get(name):
                anchor = f"{kind}-{name}".lower()
                rows.append((anchor, (f"`{name}`", _type(member), member.get("description", ""))))
        return self.table(("member", "type", "meaning"), rows, 20, 25, 55)


def _type(form: Any) -> str:
    """Return the type of a member in words."""
    match form:
        case {"$ref": str(place)}:
            return _of_place(place)
        case {"anyOf": [*forms]}:
            return " or ".join(map(_type, forms))
        case {"enum": [*values]}:
            return ", ".join(f'`"{value}"`' for value in values)
        case {"const": value}:
            return f'`"{value}"`'
        case {"type": "array", "items": dict(items)}:
            return f"array of {_type(items)}"
        case {"type": [*names]}:
            return " or ".join(map(str, names))
        case _:
            return str(form.get("type", "any"))


def _of_place(place: str) -> str:
    name = place.rpartition("/")[2]
    return _LINKS.get(name, f"`{name}`")


_LINKS = {
    "Reason": "[reasons](#reasons)",
    "NearestBuild": "[object](#nearest)",
    "Failure": "[object](#errors)",
}


class Value(FromCode):
    """Describe a type of values, with its fields; not with those that another type has alike."""

    required_arguments = 1
    option_spec = {"without": directives.unchanged}  # noqa: RUF012  so docutils has it

    def run(self) -> list[nodes.Node]:
        """Return what its docstring has, with a table of the fields."""
        self.begin()
        name = self.arguments[0]
        kind = getattr(api, name, None) or getattr(lbuild_keys, name)
        text = inspect.cleandoc(kind.__doc__).partition("\nAttributes:\n")[0].replace("``", "`")
        without = self.options.get("without")
        known = {*fields(getattr(api, without))} if without else set()
        rows = (
            (f"{name}-{field.name}".lower(), (f"`{field.name}`", f"`{field.type}`", field.text))
            for field in fields(kind)
            if field not in known
        )
        place = nodes.target()
        self.anchor(place, f"api-{name}".lower())
        return [
            place,
            *self.markdown(text),
            *self.table(("field", "type", "meaning"), rows, 20, 30, 50),
        ]


class Links(SphinxTransform):
    """Make links of names of the API, where docstrings name them."""

    default_priority = 500

    def apply(self, **_options: object) -> None:
        """Change a page on the API."""
        if not self.env.docname.startswith("reference/api"):
            return
        for literal in list(self.document.findall(nodes.literal)):
            target = _target(literal.astext())
            if target and isinstance(literal.parent, nodes.paragraph | nodes.inline):
                link = addnodes.pending_xref("", refdoc=self.env.docname, refexplicit=True)
                link.attributes |= target
                literal.replace_self(link)
                link += literal


def _target(name: str) -> dict[str, str] | None:
    """Return where a name of the API is described; None if it is another name."""
    if name == "model.events":
        return {"refdomain": "std", "reftype": "doc", "reftarget": "/reference/api-events"}
    name = name.removeprefix("api.")
    if name not in api.__all__:
        return None
    found = getattr(api, name)
    if inspect.isclass(found) and not issubclass(found, Exception):
        return {"refdomain": "std", "reftype": "ref", "reftarget": f"api-{name}".lower()}
    return {"refdomain": "py", "reftype": "obj", "reftarget": f"lbuild_frontend.api.{name}"}


class Field(NamedTuple):
    """A field of a type of values.

    Attributes:
        name: of the field.
        type: of its values, with the default.
        text: what it is, in Markdown.
    """

    name: str
    type: str
    text: str


def fields(kind: type) -> Iterator[Field]:
    """Yield the fields of a type."""
    words = json_schema.attributes(kind)
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    for node in getattr(tree, "body", ()):
        if isinstance(node, ast.AnnAssign):
            name = ast.unparse(node.target)
            default = f" = {ast.unparse(node.value)}" if node.value else ""
            text = words.get(name, "").replace("null", "None")
            yield Field(name, f"{ast.unparse(node.annotation)}{default}", text)


def _signature(
    _app: Sphinx, what: str, _name: str, given: Any, _options: Any, _signature: str, _returns: str
) -> tuple[str, str] | None:
    """Return the signature of a function as its source has it; none of a class."""
    if what != "function":
        return None
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(given)))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        return None
    returns = ast.unparse(tree.returns) if tree.returns else "None"
    return f"({ast.unparse(tree.args)})", returns


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.connect("autodoc-process-signature", _signature)
    app.add_transform(Links)
    app.add_directive("lbuild-json", Json)
    app.add_directive("lbuild-value", Value)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
