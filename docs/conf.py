"""Configuration of Sphinx: ``sphinx-build -W docs OUT`` builds the pages of this folder."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# The extensions of this folder, and both packages as they are in this tree.
sys.path[:0] = [str(path) for path in (HERE, HERE.parent / "keys", HERE.parent / "frontend")]

project = "lbuild"
project_copyright = "The lbuild developers"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "_extensions.architecture",
    "_extensions.length",
    "_extensions.reference",
    "_extensions.twins",
    "_extensions.values",
]
exclude_patterns = ["_build", "_extensions", "examples"]
nitpicky = True
# Types of other projects, and private ones, are not on these pages.
nitpick_ignore_regex = [("py:.*", ".*")]
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
add_module_names = False

# Headings get the anchors that GitHub gives them, so that links to them work in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
# Links with another scheme are taken for pages, which are not found.
myst_url_schemes = ["https"]

html_theme = "furo"
html_title = "lbuild"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
html_static_path = ["_static"]
html_css_files = ["lbuild.css"]

# Of a session, only what is typed is copied.
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True

# `nox -s links`: the address of the repository is nobody's, see pyproject.toml.
linkcheck_ignore = [r"https://git\.example\.org/"]
linkcheck_anchors_ignore_for_url = [r"https://github\.com/"]
linkcheck_retries = 2
linkcheck_timeout = 20
