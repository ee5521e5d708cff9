"""On which hardware a promoted model serves. Of values and of tables of a file alike, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

_Hardware = TypeVar("_Hardware")


def promoted_hardware(
    ours: _Hardware,
    tested: _Hardware,
    promote_on: _Hardware | Literal["production", "shadow"] | None,
    *,
    same_model: bool,
    count: Callable[[_Hardware], int],
    counting: Callable[[_Hardware, int], _Hardware],
) -> _Hardware:
    """What `ShadowTest.promote_on` says.

    Args:
        ours: Production's hardware. Equal hardware must compare equal, however it was written.
        tested: The shadow's.
        promote_on: As the test says it.
        same_model: Whether the shadow tests nothing but other hardware.
        count: Gives the instances of some hardware.
        counting: Gives the same hardware with another count.
    """
    if promote_on is not None:
        return tested if promote_on == "shadow" else ours if promote_on == "production" else promote_on
    if not same_model:
        return ours
    if counting(tested, count(ours)) == ours:
        # Nothing but the count is tested, so the count is what is promoted.
        return tested
    # A smaller count of other instances must not become a smaller production without somebody saying so.
    return counting(tested, max(count(ours), count(tested)))
