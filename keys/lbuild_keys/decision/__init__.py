"""The decision: past builds and the present -> reuse a result, or build, and why.

- ``compare``: two snapshots -> the reasons why they differ
- ``describe``: a reason -> its words, for people and for JSON
- ``past_builds``: what the decision has to know of past builds, wherever these are recorded
- ``reasons``: the reasons why a build is due, each a frozen value
- ``verdict``: past builds and the present -> the verdict
"""
