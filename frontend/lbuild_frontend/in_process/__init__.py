"""Code that lbuild runs inside other processes: standard library only, no import of lbuild.

- ``commands``: restores what a compiler made, where it would make the same again.
- ``follow``: lets the supervisor follow the hook process (``process_tracing``).
- ``popen``: has ``subprocess`` run no command whose result can be restored.
- ``manifest``: what setuptools looks for only because of an sdist.
- ``probe``: reports what an interpreter is.
- ``recorder``: records what a hook uses and writes, in the hook process.
"""
