"""Effects: what a build did to the project, and so which inputs its result depends on.

- ``classify``: states before and after a build -> its inputs, its outputs, what was edited
- ``during_build``: what to look at before hooks run, and what can be concluded afterwards
- ``footprint``: how everything below a project is on disk before hooks run; what changed since
"""
