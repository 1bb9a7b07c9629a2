"""The cache folder: what is stored in it, and how it is written so that nothing damaged is used.

- ``buckets``: the name, version and file names of every bucket
- ``commands``: what compilers made for a project folder
- ``entry``: one cached result as bytes, and the snapshot that it was built from
- ``files``: files and folders of the cache, made where damage is; errors that tell what to do
- ``folder``: what makes a folder a cache, whose it has to be, and its secret
- ``limits``: how much the cache may hold
- ``lock_holder``: the process that holds a lock, in words
- ``locks``: locks between processes, on files of the cache and on project folders
- ``products``: what builds made in a project: known, taken away, put back
- ``sealed``: JSON behind a checksum, and named tuples as JSON
- ``size_account``: a running total of the size of the cache
- ``store``: entries, blobs and digests: read, checked, published
"""
