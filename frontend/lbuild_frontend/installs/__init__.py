"""A wheel into the user's environment: is it there already, and if not, what has to be done.

From top to bottom:

- ``report``: whether an environment has what the tree would give
- ``install``: one project through: obtain the wheel, decide, run the installer, verify
- ``replace``: run the installer, and remove what it left
- ``plan``: what an environment lacks, as a value
- ``instead``: members in place of what an index has of their names
- ``compare``: an installed distribution against a wheel: the first difference
- ``distribution``: what is installed under a name, as its own records describe it
- ``origin``: from which wheel a distribution was installed (PEP 610)
- ``wheel_contents``: a wheel -> the files and scripts that it installs, and what it requires
- ``target``: which environment is meant, and whether lbuild may change it
- ``extras``: ``PROJECT[EXTRA,...]`` -> both parts
- ``unfinished``: the mark of an install that has begun, and what it may have left
- ``unrecorded``: what is left of a distribution whose records are gone
"""
