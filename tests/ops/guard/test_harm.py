"""A thousand random schedules, whatever happens: nobody is harmed. ``make harm`` runs fifty thousand."""

from __future__ import annotations

import pytest

from tests.ops.guard.harm.schedule import run

_AT_ONCE = 100


@pytest.mark.parametrize("first", range(0, 1000, _AT_ONCE))
def test_nobody_is_harmed_by_random_deployments_failures_times_and_copies(first: int) -> None:
    """Capacity, scaling, history and what isn't ours stay; what is reported is true; copies change nothing."""
    reports = [run(seed) for seed in range(first, first + _AT_ONCE)]

    assert [(one.seed, one.violations) for one in reports if one.violations] == []
    assert sum(one.happened["ok"] for one in reports) > _AT_ONCE / 2
