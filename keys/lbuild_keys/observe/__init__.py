"""What one thing is at this moment: a file, a folder, a variable, a program, a distribution.

- ``distributions``: installed distributions, and local projects that a requirement names
- ``env_vars``: which variables count, and how a value is stored as a keyed digest
- ``executables``: a program as it was called -> the file that runs
- ``files``: a path -> its state, and when a stat signature is trusted
- ``listings``: a folder -> the names in it, with their types
- ``tree``: every file below a project, except what is never an input
"""
