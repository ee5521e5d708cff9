"""What all tests share: how hypothesis searches."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run: a red test is red again, and a slow machine is no failure.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("repeatable")
