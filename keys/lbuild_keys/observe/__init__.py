"""What one thing is at this moment: a file, a folder, a variable, a program, a distribution.

- ``cmake_packages``: where ``PATH`` leads CMake to packages
- ``distributions``: installed distributions, and local projects that a requirement names
- ``egg_info``: an ``*.egg-info``, and whether setuptools would take anything from it
- ``env_policy``: which environment variables count, and why
- ``env_vars``: how the value of a variable is stored, as a keyed digest
- ``executables``: a program as it was called -> the file that runs
- ``files``: a path -> its state, and when a stat signature is trusted
- ``folders``: a folder -> the names in it, listed only if it has changed; where it is without links
- ``launchers``: what make, nox, tox, uv and CI put into the environment, and what of it counts
- ``listings``: a folder -> the names in it, with their types
- ``temporary``: the folder for temporary files, and names that programs make up
- ``places``: folders that are elsewhere for another user or on another machine
- ``toml_tables``: the values in some tables of a TOML file
- ``tree``: every file below a project, except what is never an input
"""
