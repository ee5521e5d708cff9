"""Limits that look like shares of 1 where percent are meant: a person is told of them, and no function."""

from __future__ import annotations

from shadow_ops.contract.rules import Rule


def small_limits(rule: Rule) -> dict[str, str]:
    """What such limits of a rule mean, by their names."""
    return {
        one.name: f"{one.name}={one.limit:g} of rule {rule.id} means {one.label}; "
        f"if a share of 1 was meant, write {one.limit * 100:g}"
        for one in rule.bounds
        if 0 < one.limit < one.usual_from
    }
