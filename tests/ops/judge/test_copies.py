"""Whether the shadow got the copies that were due."""

from __future__ import annotations

import math

import pytest

from shadow_ops.judge import copies
from shadow_ops.judge.copies import Copies, Fault, fault_of
from tests.ops.judge.samples import above, below, starts


@pytest.mark.parametrize(
    ("due", "got", "fault"),
    [
        (9.99, 0, None),
        (10, 0, Fault.SILENT),
        (0, 4, None),
        (0, 5, Fault.SURPLUS),
    ],
)
def test_no_copies_at_all_are_silence_from_ten_on(due: float, got: float, fault: Fault | None) -> None:
    """Where none is due four are chance, and five aren't."""
    assert fault_of(due, got) is fault


@pytest.mark.parametrize(("last", "strange"), [(0, False), (4, False), (12, True)])
def test_the_last_hour_of_counts_is_looked_at_by_itself(last: int, strange: bool) -> None:
    """Twelve periods with a quarter too few, each within chance, are too few together."""
    counts = Copies(starts(100), [100] * 100, [100 if n < 100 - last else 72 for n in range(100)], 5)
    said = copies.why_not_counted(counts, "shadow")
    assert (said is not None and "in the last 12 periods" in said) is strange


@pytest.mark.parametrize(("silent", "is_told"), [(1, False), (2, True)])
def test_two_silent_periods_at_the_end_are_silence(silent: int, is_told: bool) -> None:
    """And the text says since when."""
    counts = Copies(starts(100), [50] * 100, [50 if n < 100 - silent else 0 for n in range(100)], 5)
    said = copies.why_not_counted(counts, "shadow")
    assert (said is not None) is is_told
    if said is not None:
        assert "since 2026-11-02 08:10 UTC" in said


@pytest.mark.parametrize("due", [24.0, 99.0, 9999.0])
def test_a_count_on_the_edge_of_chance_is_none(due: float) -> None:
    """A tenth and four standard deviations of one more, on either side."""
    low, high = 0.9 * due - 4 * math.sqrt(due + 1), 1.1 * due + 4 * math.sqrt(due + 1)
    assert [copies.fault_of(due, one) for one in (below(low), low, high, above(high))] == [
        Fault.LOST,
        None,
        None,
        Fault.SURPLUS,
    ]


@pytest.mark.parametrize(
    ("few", "of", "is_told"),
    [(2, 60, False), (3, 60, True), (3, 149, True), (3, 150, False), (4, 150, True), (5, 288, False), (6, 288, True)],
)
def test_two_strange_periods_and_a_fiftieth_of_all_are_forgiven(few: int, of: int, is_told: bool) -> None:
    """Just so many, too; one more is told."""
    got = [400 if n % 17 == 3 and n // 17 < few else 1000 for n in range(of)]
    said = copies.why_not_counted(Copies(starts(of), [1000] * of, got, 5), "shadow")
    assert (said is not None and f"in {few} of the last {of} periods" in said) is (said is not None) is is_told


def test_an_hour_that_is_wrong_marks_those_of_its_periods_that_are() -> None:
    """What got nine or eleven tenths exactly isn't; and where all is the last hour, it isn't said to be lately."""
    lost = Copies(starts(12), [1000] * 12, [900.0, *[850.0] * 11], 5)
    assert lost.faults == [None, *[Fault.LOST] * 11]
    more = Copies(starts(12), [1000] * 12, [1.1 * 1000, *[1150.0] * 11], 5)
    assert more.faults == [None, *[Fault.SURPLUS] * 11]
    # Hours begin every three periods, and none is shorter.
    longer = Copies(starts(14), [1000] * 14, [850.0] * 14, 5)
    assert longer.faults == [*[Fault.LOST] * 12, None, None]
    said = copies.why_not_counted(lost, "shadow")
    assert (
        said == "the shadow variant 'shadow' got fewer copies than were due: 85.4 % of the 12,000 copies that were due"
    )
    assert copies.shares(0, 5) == "5 requests"
