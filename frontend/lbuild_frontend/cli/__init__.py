"""The command line: options -> values. Only this wing uses typer.

- ``app``: commands that report on projects, and the entry to all commands
- ``cache``: commands on the cache
- ``distributions``: commands that deliver a wheel, an editable wheel or an sdist
- ``help``: the pages of ``--help``
- ``install_options``: how build requirements are installed, and settings for the backend
- ``mistakes``: what is wrong on a command line, and what to write instead
- ``option_groups``: the groups that options have in the help
- ``options``: options that all commands have
- ``project_options``: options of the commands on projects
- ``parser``: typer's parser with help and errors of our own
- ``registry``: the commands by their names
- ``workspace_options``: which members of a workspace, and how many at once
- ``run_command``: the values of options -> a command, and running it
"""
