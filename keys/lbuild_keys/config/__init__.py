"""Settings: what pyproject.toml configures about a build and its inputs.

- ``build_system``: the ``[build-system]`` table (PEP 517, PEP 518)
- ``cache_keys``: ``tool.uv.cache-keys`` and ``tool.lbuild.extra-inputs``
- ``pyproject``: a project's pyproject.toml, read and checked
- ``setting``: what a setting is: its place, type, default and meaning
- ``settings``: all settings of a pyproject.toml, with those of ``tool.lbuild`` and ``tool.uv``
- ``sizes``: sizes in bytes, and the texts that people write for them
- ``toml_values``: a TOML value of the wrong type is an error that names its key path
"""
