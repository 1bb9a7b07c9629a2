"""Calls the hooks of a build backend (PEP 517), and checks what they returned.

- ``backend``: Backend, Returned: a backend to call, and what a hook gave back.
- ``build_folders``: have backends compile in folders that are empty before, and gone after.
- ``call``: call one hook through pyproject_hooks, under the recorder.
- ``check_metadata``: is it a folder with valid core metadata?
- ``check_sdist``: is it a valid source distribution?
- ``check_wheel``: is it a valid wheel?
- ``commands``: commands of compilers whose results are known, and new results.
- ``cython``: undo what Cython generates beside its sources.
- ``git_excludes``: hide the wheels that lbuild delivered from git in a hook.
- ``process``: run the hook process, and stop it with all that it started.
- ``returned_file``: what a hook returned -> the file that it names.
- ``setuptools``: keep setuptools and pbr from leaving files in the project.
- ``supervised``: the command by which the supervisor follows a hook process.
"""
