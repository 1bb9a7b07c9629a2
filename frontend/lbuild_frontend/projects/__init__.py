"""Projects: the words of a command line -> folders -> projects with their settings.

- ``discovery``: the words of a command line -> folders of projects
- ``project``: a folder -> the project in it
"""
