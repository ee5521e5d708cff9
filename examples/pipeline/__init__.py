"""A pipeline whose shadow test is a file."""
