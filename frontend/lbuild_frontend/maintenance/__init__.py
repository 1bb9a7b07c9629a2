"""Looking at the whole cache, and removing from it: by request, by age, by size, by damage.

- ``info``: how much is in a cache, how often it was used, what pruning would remove
- ``inventory``: what is in a cache, as values
- ``removal``: removing while other processes use the cache
- ``retention``: inventory and limits -> what is to be removed
- ``scan``: a cache folder -> its inventory
- ``selection``: the entries that names and globs on the command line mean
- ``verify``: comparing everything with its digests
"""
