"""The groups that options have in the help."""

WORKSPACE_OPTIONS = "Workspace options"
BUILD_OPTIONS = "Build options"
CACHE_OPTIONS = "Cache options"
OUTPUT_OPTIONS = "Output options"
