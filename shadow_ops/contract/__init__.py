"""What both sides know: the values that a template writes, and guard and command line read."""
