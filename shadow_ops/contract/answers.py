"""What the watch, the gate and whoever draws it must know alike of captured answers that are counted."""

from __future__ import annotations

from shadow_ops.contract.comparison import Comparison
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import AgreementRule, Bound

CAPTURED = Bound(name="captured", limit=50, unit="percent", lowest=True)
"""Which part of the records that are due, in percent, must be captured: below it capture has stopped."""

# Captured files lie in folders by the hour. Periods below a minute are a rehearsal's, which is over in less.
_HOUR_SECONDS, _REHEARSED_SECONDS = 3600, 10


def stretch_seconds(policy: GatePolicy) -> int:
    """How long the stretches are in which captured answers are counted: an hour, in a rehearsal ten seconds."""
    rehearsed = policy.period_seconds is not None and policy.period_seconds < 60
    return _REHEARSED_SECONDS if rehearsed else _HOUR_SECONDS


def comparison_of(policy: GatePolicy) -> Comparison:
    """How captured answers are compared: as the rule about them says, else as usual."""
    return next((rule.comparison for rule in policy.of(AgreementRule)), Comparison())
