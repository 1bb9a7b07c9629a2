"""Show a picture in the form for light or for dark pages, whichever the reader has chosen.

A page names ``NAME-light.svg``. If ``NAME-dark.svg`` is beside it, the theme shows one of the two.
Where there is no theme, as on GitHub, the light one is shown; it has a background of its own.
"""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.typing import ExtensionMetadata

LIGHT, DARK = "-light.svg", "-dark.svg"


class Twins(SphinxTransform):
    """Put the dark form of a picture beside the light one; furo hides one of them."""

    default_priority = 500

    def apply(self, **_options: object) -> None:
        """Change the document, before Sphinx collects the pictures of it."""
        folder = Path(self.env.doc2path(self.env.docname)).parent
        for image in list(self.document.findall(nodes.image)):
            dark = image["uri"].removesuffix(LIGHT) + DARK
            if image["uri"].endswith(LIGHT) and (folder / dark).exists():
                twin = image.deepcopy()
                twin["uri"] = dark
                image["classes"].append("only-light")
                twin["classes"].append("only-dark")
                image.parent.insert(image.parent.index(image) + 1, twin)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_transform(Twins)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
