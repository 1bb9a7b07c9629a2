"""Tracing: the log of the recorder -> what one hook did -> the inputs that it used.

- ``input_names``: paths of one machine -> names of inputs, the same in all clones
- ``large_reads``: code that reads many names at once, and those that matter to it
- ``named_variables``: variables that code names which may read them from a copy
- ``partial_use``: what a hook used only in part
- ``spelled_out``: which paths a hook may have known in full, so that they are of no place
- ``trace``: the log of the recorder -> what a hook was seen to do
- ``usage``: a trace -> what the hook used and wrote, and what lbuild cannot see into
"""
