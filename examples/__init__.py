"""Worked examples. Nothing in the library imports them."""
