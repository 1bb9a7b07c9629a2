"""Builds: one project through a command, from the folder to the delivered result.

- ``assess``: a task -> what is recorded of it, what the project is now, and what has to be done
- ``build``: calls the backend, and concludes what the build used and did
- ``cache_location``: which cache folder a project uses
- ``checked_call``: calls the hook of a task, and checks its result
- ``deliver``: puts a result into the output directory, or leaves it as it is
- ``failure_log``: keeps all that a failed build printed
- ``get_requires``: what a backend requires beyond ``build-system.requires``
- ``hook_session``: the hooks of a task in one build environment
- ``leftovers``: takes away what earlier builds left in the project, and puts it back
- ``record``: what is written to the cache when a build or a reuse ends
- ``task``: one project of a request, and all that does not change while it is worked on
- ``user_environ``: the user's environment variables, less those that tie a process to a repository
- ``verbs``: what the commands do with the results of hooks: deliver them, or report on them
- ``workflow``: check, lock, check again, build or reuse, record
"""
