"""Projects that are built together: which they are, in which order, and several at once.

- ``begin``: the steps that a command begins with
- ``find``: the workspace of a folder, and the projects that a command line means
- ``run``: runs steps, one by one or at once
- ``schedule``: which steps can begin
"""
