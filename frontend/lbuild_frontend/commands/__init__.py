"""The commands: take values, print, and return an exit code. They know no options.

- ``boundary``: errors, signals and closed streams -> messages and exit codes
- ``cache``: the commands of ``lbuild cache``
- ``graph``: ``lbuild graph``
- ``projects``: ``wheel``, ``metadata`` and ``status``
"""
