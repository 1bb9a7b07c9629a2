"""What one thing is at this moment: a file, a folder, a variable, a program, a distribution.

- ``constraints``: files with constraints on build requirements, with what they include
- ``distributions``: installed distributions, and local projects that a requirement names
- ``egg_info``: an ``*.egg-info``, and whether setuptools would take anything from it
- ``env_policy``: which environment variables count, and why
- ``env_vars``: how the value of a variable is stored, as a keyed digest
- ``executables``: a program as it was called -> the file that runs
- ``files``: a path -> its state, and when a stat signature is trusted
- ``launchers``: what make, nox, tox, uv and CI put into the environment, and what of it counts
- ``listings``: a folder -> the names in it, with their types
- ``temporary``: the folder for temporary files, and names that programs make up
- ``local_archives``: what an installer may take from local places, by content
- ``local_index``: what local places have of a distribution, in folders and by pages
- ``local_places``: the folders and files that pip and uv are told to install from
- ``places``: folders that are elsewhere for another user or on another machine
- ``toml_tables``: the values in some tables of a TOML file
- ``tree``: every file below a project, except what is never an input
"""
