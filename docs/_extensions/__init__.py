"""Sphinx extensions of this documentation: what the pages take from the source code.

- ``architecture``: the directives ``wings-picture`` and ``wings-modules``
- ``packages``: the wings of a package and what each module says in its docstring
- ``picture``: wings and their imports as an SVG picture
- ``twins``: pictures in a form for light and one for dark pages
"""
