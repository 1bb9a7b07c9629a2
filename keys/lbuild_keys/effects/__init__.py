"""Effects of a build on the project: states before and after it, and what their difference means.

- ``classify``: states before and after a build -> its inputs, its outputs, what was edited
- ``during_build``: what to look at before hooks run, and what can be concluded afterwards
- ``footprint``: how everything below a project is on disk before hooks run; what changed since
- ``products``: what a build made in a project, where nothing was before
"""
