"""Scenarios that real uv and lbuild are both put through: what counts as a declared input."""
