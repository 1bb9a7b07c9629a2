"""Snapshots: all inputs of a project, with their states at one moment.

- ``context``: what a snapshot is taken of: the project's tree, and what else its build depends on
- ``delivered``: whether a file in an out-dir is a distribution that a frontend put there
- ``env_inputs``: environment variables as inputs, and the files that their values name
- ``folded``: a snapshot by folder, as it is stored
- ``git_inputs``: what git reports of the project's repository
- ``known_inputs``: everything that counts and is known before a build
- ``observer``: the present of a project, in which each input is looked at once
- ``of_folder``: ``lbuild_keys.snapshot``: the inputs of a folder, with few arguments
- ``toml_inputs``: pyproject.toml as an input of which only some values count
- ``unchanged``: whether what is in folders is as a snapshot has it
- ``whole_tree``: what mode ``tree`` adds
"""
