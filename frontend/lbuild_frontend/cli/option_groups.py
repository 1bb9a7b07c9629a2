"""The groups that options have in the help."""

BUILD_OPTIONS = "Build options"
CACHE_OPTIONS = "Cache options"
OUTPUT_OPTIONS = "Output options"
