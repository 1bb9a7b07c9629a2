"""Files and folders that have nothing to do with the cache or with builds in particular.

- ``atomic``: writing whole or not at all, removing whole or not at all
- ``flock``: a lock on an open file that ends with the process
- ``temporary``: temporary folders, and what killed processes have left
- ``writable``: whether something could be written into a folder
"""
