"""What decides a rebuild. It reads, and never writes, builds or prints.

From the decision down to plain values; each wing imports only from those below it:

- ``decision``: past builds and the present -> reuse one, or rebuild and why
- ``effects``: what a build did to the project
- ``snapshots``: all inputs of a project at one moment
- ``tracing``: the trace of a hook -> its inputs and outputs
- ``backends``: what is known of build backends
- ``workspaces``: several projects that are built together
- ``config``: pyproject.toml -> settings
- ``git``: asking a repository without changing it
- ``globs``: file patterns
- ``installers``: what pip and uv would take from this machine
- ``observe``: what a file, folder, variable, program or distribution is now
- ``pep508``: names of distributions, and requirement strings
- ``python_source``: Python sources of others -> syntax trees
- ``content``: the content of a file that may be too large to hold in memory
- ``file_urls``: ``file:`` URLs -> paths
- ``model``: inputs, states, snapshots and keys
- ``errors``: malformed patterns and settings
"""
