"""Provide directives: a picture of the wings, a list of them, and what each module knows.

All are made from the source code when the pages are built, so that they cannot be out of date.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from . import packages, picture


class WingsPicture(SphinxDirective):
    """Draw the wings of both packages and their imports; no imports that others imply.

    The text in the directive is for readers of the Markdown file, and is not used.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the picture; an error if a wing imports one that is not in a lower layer."""
        _depend(self)
        rows: dict[str, tuple[tuple[str, ...], ...]] = {}
        arrows: set[tuple[str, str]] = set()
        summaries: dict[str, str] = {}
        imports = packages.imports()
        for package, folder in packages.PACKAGES.items():
            prefix = f"{package}."
            rows[package] = packages.layers(package)
            inside = {(a, b) for a, b in imports if a.startswith(prefix) and b.startswith(prefix)}
            layers = [[prefix + name for name in row] for row in rows[package]]
            if against := packages.upward(inside, layers):
                raise self.error(f"imports against the layers of pyproject.toml: {against}")
            arrows |= packages.reduced(inside)
            summaries |= {prefix + wing.name: wing.summary for wing in packages.wings(folder)}
        svg = picture.draw(rows, arrows, summaries, _addresses(self))
        return [nodes.raw("", svg, format="html")]


class WingsList(SphinxDirective):
    """List the wings of a package with links to their modules."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        _depend(self)
        package = self.arguments[0]
        addresses = _addresses(self)
        body = nodes.tbody()
        for wing in packages.wings(packages.PACKAGES[package]):
            address = f"{addresses[package, wing.name]}#{picture.anchor(package, wing.name)}"
            link = nodes.reference(
                "", "", nodes.literal(wing.name, wing.name), internal=True, refuri=address
            )
            body += nodes.row("", _cell(link), _cell(*_text(wing.summary)))
        return [_table_of(body, "wing")]


class WingsModules(SphinxDirective):
    """List the modules of some wings of a package, with the first lines of their docstrings."""

    required_arguments = 1
    has_content = True
    option_spec = {"wings": directives.unchanged_required}  # noqa: RUF012  as docutils has it

    def run(self) -> list[nodes.Node]:
        """Return a table; an error if there is no such wing."""
        _depend(self)
        package = self.arguments[0]
        wings = {wing.name: wing for wing in packages.wings(packages.PACKAGES[package])}
        named = self.options["wings"].split()
        if unknown := set(named) - set(wings):
            raise self.error(f"{package} has no wings {', '.join(sorted(unknown))}")
        return [_table(package, tuple(wings[name] for name in named))]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive("wings-picture", WingsPicture)
    app.add_directive("wings-list", WingsList)
    app.add_directive("wings-modules", WingsModules)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _depend(directive: SphinxDirective) -> None:
    # A change of any of these files makes Sphinx read the page again.
    for folder in packages.PACKAGES.values():
        for path in packages.sources(folder):
            directive.env.note_dependency(str(path))
    directive.env.note_dependency(str(packages.ROOT / "pyproject.toml"))
    for path in Path(__file__).parent.glob("*.py"):
        directive.env.note_dependency(str(path))


def _table(package: str, wings: tuple[packages.Wing, ...]) -> nodes.table:
    body = nodes.tbody()
    for wing in wings:
        name = f"{wing.name}/" if wing.modules else f"{wing.name}.py"
        first = nodes.strong("", "", nodes.literal(name, name))
        target = picture.anchor(package, wing.name)
        body += nodes.row("", _cell(first), _cell(*_text(wing.summary)), ids=[target])
        for module in wing.modules:
            path = nodes.literal(module.path, module.path)
            body += nodes.row("", _cell(path), _cell(*_text(module.summary)))
    return _table_of(body, "module")


def _table_of(body: nodes.tbody, what: str) -> nodes.table:
    head = nodes.thead("", nodes.row("", _cell(nodes.Text(what)), _cell(nodes.Text("knows"))))
    columns = [nodes.colspec(colwidth=width) for width in (30, 70)]
    return nodes.table("", nodes.tgroup("", *columns, head, body, cols=2))


def _addresses(directive: SphinxDirective) -> dict[tuple[str, str], str]:
    """Return where the modules of each wing are, seen from the page of a directive."""
    name = directive.env.docname
    found = packages.pages(Path(directive.env.doc2path(name)).parent)
    addresses = directive.env.app.builder.get_relative_uri
    return {
        wing: addresses(name, f"{name.rpartition('/')[0]}/{page}") for wing, page in found.items()
    }


def _cell(*content: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))


def _text(docstring: str) -> Iterator[nodes.Node]:
    # Only the markup that docstrings here use: ``code``.
    for index, part in enumerate(re.split("``(.+?)``", docstring)):
        if part:
            yield nodes.literal(part, part) if index % 2 else nodes.Text(part)
