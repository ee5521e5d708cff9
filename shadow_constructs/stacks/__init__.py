"""The stacks: a shadow test, and its promotion."""
