"""Provides the environments that hooks run in: isolated ones, or the interpreter's own.

- ``base``: Environment, and the protocol of a provider of environments.
- ``bytecode``: trust no bytecode in kept environments but what builds left there.
- ``contents``: what is in an environment, and the digest that shows whether it is unchanged.
- ``create``: create an isolated environment with build, uv or pip.
- ``installer``: which installer is used, and what influences which versions it chooses.
- ``installing``: run an installer, uv or pip, on an environment.
- ``interpreter``: from ``--python`` to an interpreter, and what that is.
- ``isolated``: isolated environments: kept, checked before each use, resolved again in time.
- ``kept``: the records, locks and folders of kept environments.
- ``local_offers``: what an installer may take from local places while it makes an environment.
- ``member_wheels``: the wheels of members of a workspace that an environment is given.
- ``no_isolation``: the environment that an interpreter has already.
- ``python_request``: a version that ``--python`` asks for, and interpreters that may have it.
- ``requirements``: which requirements the distributions of an interpreter meet.
"""
