"""Members of a workspace with what they require at run time, in one environment or one folder.

From top to bottom:

- ``together``: members into one environment, all at once
- ``prepare``: a member, made ready to be installed, and which others that requires
- ``closure``: what members require: which other members, and what of an index
"""
