"""Build backends: what is known of them, and what can be read about a build without running it.

- ``build_folders``: where backends compile, and how they are told to do it elsewhere
- ``cmake_packages``: which packages scripts of CMake and Meson ask for
- ``expected_programs``: whether a build that was never traced is likely to run programs
- ``git_use``: whether a build that was not traced may ask git
- ``imports``: a Python source -> what it imports
- ``in_tree``: ``backend-path`` and ``build-backend`` -> the modules of an in-tree backend
- ``known``: what is known of each backend from its source, in one table
- ``listed_names``: which names matter of the folders that backends list
- ``metadata_hook``: whether the metadata hook of a backend gives what the wheel has
- ``outside_paths``: the files outside of a project that its build may read
- ``programs``: which variables programs obey, and how they use files
- ``real_programs``: which known program a file really is
- ``scripts``: the files of a project that run while it is built
- ``toml_use``: which tables of pyproject.toml a build can use
"""
