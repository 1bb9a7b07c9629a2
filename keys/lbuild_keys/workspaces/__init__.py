"""Workspaces: several projects that are built together, each from the others' wheels.

- ``closure``: requirements of a build -> the members whose wheels it needs
- ``members``: the projects of a workspace, as their files describe them
- ``graph``: which members need which, and in what order they are built
- ``older_files``: the static name of a project in files older than ``[project]``
- ``patterns``: the patterns that name the folders of members
- ``sources``: ``tool.uv.sources``: what a requirement of a name means
- ``tables``: ``tool.uv.workspace`` and ``tool.lbuild.workspace``
"""
