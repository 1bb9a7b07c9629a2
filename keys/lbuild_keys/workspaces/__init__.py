"""Workspaces: several projects that are built together, each from the others' wheels.

- ``closure``: requirements of a build -> the members whose wheels it needs
- ``members``: the projects of a workspace, as their files describe them
"""
