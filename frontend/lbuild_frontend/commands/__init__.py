"""The commands: print what the API reports, and return an exit code. They know no options.

- ``account``: what happens while a command on projects runs
- ``boundary``: errors, signals and closed streams -> messages and exit codes
- ``cache``: the commands of ``lbuild cache``
- ``graph``: ``lbuild graph``
- ``printed``: what is printed of a result
- ``projects``: the commands on projects
"""
