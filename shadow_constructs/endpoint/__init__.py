"""The endpoint, its config and what belongs to it."""
