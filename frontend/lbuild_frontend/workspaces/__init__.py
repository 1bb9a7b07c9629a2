"""Projects that are built together: which they are, in which order, and several at once.

- ``begin``: the steps that a command begins with
- ``check``: what is wrong between members, as far as their files tell
- ``described``: a folder -> what the files of the project in it say about it
- ``find``: the workspace of a folder, and the projects that a command line means
- ``folders``: the table of a workspace -> the folders of its members
- ``reading``: folders -> members, each with what the names in its requirements mean
- ``relations``: the order in which projects are built, and what each needs of the others
- ``run``: runs steps, one by one or at once
- ``schedule``: which steps can begin
- ``top``: a folder -> the file above it that names the members of a workspace
"""
