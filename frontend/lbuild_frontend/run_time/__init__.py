"""Members of a workspace with what they require at run time, in one environment or one folder.

From top to bottom:

- ``dependencies``: wheels of what members require, beside those of the members
- ``together``: members into one environment, all at once
- ``prepare``: a member, made ready to be installed, and which others that requires
- ``on_offer``: a folder of wheels as pip sees it
- ``closure``: what members require: which other members, and what of an index
"""
