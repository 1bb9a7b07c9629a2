"""Provide two directives: a picture of the wings, and what each module knows.

Both are made from the source code when the pages are built, so that they cannot be out of date.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
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
        svg = picture.draw(rows, arrows, summaries)
        return [nodes.raw("", svg, format="html")]


class WingsModules(SphinxDirective):
    """List the modules of both packages, wing by wing, with the first lines of their docstrings."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return a table for each package."""
        _depend(self)
        return [
            node
            for package, folder in packages.PACKAGES.items()
            for node in (
                nodes.rubric(package, package),
                _table(package, packages.wings(folder)),
            )
        ]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives."""
    app.add_directive("wings-picture", WingsPicture)
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
    head = nodes.thead("", nodes.row("", _cell(nodes.Text("module")), _cell(nodes.Text("knows"))))
    columns = [nodes.colspec(colwidth=width) for width in (30, 70)]
    return nodes.table("", nodes.tgroup("", *columns, head, body, cols=2))


def _cell(*content: nodes.Node) -> nodes.entry:
    return nodes.entry("", nodes.paragraph("", "", *content))


def _text(docstring: str) -> Iterator[nodes.Node]:
    # Only the markup that docstrings here use: ``code``.
    for index, part in enumerate(re.split("``(.+?)``", docstring)):
        if part:
            yield nodes.literal(part, part) if index % 2 else nodes.Text(part)
