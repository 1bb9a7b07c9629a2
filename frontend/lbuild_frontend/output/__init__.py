"""Results of commands as text and JSON, and the streams that they are printed on.

- ``cache``: what the commands on the cache found or did
- ``formats``: counts, moments and JSON arrays
- ``results``: outcomes of the commands on projects
- ``table``: columns that line up, or fit
- ``terminal``: standard output and standard error of a command
"""
