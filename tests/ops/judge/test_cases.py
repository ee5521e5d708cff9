"""Recordings of each kind on which a gate is easily wrong, made anew: no two are alike, what is right stays right."""

from __future__ import annotations

import pytest

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from tests.support.cases import KINDS, case


@pytest.mark.parametrize("kind", KINDS)
def test_another_recording_of_a_kind_is_judged_as_rightly(kind: str) -> None:
    """Times, rates, sizes and noise are others than those of the recordings that are kept."""
    one = case(kind, 0)
    said = judge(one.recording(), GatePolicy(), intervals=False)
    assert one.is_right(said), said.reason


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_number_is_the_same_case(kind: str) -> None:
    """What was found wrong can be looked at again; another number is another case."""
    one, same, other = case(kind, 0), case(kind, 0), case(kind, 1)
    assert (one.traffic, one.hours, one.seed) == (same.traffic, same.hours, same.seed)
    assert (one.traffic, one.hours, one.seed) != (other.traffic, other.hours, other.seed)
