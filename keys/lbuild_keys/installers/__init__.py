"""What pip and uv would take from this machine when they install build requirements.

- ``constraints``: files with constraints on build requirements, with what they include
- ``local_archives``: what an installer may take from local places, by content
- ``local_index``: what local places have of a distribution, in folders and by pages
- ``local_places``: the folders and files that pip and uv are told to install from
- ``wheel_files``: the file of a wheel -> what it requires
"""
