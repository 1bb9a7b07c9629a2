"""Plain values that several wings pass to each other; what a command is asked for, and what it did.

- ``artifact``: a checked result of a hook
- ``events``: what is reported while a command runs
- ``hook``: the table of the hooks whose results are kept
- ``member_wheel``: what a project is given of the others of its workspace
- ``outcome``: what a command did, or found out, for one project
- ``replay_record``: the types of the records that ``replay`` reads
- ``reporter``: the protocol by which code reports to the user what happens
- ``request``: what a command is asked for
- ``results``: what was done for each project, as the API and JSON have it
"""
