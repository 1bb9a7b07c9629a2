"""What acts on a decision: command line, workflow, hooks, environments, store.

Modules import in one direction: ``cli`` calls ``workflow`` and ``render``; ``workflow`` uses ``project``,
``interpreter``, ``environment``, ``hooks``, ``wheelfile``, ``store`` and ``delivery``, which do not
know each other; all know ``errors``. ``recorder`` and ``probe`` run in other interpreters and import
nothing of lbuild.
"""
