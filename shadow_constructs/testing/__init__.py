"""For people's own tests: templates to keep as snapshots, and what a promotion and a fold may change in them.

docs/testing.md has an example.
"""

from shadow_constructs.testing.assertions import assert_fold, assert_promotion
from shadow_constructs.testing.template import stable_template

__all__ = ["assert_fold", "assert_promotion", "stable_template"]
