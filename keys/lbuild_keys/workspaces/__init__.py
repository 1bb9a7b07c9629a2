"""Workspaces: several projects that are built together, each from the others' wheels.

- ``members``: the projects of a workspace, as their files describe them
"""
