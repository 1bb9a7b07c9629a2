"""The decision: past builds and the present -> reuse a result, or build, and why.

- ``compare``: two snapshots -> the reasons why they differ
- ``describe``: a reason -> its words, for people and for JSON
- ``git_words``: a git command and its two answers -> what that means
- ``member_changes``: why the wheel of a member of a workspace is another one
- ``nearest``: where a folder has no past build, the one of another folder that is most like it
- ``order``: which reason is the most telling one
- ``past_builds``: what the decision has to know of past builds, wherever these are recorded
- ``reasons``: the reasons why a build is due, each a frozen value
- ``same_build``: a past build and the present -> the inputs that the same build would use now
- ``verdict``: past builds and the present -> the verdict
"""
