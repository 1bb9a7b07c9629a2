"""File patterns of ``tool.uv.cache-keys``: what they match, and the files that they select.

- ``expand``: patterns -> the files that they select below a project
- ``matching``: tokens -> a matcher that needs little time for any path
- ``patterns``: a pattern, parsed by the rules of uv
- ``wildcards``: the wildcards of a pattern, as tokens
"""
