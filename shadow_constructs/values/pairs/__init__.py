"""Every fact that a value holds twice, and what happens where the two don't agree.

Each is checked in the smallest value that holds both: a `Hardware`, a `Variant`, a `ShadowTest`, or a test and the
stack that deploys it. A promotion is a `ShadowTest` of its own, so what a test keeps apart and its promotion would
bring together is refused there.
"""

from __future__ import annotations
