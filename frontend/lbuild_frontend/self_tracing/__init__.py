"""What lbuild itself looked at for a decision, kept so that ``replay`` can compare it.

- ``fs_clock``: what the clock of a file system says
- ``log``: what the recorder has seen of this process
- ``looked_at``: what something looked at; and that it cannot be known
- ``own_process``: lbuild under its own recorder, and the records that are kept
- ``programs``: what git and interpreters look at when a decision runs them
- ``stat_layout``: paths that were looked at -> their stat signatures
"""
