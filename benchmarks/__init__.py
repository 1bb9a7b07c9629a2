"""Times lbuild beside other frontends: ``nox -s bench``, or ``python -m benchmarks``."""
