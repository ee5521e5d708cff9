"""What takes a PASS away: lately, at its peak, at one hour of the day."""

from __future__ import annotations

import math

import pytest

from shadow_ops.judge import vetoes
from tests.ops.judge.samples import DAY, FIVE, START, above, starts


@pytest.mark.parametrize(("above", "of", "is_told"), [(9, 12, False), (10, 12, True), (24, 36, False), (25, 36, True)])
def test_so_many_of_the_last_periods_above_are_lately(above: int, of: int, is_told: bool) -> None:
    """Ten of twelve, or twenty-five of thirty-six."""
    spread = [False] * 60
    if of == 12:
        last = [True] * above + [False] * (12 - above)
    else:
        # No dozen at the end has ten.
        last = [True] * (above - 8) + [False] * (36 - above - 4) + [True] * 8 + [False] * 4
    found = vetoes.lately([*spread, *last], starts(60 + of))
    assert (found is not None) is is_told
    if found is not None:
        assert f"above it in {above} of the last {of} periods" in found


@pytest.mark.parametrize(
    ("more", "of", "minutes", "is_one"),
    [
        (2, 100, 5, False),
        (3, 100, 5, True),
        (5, 288, 5, False),
        (6, 288, 5, True),
        (3, 150, 5, False),
        (1, 24, 60, True),
        (0, 24, 60, False),
        (1, 24, 15, True),
        (1, 24, 14.9, False),
        (2, 24, 14.9, True),
    ],
)
def test_a_peak_lasts_a_quarter_of_an_hour_and_a_fiftieth_of_the_day(
    more: int, of: int, minutes: float, is_one: bool
) -> None:
    """Three periods of five minutes, one of an hour; more than 2 % of those looked at."""
    assert vetoes.is_a_peak(more, 0, of, minutes) is is_one


@pytest.mark.parametrize(
    ("size", "noise", "is_told"),
    [(1.199, 0.0, False), (1.201, 0.0, True), (1.22, 0.0501, False), (1.23, 0.0501, True)],
)
def test_far_slower_is_a_fifth_and_four_times_the_noise_beyond_what_is_allowed(
    size: float, noise: float, is_told: bool
) -> None:
    """Of a tolerance of 0, in one hour of a day."""
    logs = [math.log(size) if n in range(100, 112) else 0.0 for n in range(200)]
    assert (vetoes.at_its_peak(logs, starts(200), 0.0, noise, 5) is not None) is is_told


@pytest.mark.parametrize(("faster", "is_told"), [(5, True), (6, False)])
def test_peaks_count_beyond_those_in_which_the_shadow_is_far_faster(faster: int, is_told: bool) -> None:
    """Up to two standard deviations more than as many either way are noise."""
    logs = [0.3 if n in range(100, 112) else -0.3 if n in range(50, 50 + faster) else 0.0 for n in range(200)]
    assert (vetoes.at_its_peak(logs, starts(200), 0.0, 0.01, 5) is not None) is is_told


@pytest.mark.parametrize(("back", "days", "is_told"), [(13, 2, True), (14, 2, False), (7, 1, False)])
def test_a_peak_comes_again_within_two_weeks(back: int, days: int, is_told: bool) -> None:
    """On two days of the last fourteen; the oldest that counts is thirteen days before today."""
    worse = [False] * (16 * 288)
    for day in (back, 3)[:days]:
        for number in range(12):
            worse[len(worse) - (day + 1) * 288 + 100 + number] = True
    assert bool(vetoes.peaks_of(worse, [False] * len(worse), 5).when) is is_told


@pytest.mark.parametrize(
    ("above", "of", "is_told"), [(6, 12, False), (7, 12, True), (7, 11, False), (144, 288, False), (145, 288, True)]
)
def test_more_than_half_of_a_day_above_takes_a_pass_away(above: int, of: int, is_told: bool) -> None:
    """Of twelve periods at least."""
    mixed = [0.06 if n * above // of != (n + 1) * above // of else 0.05 for n in range(of)]
    said = vetoes.in_half_of_the_day(mixed, 0.05, 5)
    assert said == (f"+6.2 %, above it in {above} of the last day's {of} periods" if is_told else None)


@pytest.mark.parametrize(("gap", "first"), [(2, 0), (3, 11)])
def test_since_goes_back_as_long_as_four_in_five_are_above(gap: int, first: int) -> None:
    """Nine of eleven are more than four in five, nine of twelve are less."""
    above = [*[True] * 8, *[False] * gap, True]
    found = vetoes.since(above, starts(len(above)))
    assert found == vetoes.clock(START + first * FIVE)


def test_a_peak_on_both_sides_of_the_end_of_a_day_is_one() -> None:
    """As a cold start of two hours is, days later; half a day apart they are two."""
    for apart, is_told in ((20, False), (144, False), (145, True)):
        worse = [False] * (3 * 288)
        for number in (0, 1, 2, 3, 4, 5, apart - 6, apart - 5, apart - 4, apart - 3, apart - 2, apart - 1, apart):
            worse[288 - 6 + number] = True
        assert bool(vetoes.peaks_of(worse, [False] * len(worse), 5).when) is is_told


@pytest.mark.parametrize(
    ("periods", "times", "is_told"),
    [(2, 3.01, False), (3, 3.01, True), (3, 2.99, False), (5, 2.99, False), (6, 1.01, True)],
)
def test_a_quarter_of_an_hour_of_a_day_is_a_peak_if_it_is_far_slower(periods: int, times: float, is_told: bool) -> None:
    """Beyond what is allowed by three times what half an hour takes; as many that are as much faster excuse it."""
    size = 0.05 + times * math.log(1.2)
    logs = [size if n in range(100, 100 + periods) else 0.0 for n in range(288)]
    assert (vetoes.at_its_peak(logs, starts(288), 0.05, 0.01, 5) is not None) is is_told
    both = [-one if n > 200 else one for n, one in enumerate([*logs[:200], *logs[88:176]])]
    assert vetoes.at_its_peak(both, starts(288), 0.05, 0.01, 5) is None


@pytest.mark.parametrize(("above", "of"), [(9, 12), (10, 12), (24, 36), (25, 36)])
def test_a_stretch_is_what_was_lately_above_at_its_time(above: int, of: int) -> None:
    """Those of its periods that are above, wherever it lies; others are none."""
    spread = [n * above // of != (n + 1) * above // of for n in range(of)]
    flat = [False] * 40
    found = vetoes.stretches([*flat, True, *flat, *spread, *flat])
    assert sum(found) == (above if above in (10, 25) else 0)
    assert not found[40]
    assert vetoes.stretches([True] * 9) == [False] * 9
    assert vetoes.stretches([True] * 10) == [True] * 10


def test_what_is_just_on_a_limit_is_within_it() -> None:
    """A peak's size is written without digits beyond a factor of e."""
    assert [vetoes.percent_text(one) for one in (1.0, above(1.0))] == ["+171.8 %", "+172 %"]
    four_in_five = [False, True, False, True, True, True]
    assert vetoes.since(four_in_five, [START + n * DAY for n in range(6)]) == vetoes.clock(START + DAY)
    assert [vetoes.is_a_peak(one, 2, 100, 5) for one in (6, 7)] == [False, True]
    assert vetoes.beyond([0.1, -0.1, 0.2, -0.2], 0.1) == ([False, False, True, False], [False, False, False, True])
