"""Projects: the words of a command line -> folders -> projects with their settings.

- ``archives``: a source distribution -> a temporary folder with the project in it
- ``discovery``: the words of a command line -> folders of projects
- ``project``: a folder -> the project in it
"""
