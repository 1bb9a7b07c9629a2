"""Git: asking a repository without changing it.

- ``answers``: a git command of a hook, run again -> the state of its answer
- ``questions``: a git command as the name of an input, the same in all clones
- ``read_only``: which git commands only read, and can be repeated
- ``repository``: a folder -> its repository, with the commit and the tags
- ``run``: running git so that it writes nothing and runs no other program
- ``working_tree``: what else git would tell a backend: branch, tracked names, changes
"""
