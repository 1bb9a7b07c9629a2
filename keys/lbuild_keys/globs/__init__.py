"""File patterns of ``tool.uv.cache-keys``: what they match, and the files that they select.

- ``expand``: patterns -> the files that they select below a project
- ``matchers``: the tokens of a pattern, compiled so that no path takes long
- ``patterns``: which paths a pattern matches, by the rules of uv
- ``wildcards``: the wildcards of a pattern, as tokens
"""
