"""What acts on a decision: command line, workflow, hooks, environments, store.

Modules import in one direction, checked in CI: ``__main__``, ``cli``, ``commands``, ``recording``,
then ``render``, ``workflow`` and ``caches``, then ``building``, ``job``, ``decision``, then what
touches the world (``hooks``, ``isolation``, ``store``, ``delivery``, ...), then the values and
``errors``. ``recorder`` and ``probe`` run in other interpreters and import nothing of lbuild.
"""
