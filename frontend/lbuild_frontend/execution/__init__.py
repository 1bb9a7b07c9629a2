"""A command carried out: its projects, their steps, and their results. Prints nothing.

- ``choose``: the projects that a command means
- ``dependencies``: wheels of what projects require, beside their own
- ``execute``: a command from its projects to their results
- ``installation``: projects that are installed into one environment
- ``interruption``: what may be raised as errors that users can act on
- ``one_project``: what is done for one project
- ``public``: outcomes as results
- ``reporting``: what is reported as events
- ``steps``: the steps of a command
"""
