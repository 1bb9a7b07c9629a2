"""What decides a rebuild: reads, never writes, never builds, never prints.

Modules import in one direction, checked in CI: ``errors``, then ``model`` and what reads one kind
of thing (``files``, ``globs``, ``git``, ``backend``, ``tree``, ...), then ``declaration``, then
``reason`` and ``requirement``, then ``snapshot`` and ``compare``. ``model`` lists the inputs.
"""
