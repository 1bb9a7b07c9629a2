"""Results of commands as text and JSON, and the streams that they are printed on.

- ``board``: the projects that are at work, on the last lines of a terminal
- ``cache``: what the commands on the cache found or did
- ``cache_rows``: the types of the objects that the commands on the cache print
- ``core_metadata``: core metadata as JSON
- ``formats``: counts, moments and JSON arrays
- ``graph``: the order in which projects are built, and what each needs
- ``json_rows``: results as objects of the JSON that commands print
- ``look``: text on a stream: its width, colours and weights
- ``progress``: the present step and its seconds
- ``results``: outcomes of the commands on projects
- ``summary``: what became of several projects
- ``table``: columns that line up, or fit
- ``terminal``: standard output and standard error of a command
"""
