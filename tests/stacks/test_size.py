"""How many endpoints a stack holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.sizes import MOST_BYTES, MOST_RESOURCES, default, everything, size_of
from shadow_constructs import ShadowTest


@pytest.mark.parametrize(("make", "count"), [(default, 12), (everything, 12)])
def test_a_stack_holds_many_endpoints(make: Callable[[str], ShadowTest], count: int) -> None:
    """A dozen, with what is on by default as with everything on, each with a key, a bucket and scaling of its own."""
    size = size_of(make(f"churn-{number}") for number in range(count))

    assert size.resources <= MOST_RESOURCES
    assert size.bytes <= MOST_BYTES
