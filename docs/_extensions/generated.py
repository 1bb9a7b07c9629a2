"""The base of directives whose content comes from the code."""

from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from . import packages


class FromCode(SphinxDirective):
    """A directive whose content comes from the code."""

    def begin(self) -> None:
        """Have Sphinx read the page again after each change of the code."""
        for folder in packages.PACKAGES.values():
            for path in packages.sources(folder):
                self.env.note_dependency(str(path))
        for path in Path(__file__).parent.glob("*.py"):
            self.env.note_dependency(str(path))

    def markdown(self, text: str) -> list[nodes.Node]:
        """Return what a text in Markdown means."""
        return self.parse_text_to_nodes(text)

    def anchor(self, node: nodes.Element, name: str) -> None:
        """Make a node a place that all pages can link to."""
        node["names"].append(name)
        self.state.document.note_explicit_target(node, node)

    def table(
        self, head: Iterable[str], rows: Iterable[tuple[str, Iterable[str]]], *widths: int
    ) -> list[nodes.Node]:
        """Return a table.

        Args:
            head: the names of the columns.
            rows: each with its anchor, or "", and its cells in Markdown.
            widths: of the columns, relative to each other.
        """
        body = nodes.tbody()
        for anchor, cells in rows:
            row = nodes.row("", *(self._cell(cell) for cell in cells))
            if anchor:
                self.anchor(row, anchor)
            body += row
        top = nodes.thead("", nodes.row("", *(self._cell(cell) for cell in head)))
        columns = [nodes.colspec(colwidth=width) for width in widths]
        group = nodes.tgroup("", *columns, top, body, cols=len(widths))
        table = nodes.table("", group, classes=["lbuild-table"])
        return [table]

    def _cell(self, text: str) -> nodes.entry:
        return nodes.entry("", *self.markdown(text))
