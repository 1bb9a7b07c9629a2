"""Code that lbuild runs inside other processes: standard library only, no import of lbuild.

- ``follow``: lets the supervisor follow the hook process (``process_tracing``).
- ``probe``: reports what an interpreter is.
- ``recorder``: records what a hook uses and writes, in the hook process.
"""
