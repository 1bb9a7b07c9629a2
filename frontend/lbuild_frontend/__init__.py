"""What acts on a decision of ``lbuild_keys``: builds or reuses, records, delivers, prints.

Imports go in one direction, from the top of this list to its end; import-linter checks it in CI.

- ``__main__``: the entry point: replay, else a known command, else the command line
- ``cli``: options -> values
- ``commands``: print, and return an exit code
- ``api``: what lbuild does, as functions: this is public, and what the command line uses
- ``self_tracing``: what lbuild itself looked at, kept for replay
- ``execution``: a command from its projects to their results
- ``output``: results as text and JSON
- ``workspaces``: several projects that are built together: found, ordered, run
- ``run_time``: what projects require at run time, in one environment or folder
- ``installs``: a project into an environment
- ``builds``: one project from the decision to the delivered result
- ``maintenance``: looking at the whole cache, and removing from it
- ``environments``: interpreters, and environments to build in
- ``hooks``: calling a hook, and checking what it returned
- ``projects``: folders and archives -> projects
- ``cache``: what is stored, and how
- ``replay``: the same command again, with nothing changed
- ``disk``: atomic writes and temporary folders
- ``linux``: how Linux shows what another process does
- ``process_tracing``: following the programs that a hook runs, from a process of its own
- ``in_process``: scripts that run in other interpreters, and import nothing of lbuild
- ``processes``: which processes there are, and which of them hold a lock
- ``model``: values that are passed between wings
- ``errors``: errors that a user can act on, and their exit codes
"""
