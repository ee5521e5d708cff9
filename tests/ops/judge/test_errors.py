"""Errors: what holds, what fails, what is far beyond now, and the bound that production may break too."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.rules import ErrorRateRule, Rule
from shadow_ops.judge import episodes, errors, errors_now, judge, rates
from shadow_ops.judge.episodes import Block, Counted
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import samples_of
from shadow_ops.judge.verdict import Outcome
from tests.ops.judge.samples import (
    DAY,
    FAIL,
    HOUR,
    NEEDS,
    OPEN,
    PASS,
    QUICK,
    START,
    above,
    blocks,
    recording,
    starts,
    with_numbers,
)


def test_the_worst_hour_is_the_one_farthest_beyond() -> None:
    """Twelve periods of five minutes, one of an hour, a dozen below a minute."""
    some = blocks(*[(1, 1)] * 20, *[(9, 1)] * 12, *[(2, 1)] * 8)
    rest = episodes.without_worst_hour(some, 5, 1.2)
    assert [one.counts.shadow_errors for one in rest] == [1] * 20 + [2] * 8
    assert len(episodes.without_worst_hour(some, 60, 1.2)) == 39
    assert [episodes.in_an_hour(minutes) for minutes in (0.5, 0.99, 1, 5, 59, 60, 61)] == [12, 12, 60, 12, 2, 1, 1]


@pytest.mark.parametrize(("errors", "is_one"), [(13.9, False), (14.0, True)])
def test_an_incident_is_far_beyond_what_production_usually_has(errors: float, is_one: bool) -> None:
    """Of two in a period: three, four standard deviations of three, and four more, together 13.93."""
    kept = episodes.without_incidents(blocks(*[(2.0, 2.0)] * 11, (2.0, errors)))
    assert len(kept) == (11 if is_one else 12)


def test_each_period_with_errors_has_one_vote() -> None:
    """Beyond 1.2 times production's; a period without errors has none."""
    assert episodes.votes(blocks((12, 10), (12.1, 10), (0, 0), (0, 3), (1, 0)), 1.2) == (2, 4)


@pytest.mark.parametrize(("errors", "told"), [(0.0, True), (0.009, True)])
def test_a_bound_that_is_not_surely_kept_yet_says_how_long_it_takes(errors: float, told: bool) -> None:
    """Below it, at the pace of what passes."""
    rules = (Rule.error_rate(errors="5xx", max_increase_points=None, max_percent=1 if errors else 0.02),)
    found = judge(recording(16, errors=errors), GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0))
    assert found.outcome is OPEN
    assert (found.minutes_to_go is not None) is told


@pytest.mark.parametrize(
    ("rate", "own", "outcome"),
    [
        (0.04, False, PASS),
        (0.05, False, PASS),
        (0.09, False, PASS),
        (0.04, True, PASS),
        (0.05, True, OPEN),
        (0.09, True, FAIL),
    ],
)
def test_equal_variants_pass_at_any_rate_of_errors_but_for_a_bound_of_ones_own(
    rate: float, own: bool, outcome: Outcome
) -> None:
    """The usual bound of 5 % yields where production doesn't surely keep it; one that was asked for holds for both."""
    bound = ErrorRateRule(errors="5xx", max_percent=5, max_increase_points=0.2 if own else 0.1)
    equal = recording(300, errors=rate)
    both = replace(equal, periods=tuple(replace(one, production=one.shadow) for one in equal.periods))
    assert judge(both, replace(QUICK, rules=(bound,))).outcome is outcome


@pytest.mark.parametrize(("ours", "outcome"), [(0.061, PASS), (0.09, FAIL)])
def test_a_usual_bound_that_production_breaks_excuses_nobody_who_is_worse(ours: float, outcome: Outcome) -> None:
    """6 % on production: as many pass, half as many again fail by the comparison."""
    rule = next(one for one in DEFAULT_RULES if one.id == "error-rate-5xx")
    theirs, mine = recording(300, errors=0.06), recording(300, errors=ours)
    pairs = zip(theirs.periods, mine.periods, strict=True)
    both = replace(mine, periods=tuple(replace(two, production=one.shadow) for one, two in pairs))
    assert judge(both, replace(QUICK, rules=(rule,))).outcome is outcome


@pytest.mark.parametrize(
    ("minutes", "count", "blocks_", "each"),
    [
        (0.5, 200, 144, 1),
        (1, 4, 1, 4),
        (1, 11, 3, 5),
        (1, 720, 144, 5),
        (1, 721, 144, 5),
        (5, 145, 144, 1),
        (60, 3, 3, 1),
    ],
)
def test_the_last_half_day_is_looked_at_in_fives_of_minutes(
    minutes: float, count: int, blocks_: int, each: int
) -> None:
    """However long the test has been; periods of a rehearsal and longer ones as they are. The last is whole."""
    some = episodes.Counted(starts(count), [1.0] * count, [9.0] * count, [2.0] * count, [8.0] * count)
    found = some.lately(minutes)
    assert (len(found), found[-1].periods) == (blocks_, each)
    assert found[-1].counts == Counts(each, 9 * each, 2 * each, 8 * each)
    assert some.within(found[-1:]) == starts(count)[-each:]
    assert len(some.within(found)) == min(count, blocks_ * each)


def test_errors_fail_a_shadow_with_just_the_evidence_that_is_needed() -> None:
    """Of more points, of more than 1.2 times as many, and of more than 55 % of the periods, without the worst hour."""
    for ours, theirs in ((20, 10), (56, 40)):
        some = blocks(*[(ours, theirs)] * 212)
        rest = [one.counts for one in some[:200]]
        points = rates.log_evidence_against_excess(rates.total(rest), 0.001, 0.001)
        ratio = rates.log_evidence_of_ratio(rest)
        votes = rates.log_evidence_against_share(200, 200, 0.55)
        needs = replace(NEEDS, fail=min(points, ratio), hold=votes)
        assert errors._fails(some, 5, 0.001, needs)
        for fail, hold in ((above(needs.fail), votes), (needs.fail, above(votes))):
            assert not errors._fails(some, 5, 0.001, replace(needs, fail=fail, hold=hold)), (ours, fail, hold)
    assert points > ratio
    # A few periods that are bad are no rate, however bad.
    few = [*blocks(*[(1, 10)] * 160), *blocks(*[(100, 10)] * 40)]
    assert not errors._fails(few, 5, 0.001, replace(NEEDS, fail=1.0, hold=1.0))
    assert not errors._fails(blocks(*[(50, 0)] * 12), 5, 0.001, replace(NEEDS, fail=0.0, hold=0.0))


def test_errors_hold_with_just_the_evidence_that_is_needed() -> None:
    """Of all that was seen, and of that without production's incidents."""
    rule = Rule.error_rate(max_increase_points=0.1)
    some = samples_of(recording(40), QUICK)
    holding = errors._holding(Counts(0.0, 60_000.0, 0.0, 60_000.0), 0.001)
    for hold, outcome in ((holding, PASS), (above(holding), OPEN)):
        found = errors.judge_error_rate(rule, some, replace(NEEDS, hold=hold)).finding
        assert found.outcome is outcome


@pytest.mark.parametrize(
    ("ours", "theirs", "needed", "outcome", "text"),
    [
        # Below the bound of 5 %, and then above it while production is below.
        (0, 0, lambda: (rates.log_evidence_against_share(0, 30_000, 0.05), 99), PASS, ""),
        (100, 0, lambda: (99.0, rates.log_evidence_against_share(800, 12_000, 0.05)), FAIL, "above the bound of 5 %"),
        # Production breaks it too, and the shadow fails less.
        (
            *(200, 300),
            lambda: (
                min(
                    rates.log_evidence_against_share(6_000, 30_000, 0.05),
                    rates.log_evidence_below_ratio(Counts(4_000, 30_000, 6_000, 30_000), 1.0),
                ),
                1e9,
            ),
            PASS,
            "fails less than production, which breaks the bound of 5 %",
        ),
    ],
)
def test_a_bound_on_errors_decides_with_just_the_evidence_that_is_needed(
    ours: float, theirs: float, needed: Callable[[], tuple[float, float]], outcome: Outcome, text: str
) -> None:
    """With a number less it is open."""
    rule = ErrorRateRule(errors="5xx", max_percent=5, max_increase_points=None)
    some, samples = blocks(*[(ours, theirs)] * 20, requests=1500), samples_of(recording(20), QUICK)
    counts = rates.total(one.counts for one in some)
    hold, fail = needed()
    for more, found in ((lambda one: one, (outcome, text)), (above, None)):
        needs = replace(NEEDS, hold=more(hold), fail=more(fail))
        told = errors._bounded(rule, PASS, some, 5, counts, samples, needs)
        assert (told[0], told[2]) == found if found else told[0] is OPEN


def test_the_usual_bound_yields_where_production_is_on_it() -> None:
    """At 5 % itself nobody keeps it; a rule of one's own says that it isn't surely kept."""
    usual = next(one for one in DEFAULT_RULES if one.id == "error-rate-5xx")
    assert isinstance(usual, ErrorRateRule)
    some, samples = blocks(*[(75, 75)] * 20, requests=1500), samples_of(recording(20), QUICK)
    counts = rates.total(one.counts for one in some)
    assert errors._bounded(usual, OPEN, some, 5, counts, samples, NEEDS)[::2] == (
        OPEN,
        "the bound of 5 % is not kept by production either",
    )
    own = replace(usual, max_increase_points=0.2)
    assert errors._bounded(own, OPEN, some, 5, counts, samples, NEEDS)[2] == "not surely below the bound of 5 %"
    # A bound of all is kept by all.
    assert errors._bounded(replace(own, max_percent=100), OPEN, some, 5, counts, samples, NEEDS)[0] is PASS


def test_what_is_beyond_but_not_surely_is_said_to_be_so_without_the_worst_hour() -> None:
    """Only where the interval of all says that it is."""
    some = Counts(20, 1000, 0, 1000)
    assert errors._why_open(some, 0.01, 0.01) == "above what is allowed, but not surely"
    assert errors._why_open(some, 0.01, above(0.01)).endswith("without the worst hour, period by period")
    assert errors._why_open(replace(some, shadow_errors=10), 0.01, 1.0) == "not enough requests to be sure"


@pytest.mark.parametrize("by_shadow", [True, False])
@pytest.mark.parametrize(
    ("asked", "failed", "missing", "known"),
    [(7.0, None, 10, 10), (1.0, None, 10, 10), (0.0, None, 0, 10), (0.0, 0.0, 0, 10), (0.0, 1.0, 0, 20)],
)
def test_a_period_without_its_errors_is_missing_only_where_there_were_requests(
    by_shadow: bool, asked: float, failed: float | None, missing: int, known: int
) -> None:
    """Of both variants; where one had none, the period says nothing, unless an error came after its request."""
    given = {"Invocation5XXErrors": failed, "Invocations": asked}
    some = with_numbers(recording(20), lambda n: given if 5 <= n < 15 else {})
    if not by_shadow:
        turned = (replace(one, production=one.shadow, shadow=one.production) for one in some.periods)
        some = replace(some, periods=tuple(turned))
    counts, lacking = errors._counts(samples_of(some, QUICK), "Invocation5XXErrors")
    assert (lacking, len(counts)) == (missing, known)
    if known == 20:
        assert (counts.shadow if by_shadow else counts.production)[5:15] == [1.0] * 10


@pytest.mark.parametrize(
    ("ours", "theirs", "allowed", "sure", "is_so"),
    [
        (5.5, 0, 0.001, 1.5, True),
        (5.49, 0, 0.001, 1.5, False),
        # Production's own four count as four more, and 4.8 are allowed.
        (12.2499, 4, 0.0, 1.5, False),
        (12.2497 + 0.0002, 4, 0.0, 1.5, True),
        (8, 0, 0.001, 4.0, True),
    ],
)
def test_errors_are_surely_beyond_by_three_and_so_many_deviations(
    ours: float, theirs: float, allowed: float, sure: float, is_so: bool
) -> None:
    """Of what is expected and of what production's count may be off."""
    if theirs:
        ours = 4.8 + 3 + 1.5 * math.sqrt(8.8) + (1e-6 if is_so else -1e-6)
    assert errors_now._surely_beyond(Counts(ours, 1000, theirs, 1000), allowed, sure) is is_so


def test_a_bound_is_surely_broken_by_three_and_one_and_a_half_deviations() -> None:
    """Ten where four are allowed; a few are three."""
    assert errors_now._surely_above(Counts(10, 1000, 4, 1000))
    # Of half as many copies production's four are as uncertain as one.
    half = 2.4 + 3 + 1.5 * math.sqrt(2.4 + 1)
    beyond = [errors_now._surely_beyond(Counts(half + one, 500, 4, 1000), 0.0, 1.5) for one in (-1e-6, 1e-6)]
    assert beyond == [False, True]
    assert not errors_now._surely_above(Counts(9.99, 1000, 4, 1000))
    assert [errors_now.is_bad(Counts(one, 1000, 0, 1000), 0.001) for one in (3.99, 4.0)] == [False, True]


def test_in_a_bad_hour_a_period_without_errors_is_not_far_beyond() -> None:
    """Those that have any are, though none is by itself."""
    some = [Counts(0 if number in (3, 7) else 8, 1000, 0, 1000) for number in range(12)]
    assert errors_now.far_beyond(some, 0.0, 5) == [number not in (3, 7) for number in range(12)]
    assert errors_now.far_beyond(some[:11], 0.0, 5) == [False] * 11
    for theirs, is_told in ((50, True), (50.1, False)):
        broken = blocks(*[(200, theirs)] * 13)
        assert (errors_now.above_bound(broken, 0.05) is not None) is is_told
        assert (errors_now.above_bound(broken[:1], 0.05)) is None
    # Eleven periods are no hour: each is a point and four deviations beyond by itself, or isn't.
    for ours, is_far in ((25.64, False), (25.65, True)):
        assert errors_now.far_beyond([Counts(ours, 1000, 0, 1000)] * 11, 0.0, 5) == [is_far] * 11
    calm = [Counts(0, 1000, 0, 1000)] * 12
    assert errors_now.far_beyond([*calm, *some], 0.0, 5)[12:] == errors_now.far_beyond(some, 0.0, 5)
    for count, each in ((2016, 1), (2017, 2), (4032, 2), (4033, 3)):
        columns = [[1.0] * count for _ in range(4)]
        assert Counted([START] * count, *columns).in_blocks()[1] == each


@pytest.mark.parametrize(("minutes", "is_told"), [(0, False), (1, True)])
def test_an_hour_of_the_day_is_looked_for_in_two_weeks(minutes: int, is_told: bool) -> None:
    """On two days, not counting the worst of them; what is just two weeks old is too old."""
    last = START + 16 * DAY + 5 * HOUR
    old = last - 14 * DAY + datetime.timedelta(minutes=minutes)
    some = [
        Block(old, Counts(60, 1000, 0, 1000)),
        Block(old + DAY, Counts(60, 1000, 0, 1000)),
        Block(last, Counts(0, 1, 0, 1)),
    ]
    said = errors_now._at_an_hour_of_the_day(some, 0.001)
    assert said == ("+6.00 points from 05:00 to 05:59 UTC, on 3 days" if is_told else None)
    assert errors_now._at_an_hour_of_the_day(some[1:2], 0.001) is None
