"""The judge: a recording and a policy in, a verdict out. Pure: no clock, no calls, the standard library only.

docs/gate.md tells how a verdict comes about and what was measured of it.
"""

from __future__ import annotations

from shadow_ops.judge.decide import judge
from shadow_ops.judge.periods import choose_period

__all__ = ["choose_period", "judge"]
