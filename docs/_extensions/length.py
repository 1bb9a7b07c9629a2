"""Check that no page is longer than readers bear, as it is shown: with all that is generated."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

LONGEST = 1200
"""Words of a page."""

_log = logging.getLogger(__name__)


def words(document: nodes.document) -> int:
    """Count the words of a page; pictures and comments have none."""
    shown = (
        node
        for node in document.findall(nodes.TextElement)
        if not isinstance(node, nodes.raw | nodes.comment)
        and not isinstance(node.parent, nodes.TextElement)
    )
    return sum(len(node.astext().split()) for node in shown)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look at each page when it is written."""
    app.connect("doctree-resolved", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _check(_app: Sphinx, document: nodes.document, name: str) -> None:
    count = words(document)
    if count > LONGEST:
        message = "%s has %d words; a page has at most %d"
        _log.warning(message, name, count, LONGEST, location=name, type="length")
