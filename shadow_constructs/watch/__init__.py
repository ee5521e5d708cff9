"""The scheduled watch over the shadow tests of a stack."""
