"""Bounds that the library adds by itself to what a policy says: synthesis alone asks for them."""

from __future__ import annotations

from dataclasses import replace

from shadow_ops.contract.policy import ANSWERS, DISK, GatePolicy
from shadow_ops.contract.rules import Bound, ErrorRateRule

# Below half of its share a shadow isn't measured as it would have to serve; chance alone doesn't take it there.
_LEAST_SHARE_OF_COPIES = 0.5


def share_bound(sampling_percent: float) -> Bound:
    """Which share of the requests, in percent, the shadow must get to be worth judging.

    Args:
        sampling_percent: Share of the requests that is copied to it.
    """
    limit = sampling_percent * _LEAST_SHARE_OF_COPIES
    return Bound(name="share", limit=limit, unit="percent", lowest=True)


def effective(policy: GatePolicy, *, captures: bool, takes_updates_back: bool) -> GatePolicy:
    """The policy with the bounds that the library adds by itself; what the policy says of them stands.

    Args:
        policy: What was said.
        captures: Whether requests are captured: capture stops on a full disk, which is no matter of taste.
        takes_updates_back: Whether alarms take an update back: without a bound on errors they would watch nothing.
    """
    rules = {rule.id: rule for rule in policy.rules}
    if takes_updates_back:
        given = {rule.id: rule for rule in policy.of(ErrorRateRule)}
        for usual in ANSWERS:
            # Who left the rule out wants no comparison: it gets the bound alone.
            one = given.get(usual.id, replace(usual, max_increase_points=None))
            if one.max_percent is None and not one.report_only:
                one = replace(one, max_percent=usual.max_percent)
            rules[usual.id] = one
    if captures:
        rules.setdefault(DISK.id, DISK)
    return replace(policy, rules=tuple(rules.values()))
