"""The oracle: edits real projects, one file at a time, and holds lbuild against fresh builds.

``python -m oracle run`` (in ``tests``; ``nox -s oracle``) does all of it, see ``__main__``.
"""
