"""Code that lbuild runs inside other processes: standard library only, no import of lbuild.

In the hook process:

- ``start``: begins to record, and runs the script of pyproject_hooks.
- ``recorder``: takes audit events, wraps what raises none.
- ``variables``: environment variables that are read.
- ``programs``: programs, other processes and native libraries.
- ``folders``: folders that are listed, and which of their names count.
- ``files``: files that are read, looked at and written.
- ``records``: which paths count, and what needs no record.
- ``log``: the format of the log, and its file.
- ``paths``: what the recorder finds out about paths by itself.
- ``manifest``: what setuptools looks for only because of an sdist.
- ``follow``: lets the supervisor follow the hook process (``process_tracing``).
- ``commands``: restores what a compiler made, where it would make the same again.
- ``popen``: has ``subprocess`` run no command whose result can be restored.

In any interpreter:

- ``probe``: reports what it is.

The modules of the recorder import each other by relative names: see ``start``.
"""
