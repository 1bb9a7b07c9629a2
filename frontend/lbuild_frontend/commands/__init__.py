"""The commands: take values, print, and return an exit code. They know no options.

- ``account``: what became of each project of a command
- ``boundary``: errors, signals and closed streams -> messages and exit codes
- ``cache``: the commands of ``lbuild cache``
- ``course``: one course through the projects of a command
- ``dependencies``: wheels of what projects require, beside their own
- ``graph``: ``lbuild graph``
- ``installation``: projects that are installed into one environment
- ``projects``: the commands on projects
- ``steps``: what is done for one project, and what is printed of it
"""
