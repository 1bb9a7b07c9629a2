"""What decides a rebuild: reads, never writes, never builds, never prints.

Modules import in one direction, from the end of this list to its start: ``errors``, ``model``,
then ``files``, ``globs``, ``git``, ``backend``, ``declaration`` (siblings that know nothing of each
other), then ``tree``, ``snapshot``, and beside these ``reason`` and ``compare``.
"""
