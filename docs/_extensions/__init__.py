"""Sphinx extensions of this documentation: what the pages take from the source code.

- ``architecture``: the directives ``wings-picture`` and ``wings-modules``
- ``command_line``: the commands and their options
- ``facts``: settings, reasons and errors
- ``generated``: the base of directives whose content comes from the code
- ``packages``: the wings of a package and what each module says in its docstring
- ``picture``: wings and their imports as an SVG picture
- ``reference``: the directives of the reference
- ``twins``: pictures in a form for light and one for dark pages
- ``values``: the directives for values of the API and of JSON
"""
