"""What tests need, each module named for what it gives."""
