"""Configuration of Sphinx: ``sphinx-build -W docs OUT`` builds the pages of this folder."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# The extensions of this folder, and both packages as they are in this tree.
sys.path[:0] = [str(path) for path in (HERE, HERE.parent / "keys", HERE.parent / "frontend")]

project = "lbuild"
project_copyright = "The lbuild developers"

extensions = ["myst_parser", "_extensions.architecture", "_extensions.twins"]
html_theme = "furo"
html_title = "lbuild"
html_copy_source = False
html_show_sphinx = False

# Headings get the anchors that GitHub gives them, so that links to them work in both places.
myst_heading_anchors = 3
nitpicky = True
exclude_patterns = ["_build", "_extensions"]
