"""The command line: options -> values. Only this wing uses typer.

- ``app``: commands on projects, and the entry to all commands
- ``cache``: commands on the cache
- ``options``: options that all commands have
"""
