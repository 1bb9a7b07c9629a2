"""Tracing: the logs of both tracers -> what one hook did -> the inputs that it used.

The recorder is in the hook process; the supervisor follows the programs that the hook runs.

- ``accesses``: the kinds of accesses to files, and the letters for them in both logs
- ``commands``: what single commands of compilers used and made
- ``file_use``: what a hook and its programs did with files -> inputs, and what they wrote
- ``input_names``: paths of one machine -> names of inputs, the same in all clones
- ``interleave``: what the two tracers saw, in one sequence
- ``large_reads``: code that reads many names at once, and those that matter to it
- ``partial_use``: what a hook used only in part
- ``process_trace``: the log of the supervisor -> what programs did
- ``program_use``: programs and native libraries -> inputs, and what lbuild cannot see into
- ``program_variables``: which variables programs may obey
- ``spelled_out``: words in what a hook read, and which paths it may have known in full
- ``trace``: the log of the recorder -> what a hook was seen to do
- ``usage``: a trace -> what the hook used and wrote, and what lbuild cannot see into
- ``used``: what hooks used and wrote, as a value
"""
