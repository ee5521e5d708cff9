"""The small functions at their thresholds: what is exactly there, and the next number beside it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion

from shadow_ops.cli.text import verdict_text
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.rules import ErrorRateRule, Rule
from shadow_ops.judge import (
    absent,
    agreement,
    copies,
    decide,
    drift,
    errors,
    errors_now,
    grain,
    held,
    judge,
    latency,
    little,
    noted,
    plan,
    ranks,
    rates,
    readback,
    soonest,
    until,
    utilization,
    vetoes,
)
from shadow_ops.judge.absent import Figure
from shadow_ops.judge.agreement import Stretch, judge_agreement
from shadow_ops.judge.copies import Copies, Fault
from shadow_ops.judge.differences import Differences, differences_of, of_grain
from shadow_ops.judge.drift import NO_DRIFT, Drift
from shadow_ops.judge.episodes import Block, Counted
from shadow_ops.judge.opinion import Needs, needs_of, opinion
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Finding, Outcome, Verdict
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from tests.ops.judge.samples import QUICK, START, recording, with_shadow
from tests.ops.judge.test_figures import noisy, pairs, row, thinned

FIVE, HOUR, DAY = (datetime.timedelta(minutes=one) for one in (5, 60, 1440))
PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NEEDS = needs_of(GatePolicy(), 9)


def above(value: float) -> float:
    """The next number."""
    return math.nextafter(value, math.inf)


def below(value: float) -> float:
    """The one before."""
    return math.nextafter(value, -math.inf)


def with_numbers(given: Recording, change: Callable[[int], dict[str, float | None]]) -> Recording:
    """The recording with other figures of the shadow in each period; None takes one away."""

    def changed(number: int, one: Side) -> Side:
        numbers = {**one.numbers, **change(number)}
        return Side({name: value for name, value in numbers.items() if value is not None}, one.distributions)

    return with_shadow(given, changed)


def with_latency(given: Recording, change: Callable[[Side], dict[str, float]]) -> Recording:
    """The recording with other latencies of the shadow, from those of production."""
    return replace(
        given,
        periods=tuple(
            replace(one, shadow=replace(one.shadow, distributions={"ModelLatency": change(one.production)}))
            for one in given.periods
        ),
    )


# Figures that are missing


@pytest.mark.parametrize(("lacking", "is_told"), [(2, False), (3, True)])
def test_a_tenth_of_the_periods_may_lack_a_figure(lacking: int, is_told: bool) -> None:
    """Two of twenty, long ago; another figure that is nowhere doesn't end the look at the next."""
    rule = Rule.utilization()
    some = samples_of(with_numbers(recording(20), lambda n: {"CPUUtilization": None} if n < lacking else {}), QUICK)
    passed = opinion(rule, PASS, "")
    found = absent.checked(passed, some, (Figure("GPUUtilization", sides=(1,)), Figure("CPUUtilization", sides=(1,))))
    assert (found.finding.outcome is OPEN, len(found.unmeasured)) == (is_told, lacking)
    # What is missing speaks neither for a PASS nor for a FAIL.
    leaning = opinion(rule, OPEN, "", None, 9.0, leans_to_fail=True)
    found = absent.checked(leaning, some, (Figure("CPUUtilization", sides=(1,)),))
    assert (found.leans_to_fail, found.minutes_to_go) == ((False, None) if is_told else (True, 9.0))


# Answers


def stretches(*rows: Sequence[float]) -> Samples:
    """Hours with so many pairs, so many that differ, and what else there is."""
    names = ("ComparedAnswers", "AgreeingAnswers", "UnjoinedAnswers", "RepeatedAnswers", "SteadyAnswers")
    listed = []
    for number, (compared, differing, *others) in enumerate(rows):
        numbers = dict(zip(names, (compared, compared - differing, *others), strict=False))
        listed.append(Period(START + number * HOUR, Side(), Side(numbers)))
    return samples_of(replace(recording(12 * len(rows)), answers=Coarse(3600, tuple(listed))), QUICK)


def answered(samples: Samples, needs: Needs = NEEDS, **rule: float | bool) -> tuple[Outcome, str, object]:
    """What the rule comes to, the sentence, and how many stretches count."""
    finding = judge_agreement(Rule.agreement(**rule), samples, needs).finding  # type: ignore[arg-type] # its numbers
    assert finding.outcome is not None
    return finding.outcome, finding.reason, finding.numbers["stretches"]


def test_answers_decide_with_just_the_evidence_that_is_needed() -> None:
    """To hold by all of them, to fail without the worst stretch; in three stretches at least."""
    holding = rates.log_evidence_against_share(0.0, 4000.0, 1 - 99 / 100)
    good, bad = [(1000, 0)] * 4, [(1000, 40)] * 5
    assert answered(stretches(*good), replace(NEEDS, hold=holding), min_percent=99)[0] is PASS
    assert answered(stretches(*good), replace(NEEDS, hold=above(holding)), min_percent=99)[0] is OPEN
    failing = rates.log_evidence_against_share(160.0, 4000.0, 1 - 99 / 100)
    assert answered(stretches(*bad), replace(NEEDS, fail=failing), min_percent=99)[0] is FAIL
    assert answered(stretches(*bad), replace(NEEDS, fail=above(failing)), min_percent=99)[0] is OPEN
    assert answered(stretches(*[(1000, 400)] * 2), min_percent=99)[0] is OPEN


@pytest.mark.parametrize(("worse", "outcome"), [(50, OPEN), (51, FAIL)])
def test_more_than_half_of_the_stretches_fail_a_shadow(worse: int, outcome: Outcome) -> None:
    """However sure it is by all of them together."""
    rows = [(100, 4 if number % 2 and number < 2 * worse else 0) for number in range(100)]
    rows[0] = (100, 4) if worse == 51 else (100, 0)
    assert answered(stretches(*rows), min_percent=99)[0] is outcome


def test_of_answers_that_hardly_join_nothing_is_said() -> None:
    """95 of a hundred do, over all and of the last three; what was looked at without a count is no stretch."""
    assert "could be joined, 95 % are needed" in answered(stretches(*[(949, 0, 51)] * 4))[1]
    assert "joined" not in answered(stretches(*[(95, 0, 5)] * 4))[1]
    assert (
        "only 94.90 % of the answers could be joined in the last 3"
        in answered(stretches(*[(1000, 0, 0)] * 3, *[(949, 0, 51)] * 3))[1]
    )
    assert answered(stretches((950, 0, 50), (0, 0, 0), (0, 0, 3), (10, 0, 0)))[2] == 3
    some = stretches((1000, 0), (1000, 0), (1000, 0))
    assert some.answers is not None
    first, second, third = some.answers.periods
    for name in ("ComparedAnswers", "AgreeingAnswers"):
        less = {key: value for key, value in second.shadow.numbers.items() if key != name}
        lacking = Coarse(3600, (first, replace(second, shadow=Side(less)), third))
        assert answered(replace(some, answers=lacking))[2] == 2


def test_one_bad_stretch_beside_empty_ones_fails_nobody() -> None:
    """Without it there is nothing left."""
    assert answered(stretches((1000, 500), (0, 0, 3), (0, 0, 3)))[0] is OPEN


def test_a_share_on_the_limit_lacks_pairs_and_above_it_is_not_surely_above() -> None:
    """Half of them, where half may differ."""
    assert answered(stretches(*[(40, 20)] * 4), min_percent=50)[1].endswith("; not enough pairs to be sure")
    above_it = answered(stretches(*[(40, 20)] * 3, (41, 21)), min_percent=50)[1]
    assert above_it.endswith("; above what is allowed, but not surely")


@pytest.mark.parametrize(("differing", "bad"), [(52, 0), (53, 12)])
def test_a_stretch_is_bad_from_three_answers_beyond_the_limit(differing: int, bad: int) -> None:
    """All its periods are, and none of the next."""
    some = stretches((100, 0), (100, differing), (100, 0))
    found = judge_agreement(Rule.agreement(min_percent=50), some, replace(NEEDS, intervals=False))
    assert len(found.bad) == bad
    assert found.finding.numbers["low_percent"] == found.finding.numbers["high_percent"]


@pytest.mark.parametrize(("sure", "is_so"), [(2.0, True), (above(2.0), False)])
def test_answers_are_surely_beyond_by_three_and_so_many_deviations(sure: float, is_so: bool) -> None:
    """Nine where four are allowed, at one and a half; eleven at two."""
    one = Stretch(START, 16, 11, 0)
    assert agreement._surely_beyond([one], 0.25, sure) is is_so
    assert agreement._surely_beyond([replace(one, differing=10)], 0.25, 1.5)
    assert not agreement._surely_beyond([replace(one, differing=9.99)], 0.25, 1.5)


@pytest.mark.parametrize(
    ("last", "sure"),
    # The worst of three and of twelve is spared.
    [
        ((7.99,), False),
        ((8,), True),
        ((7.9, 3.55, 3.55), False),
        ((7.9, 3.57, 3.57), True),
        ((7.9, *[1.72] * 11), False),
        ((7.9, *[1.73] * 11), True),
    ],
)
def test_the_last_answers_are_looked_at_by_one_by_three_and_by_twelve(last: Sequence[float], sure: bool) -> None:
    """Of 100 of which one may differ: 3 and 4 deviations of the last, 3 and 1.5 of the others but the worst."""
    rows = [*[0.0] * 12, *last]
    seen = [Stretch(START + n * HOUR, 100, one, 0) for n, one in enumerate(rows)]
    some = "stretch" if len(last) == 1 else f"{len(last)} stretches"
    assert (f"in the last {some}" in (agreement._not_now(seen, 0.01, 60) or "")) is sure


@pytest.mark.parametrize(
    ("stretches_", "won", "minutes"),
    [
        (1, 0.0, None),
        (1, -1.0, None),
        (1, 9.0, 120),
        (4, 2.0, 60 * (4 * 3 / 2 - 4)),
        (1, 3 / 11, 600),
        (1, 3 / 11.01, None),
        (6, 2.99, 60),
    ],
)
def test_answers_take_as_long_as_the_same_shares_would(stretches_: int, won: float, minutes: float | None) -> None:
    """Three stretches at least, one more at least, and no more than eight times what was seen and three."""
    found = agreement._to_go(stretches_, 60, won, 3.0)
    assert found == (None if minutes is None else pytest.approx(minutes))


def test_stretches_that_differ_as_independent_pairs_count_in_full() -> None:
    """Two of a hundred, of which 10 and 30 differ, do so 12.5 times as much; of one, or of nothing, it isn't known."""
    some = [Stretch(START, 100, one, 0) for one in (10, 30, 0)]
    assert agreement._spread(some[:2]) == pytest.approx(12.5)
    for few in (some[:1], some[2:] * 3, [replace(some[0], differing=100)] * 3, [replace(some[2], compared=0)] * 3):
        assert agreement._spread(few) == 1
    assert agreement._spread([some[0], some[0], replace(some[2], compared=0)]) == 1


def test_a_share_of_answers_is_never_rounded_up_to_all() -> None:
    """Two digits, more where they would say all, and all only where all agree."""
    shown = [agreement._agreeing(one) for one in (0.0, 0.00001, 0.0001, 0.0002, 0.5, -0.1)]
    assert shown == ["100.00", "99.999", "99.99", "99.98", "50.00", "110.00"]
    assert agreement.interval(lambda one: 4 * abs(one - 0.5), 0.5, 1.0) == (0.25, 0.75)


# Copies


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


@pytest.mark.parametrize(("few", "of", "is_told"), [(3, 149, True), (3, 150, False), (4, 150, True), (2, 60, False)])
def test_a_fiftieth_of_the_strange_periods_is_forgiven(few: int, of: int, is_told: bool) -> None:
    """Just so many, too."""
    got = [500 if n % 35 == 20 and n // 35 < few else 1000 for n in range(of)]
    said = copies.why_not_counted(Copies([START + n * FIVE for n in range(of)], [1000] * of, got, 5), "shadow")
    assert (said is not None) is is_told


def test_an_hour_that_is_wrong_marks_those_of_its_periods_that_are() -> None:
    """What got nine or eleven tenths exactly isn't; and where all is the last hour, it isn't said to be lately."""
    starts = [START + n * FIVE for n in range(12)]
    lost = Copies(starts, [1000] * 12, [900.0, *[850.0] * 11], 5)
    assert lost.faults == [None, *[Fault.LOST] * 11]
    more = Copies(starts, [1000] * 12, [1.1 * 1000, *[1150.0] * 11], 5)
    assert more.faults == [None, *[Fault.SURPLUS] * 11]
    # Hours begin every three periods, and none is shorter.
    longer = Copies([START + n * FIVE for n in range(14)], [1000] * 14, [850.0] * 14, 5)
    assert longer.faults == [*[Fault.LOST] * 12, None, None]
    said = copies.why_not_counted(lost, "shadow")
    assert (
        said == "the shadow variant 'shadow' got fewer copies than were due: 85.4 % of the 12,000 copies that were due"
    )
    assert copies.shares(0, 5) == "5 requests"


# Drift


def test_drift_is_usual_up_to_its_margin_and_its_share_of_the_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Just there, too; and a series that hardly moves has none."""
    monkeypatch.setattr(drift, "_USUAL_MARGIN", NO_DRIFT.margin)
    assert (NO_DRIFT.is_usual(1.5), NO_DRIFT.is_usual(above(1.5))) == (True, False)
    monkeypatch.setattr(drift, "_USUAL_MARGIN", below(NO_DRIFT.margin))
    assert not NO_DRIFT.is_usual(1.0)
    assert drift.drift_of([0.3] * 20 + [above(0.3)] * 20).memory == 0
    assert drift.drift_of([0.1, 0.2]) is NO_DRIFT
    assert drift.drift_of([0.0, 1.0, 1.0]) == Drift(0.0, 0.0, 3)
    # Kendall's correction: of four, (4 x + 1) in one.
    assert drift.drift_of([0.0, 0.0, 1.0, 1.0]).memory == 0.95
    series = [0.0, 0.0, 1.0, 1.0, 0.0] * 4
    (variance, covariance) = drift._moments(series)
    assert drift.drift_of(series).memory == pytest.approx((20 * covariance / variance + 1) / 17)


# Errors


def blocks(count: int, ours: float, theirs: float, requests: float = 1000) -> list[Block]:
    """Periods of five minutes, all alike."""
    return [Block(START + n * FIVE, Counts(ours, requests, theirs, requests)) for n in range(count)]


def test_errors_fail_a_shadow_with_just_the_evidence_that_is_needed() -> None:
    """Of more points, of more than 1.2 times as many, and of more than 55 % of the periods, without the worst hour."""
    for ours, theirs in ((20, 10), (56, 40)):
        some = blocks(212, ours, theirs)
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
    few = [*blocks(160, 1, 10), *blocks(40, 100, 10)]
    assert not errors._fails(few, 5, 0.001, replace(NEEDS, fail=1.0, hold=1.0))
    assert not errors._fails(blocks(12, 50, 0), 5, 0.001, replace(NEEDS, fail=0.0, hold=0.0))


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
    some, samples = blocks(20, ours, theirs, 1500), samples_of(recording(20), QUICK)
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
    some, samples = blocks(20, 75, 75, 1500), samples_of(recording(20), QUICK)
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
        broken = [Block(START + n * FIVE, Counts(200, 1000, theirs, 1000)) for n in range(13)]
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


# Little traffic


def test_points_are_what_the_rule_says_where_no_copy_was_measured() -> None:
    """Without a minute there is no pace."""
    rule = next(one for one in DEFAULT_RULES if isinstance(one, ErrorRateRule))
    some = samples_of(recording(20), QUICK)
    counts = Counts(0, 1000, 0, 1000)
    assert little.allowed_points(rule, replace(some, minutes=0.0), counts) == rule.max_increase_points
    assert little.points_told(replace(rule, max_increase_points=None), 10.0, 0.0) == 0
    assert requests_kept() == [0.0, None, None, 1.0]


def requests_kept() -> list[float | None]:
    """What can be, of what can't; and requests that only a latency tells of."""
    assert soonest.requests_of(Side({}, {"ModelLatency": {"count": 7.0}})) == 7
    assert soonest.requests_of(Side({"Invocations": 0.0}, {"ModelLatency": {"count": 7.0}})) == 0
    return grain.possible([0.0, -1.0, math.inf, 1.0])


# Series held to a value


def held_at(values: list[float], other: Differences, seen: Drift, ends: float, to_fail: float) -> Outcome:
    """What comes of it with so much evidence needed."""
    return held.held_to(values, other, 0.02, seen, replace(NEEDS, ends=ends), to_fail).outcome


def test_a_series_is_decided_with_just_the_evidence_that_is_needed() -> None:
    """To pass by either way, to fail beyond drift at once, and within it by twenty periods."""
    low, calm = noisy(20, -0.1, 0.03, seed=3), Drift(0.0, 0.0, 10_000)
    patient = ranks.log_evidence(low, 0.02).below
    assert held_at(low, pairs(low), calm, patient, 99) is PASS
    assert held_at(low, pairs(low), calm, above(patient), 99) is OPEN
    slow = Drift(0.0004, 0.9, 20)
    clear = ranks.log_evidence(low, 0.02 - slow.margin).below
    assert held_at(low, pairs(low), slow, clear, 99) is PASS
    assert held_at(low, pairs(low), slow, above(clear), 99) is OPEN
    middle = held.held_to([0.02] * 20, pairs([0.02] * 20), 0.02, calm, NEEDS, 99)
    assert (middle.outcome, middle.leans_above, middle.is_below) == (OPEN, False, False)
    high = noisy(19, 0.3, 0.03, seed=3)
    far = ranks.log_evidence(high, 0.02 + NO_DRIFT.margin).above
    assert held_at(high, pairs(high), NO_DRIFT, 99, far) is FAIL
    assert held_at(high, pairs(high), NO_DRIFT, 99, above(far)) is OPEN
    for count, outcome in ((19, OPEN), (20, FAIL)):
        near = noisy(count, 0.05, 0.03, seed=3)
        won = ranks.log_evidence(near, 0.02).above
        assert held_at(near, pairs(near), calm, 99, won) is outcome
        assert held_at(near, pairs(near), calm, 99, above(won)) is OPEN
        own = pairs(near, beyond=[*[0.05, 0.06, 0.045, 0.055] * 5][:count])
        assert held_at(near, own, Drift(0.0, 0.9, 9), 99, won) is outcome


def test_fewer_periods_fail_where_they_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty, or a hundred minutes, but six at least; a latency's own difference must be confirmed."""
    found = [held._fewest_to_fail(minutes) for minutes in (1, 5, 5.01, 10, 16.6, 16.7, 20, 60)]
    assert found == [20, 20, 20, 10, 7, 6, 6, 6]
    own = [0.1, 0.13, 0.08, 0.12] * 5
    won = ranks.log_evidence(own, 0.02).above
    for confirming, is_own in ((won, True), (above(won), False)):
        monkeypatch.setattr(held, "_CONFIRMING", confirming)
        assert held._is_its_own(own, 0.02) is is_own


# Latency's sentences


def test_what_is_as_allowed_is_not_above() -> None:
    """An equal shadow that may be no slower; a bound that is just reached."""
    same = with_latency(recording(40), lambda one: {**one.distributions["ModelLatency"], "p50": 45_000.0})
    equal = with_latency(recording(40), lambda one: dict(one.distributions["ModelLatency"]))
    found = judge(equal, replace(QUICK, rules=(Rule.latency(percentile=50, max_increase_percent=0),))).findings[0]
    assert (found.numbers["periods_above"], found.outcome) == (0, OPEN)
    assert "not now" not in found.reason
    for bound, many in ((45, 0), (44.9, 40)):
        rule = Rule.latency(percentile=50, max_milliseconds=bound)
        assert judge(same, replace(QUICK, rules=(rule,))).findings[0].numbers["periods_above_max"] == many


def test_resemblance_is_told_where_it_takes_half_of_the_evidence() -> None:
    """From 24 periods on its figure, above a half a warning; twice as few as there are is no matter."""
    assert latency._why_open(12, 5.0, 2.0) == "not sure enough yet"
    assert latency._why_open(12, None, above(2.0)).startswith("too near to tell: neighbouring periods")
    assert latency._why_open(11, None, 9.0) == "too few periods yet, 12 are needed to pass"
    for count, memory, told in ((23, 0.9, (False, 1)), (24, 0.5, (True, 1)), (24, 0.51, (True, 2)), (24, 0, (True, 1))):
        notes = latency._notes("p50", pairs(noisy(count, 0.0, 0.01)), Drift(0.0001, memory, count), 0.01)
        assert ("autocorrelation" in notes[0], len(notes)) == told
    assert latency._notes("p50", pairs([0.0] * 24), NO_DRIFT, 0.0) == (
        "p50 latency: the ratio varies by ±0.0 % from period to period",
    )
    assert latency._interval_text(None, 0.0, NEEDS) == "95 % sure: at most +0.0 %"
    assert latency._interval_text(0.0, None, NEEDS) == "95 % sure: at least +0.0 %"
    assert latency._interval_text(None, None, NEEDS) == "too early for an interval"


@pytest.mark.parametrize(("got", "blocks_"), [(450, 19), (449, 0)])
def test_neighbours_of_counts_that_are_a_tenth_apart_are_alike(got: int, blocks_: int) -> None:
    """Five hundred and 450 of the thousand that a p99 takes."""
    found = differences_of(Rule.latency(), samples_of(thinned(recording(57), lambda _: 1 / 3, got / 500), QUICK))
    assert (len(found) if found.blocks else 0) == blocks_


@pytest.mark.parametrize(("lacking", "beside"), [((), "avg"), ((3,), "p50"), ((3, 4), None)])
def test_what_a_percentile_does_by_itself_is_seen_beside_a_quieter_latency(
    lacking: Sequence[int], beside: str | None
) -> None:
    """The average, else the median, whichever is there in every period; else nothing is."""

    def cut(number: int, one: Side) -> Side:
        gone = {"avg": lacking[:1], "p50": lacking[1:]}
        kept = {k: v for k, v in one.distributions["ModelLatency"].items() if number not in gone.get(k, ())}
        return Side(one.numbers, {"ModelLatency": kept})

    fine = samples_of(with_shadow(recording(20), cut), QUICK).fine
    found = of_grain(fine, "ModelLatency", "p90", 100)
    calm = of_grain(fine, "ModelLatency", beside, 100).logs if beside else ()
    assert found.beyond == tuple(one - other for one, other in zip(found.logs, calm, strict=bool(beside)))


def slow_lately(_: int, one: Side) -> Side:
    """A median a tenth too slow."""
    latency = one.distributions["ModelLatency"]
    return Side(one.numbers, {"ModelLatency": {**latency, "p50": latency["p50"] * 1.1}})


def test_what_is_no_measured_time_is_much_slower_or_in_a_bad_stretch() -> None:
    """More than a fifth beyond what is allowed; of longer periods, of blocks and of few, by the recording's own."""
    rule, quiet = Rule.latency(percentile=50), samples_of(recording(40), QUICK)
    much = 0.05 + math.log(1.2)

    def times(values: list[float], **changes: float | bool) -> list[int]:
        some = replace(pairs(values), known_logs=values, **changes)  # type: ignore[arg-type] # its own fields
        return sorted((one - START) // FIVE for one in latency._unmeasured(rule, quiet, some, 0.05))

    assert times([0.0] * 20 + [much, above(much)]) == [21]
    worse = [0.05] * 20 + [0.06] * 10 + [0.05]
    assert times(worse) == [*range(20, 30)]
    assert times(worse, few=True) == times(worse, minutes=10.0) == times(worse, blocks=True) == []
    late = samples_of(with_shadow(recording(40), slow_lately), QUICK)
    calm = replace(pairs([0.0] * 20), known_logs=[0.0] * 20)
    assert (
        latency._not_now(rule, late, calm, 0.05) is latency._not_now(rule, late, replace(calm, few=True), 0.05) is None
    )
    for other in (replace(calm, thin=1), replace(calm, minutes=10.0), replace(calm, blocks=True)):
        assert "lately" in (latency._not_now(rule, late, other, 0.05) or "")


@pytest.mark.parametrize(("having", "periods"), [(10, 20), (11, 11)])
def test_drift_is_seen_in_the_average_where_most_periods_have_one(having: int, periods: int) -> None:
    """Else in the median."""

    def cut(number: int, one: Side) -> Side:
        kept = {k: v for k, v in one.distributions["ModelLatency"].items() if k != "avg" or number < having}
        return Side(one.numbers, {"ModelLatency": kept})

    some = samples_of(with_shadow(recording(20), cut), QUICK)
    assert some.drift_in(some.fine).periods == periods


# Plans


@pytest.mark.parametrize(
    ("each", "share", "together"),
    [
        (2000, 0.5, 1),
        (1999, 0.5, 3),
        (2000 / 3, 0.5, 3),
        (666, 0.5, 12),
        (166.7, 0.5, 12),
        (166, 0.5, None),
        (1000, 1, 1),
        (999, 1, 2),
        (0, 1, None),
    ],
)
def test_periods_are_put_together_until_a_percentile_has_its_copies(
    each: float, share: float, together: int | None
) -> None:
    """One, three or twelve of them; of all the requests, as many as it takes."""
    assert plan._together(Rule.latency(), each, share) == together


def planned(rule: Rule, seen: Recording, sampling: float = 100) -> tuple[plan.Plan, plan.RulePlan | None]:
    """The plan of one rule."""
    (one,) = plan.plan(seen, GatePolicy(rules=(rule,), min_duration_minutes=60, warm_up_minutes=60), (sampling,))
    return one, next(iter(one.rules), None)


def test_a_plan_without_a_rule_that_takes_time_has_none() -> None:
    """Of nothing but hardware, of no traffic; a bound alone is decided by itself, and the warm-up's sixth is added."""
    bound = Rule.error_rate(max_increase_points=None, max_percent=1)
    assert planned(Rule.utilization(), recording(20))[0].minutes is None
    assert planned(bound, replace(recording(20), periods=()))[0].minutes is None
    one, rule = planned(bound, recording(20))
    assert rule is not None
    assert (one.minutes, rule.equal_minutes, rule.waits) == (70, 0.0, False)
    assert planned(bound, replace(recording(20), periods=()))[1] == plan.RulePlan(bound, None, None, False)


@pytest.mark.parametrize(
    ("rule", "fix"),
    [
        (Rule.error_rate(errors="4xx", max_increase_points=0), None),
        (Rule.error_rate(max_increase_points=0), "copy more, allow more points, or only report it"),
        (Rule.agreement(min_percent=99.9999), "copy more, ask for less agreement, or only report it"),
        (Rule.agreement(), None),
        (Rule.latency(percentile=50, max_increase_percent=0.001), "copy more, allow more than 0.001 %"),
    ],
)
def test_a_plan_says_what_to_change_where_a_rule_takes_too_long(rule: Rule, fix: str | None) -> None:
    """Which of its numbers, in a few words; no more points at all is told by the ratio."""
    found = planned(rule, thinned(recording(40), lambda _: 0.2))[1]
    assert found is not None
    assert (found.fix or "").startswith(fix or "")
    assert (found.equal_minutes is None) is (fix is not None)


def test_plans_figure_for_figure(snapshot: SnapshotAssertion) -> None:
    """Of each kind of rule, at all of the requests, half and a tenth, by day alone and around the clock."""
    rules = (
        *(Rule.latency(percentile=one, max_increase_percent=4) for one in (50, 90, 99)),
        Rule.average(),
        Rule.agreement(),
        *(Rule.error_rate(errors="4xx"), Rule.error_rate(max_increase_points=0.2)),
    )
    lines = []
    steady = thinned(recording(60), lambda n: 1 + n % 3 / 10)
    by_day = replace(
        steady, periods=(*steady.periods[:30], *(replace(p, start=p.start + DAY) for p in steady.periods[30:]))
    )
    for seen in (steady, by_day):
        own = plan.plan(seen, GatePolicy(rules=rules, min_duration_minutes=60), (100, 50, 10))
        for one in (*own, *plan.plan(seen, GatePolicy(), (50,))):
            lines.append(row(one.sampling_percent, one.minutes, one.copies))
            lines += [row(each.rule.id, each.equal_minutes, each.worse_minutes, each.waits) for each in one.rules]
    assert lines == snapshot


# Time


def test_thirty_days_are_the_last_that_is_told() -> None:
    """Just thirty, too; and a peak's size is written without digits beyond a factor of e."""
    assert until.first(lambda _: True, 43_200.0) == pytest.approx(43_200 * 0.85)
    assert until.first(lambda _: True, above(43_200.0)) is None
    assert [vetoes.percent_text(one) for one in (1.0, above(1.0))] == ["+171.8 %", "+172 %"]
    four_in_five = [False, True, False, True, True, True]
    assert vetoes.since(four_in_five, [START + n * DAY for n in range(6)]) == vetoes.clock(START + DAY)
    assert [vetoes.is_a_peak(one, 2, 100, 5) for one in (6, 7)] == [False, True]
    assert vetoes.beyond([0.1, -0.1, 0.2, -0.2], 0.1) == ([False, False, True, False], [False, False, False, True])


# What is read back


def median_ratio(ratio: float) -> Samples:
    """A shadow whose p50 is so many times production's."""
    some = with_latency(
        recording(3),
        lambda one: {"count": 1500.0, "p50": one.distributions["ModelLatency"]["p50"] * ratio},
    )
    return samples_of(some, QUICK)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3, 1e6])
def test_a_ratio_within_three_times_a_unit_is_one(unit: float) -> None:
    """On either side, of a thousand and of a million."""
    for ratio, is_told in ((2.9997, True), (3.0003, False), (1 / 2.9997, True), (1 / 3.0003, False)):
        assert (readback.why_impossible(median_ratio(ratio * unit)) is not None) is is_told, ratio


def test_latencies_of_a_container_are_between_fifty_microseconds_and_a_minute() -> None:
    """Just there, too; of errors a tenth and ten more than the requests can be."""
    for value, is_told in ((49.9, True), (50, False), (60_000_000, False), (60_000_001, True)):
        some = recording(1)
        side = Side({"Invocations": 100.0}, {"ModelLatency": {"count": 100.0, "p50": float(value)}})
        one = samples_of(replace(some, periods=(replace(some.periods[0], production=side),)), QUICK)
        assert bool([*noted._of_latency(one)]) is is_told
    for name, unit in (("MemoryUtilization", "0 to 100"), ("CPUUtilization", "summed over the cores")):
        for percent, told in ((1.0, unit), (1.01, None)):
            low: dict[str, float | None] = {name: percent}
            [*found] = noted._of_shares(samples_of(with_numbers(recording(1), [low].__getitem__), QUICK))
            assert [one.split("percent, ")[1] for one in found] == ([told] if told else [])
    for failed, is_told in ((1110.0, False), (above(1110.0), True)):
        counted: dict[str, float | None] = {"Invocations": 1000.0, "Invocation4XXErrors": failed}
        some = with_numbers(recording(1), [counted].__getitem__)
        assert bool([*readback._of_errors(samples_of(some, QUICK))]) is is_told


# Hardware


@pytest.mark.parametrize(
    ("resource", "shadow", "promoted", "sampling", "told"),
    [
        ("gpu", Instances("ml.g5.xlarge", 1, 4, 0), None, 100, "has no GPU"),
        ("gpu", Instances("ml.x.large", 1, 4, None), None, 100, "the number of GPUs of ml.x.large isn't known"),
        ("cpu", Instances("ml.x.large", 1, None, 1), None, 100, "the number of vCPUs of ml.x.large isn't known"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), None, 100, "would run on after a promotion"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 0, 4, 0), 100, "it takes instances"),
        ("cpu", Instances("ml.x.large", 0, 4, 0), Instances("ml.x.large", 1, 4, 0), 100, "it takes instances"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 1, 4, 0), 0, "and a share of the requests"),
        ("cpu", Instances("ml.x.large", 1, 4, 0), Instances("ml.x.large", 1, 4, 0), 1, None),
    ],
)
def test_hardware_that_says_nothing_is_named(
    resource: str, shadow: Instances, promoted: Instances | None, sampling: float, told: str | None
) -> None:
    """One instance of each and any share of the requests is enough."""
    some = replace(
        samples_of(recording(1), QUICK),
        shadow_instances=shadow,
        promoted_instances=promoted,
        sampling_percent=sampling,
    )
    found = utilization.why_not_judged(Rule.utilization(resource=resource), some)  # type: ignore[arg-type] # one of them
    assert found is told is None or (found is not None and told is not None and told in found)


def memory(full: int, of: int, percent: float = 100.0, usual: float = 40.0) -> Samples:
    """So many periods in which the memory of the shadow is that full."""
    marked = {number * of // full for number in range(full)}
    return samples_of(
        with_numbers(recording(of), lambda n: {"MemoryUtilization": percent if n in marked else usual}), QUICK
    )


def test_a_limit_of_hardware_decides_with_just_the_evidence_that_is_needed() -> None:
    """On the limit nothing is above it: of eleven periods one more is to come."""
    rule = Rule.utilization(resource="memory", max_percent=90)
    needed = rates.log_evidence_against_share(20, 100, 0.05)
    for fail, outcome in ((needed, FAIL), (above(needed), OPEN)):
        seen = utilization.judge_utilization(rule, memory(20, 100), replace(NEEDS, fail=fail))
        assert seen.finding.outcome is outcome
    found = utilization.judge_utilization(rule, memory(1, 11, usual=90.0, percent=90.0), NEEDS)
    assert (found.finding.outcome, found.minutes_to_go) == (OPEN, 5)
    assert found.finding.reason.endswith("; 12 periods are needed to pass")


@pytest.mark.parametrize(("theirs", "excused"), [(90.0, False), (90.1, True)])
def test_production_that_is_as_full_excuses_a_period(theirs: float, excused: bool) -> None:
    """On the limit itself it isn't."""
    some, production = recording(20), Side({"MemoryUtilization": theirs})
    both = replace(some, periods=tuple(replace(one, production=production) for one in some.periods))
    rule = Rule.utilization(resource="memory", max_percent=90)
    assert utilization._production_too(rule, samples_of(both, QUICK), "MemoryUtilization") == [excused] * 20


@pytest.mark.parametrize(
    ("resource", "gpus", "factor"),
    [("memory", 2, 1.0), ("gpu_memory", 2, 0.5), ("gpu_memory", None, 1.0), ("gpu", 2, 2.5), ("cpu", 2, 1.25)],
)
def test_a_figure_is_of_the_whole_instance_and_of_all_the_traffic(
    resource: str, gpus: int | None, factor: float
) -> None:
    """By its cores or GPUs; CPU and GPU also by the share that is copied, here a fifth."""
    some = samples_of(recording(3, sampling_percent=20), QUICK)
    some = replace(some, shadow_instances=Instances("ml.x.large", 1, 4, gpus))
    rule = Rule.utilization(resource=resource)  # type: ignore[arg-type] # one of them
    assert utilization._factors(rule, some) == pytest.approx([factor] * 3)


# The verdict


def test_rules_that_are_decided_already_take_no_time() -> None:
    """Half a minute is some; of one rule it is told as it is."""
    assert until.all_of([]) == until.all_of([(Rule.average(), 0.0)]) == 0.0
    assert until.all_of([(Rule.average(), 0.5), (Rule.utilization(), 0.0)]) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(("each", "minutes"), [((10,), 10), ((10, 20), 8.5), ((20, 10, 30), 8.5)])
def test_a_test_that_leans_to_fail_is_over_with_the_first_of_its_rules(each: Sequence[float], minutes: float) -> None:
    """A little sooner where there are several."""
    some = recording(40)
    leaning = [opinion(Rule.average(), OPEN, "", None, one, leans_to_fail=True) for one in each]
    assert decide._missing(some, QUICK, samples_of(some, QUICK), leaning)[1] == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("outcome", "holds_up", "not_now", "gates"),
    [(PASS, True, None, True), (PASS, False, None, False), (OPEN, False, "x", True), (FAIL, False, None, True)],
)
def test_what_holds_up_no_pass_decides_by_what_speaks_against_it(
    outcome: Outcome, holds_up: bool, not_now: str | None, gates: bool
) -> None:
    """And a rule that is only reported never does; what is decided takes no more time."""
    for only in (False, True):
        rule = Rule.average(report_only=only)
        found = opinion(rule, outcome, "", {}, 9.0, not_now=not_now, holds_up=holds_up, leans_to_fail=True)
        assert found.finding.gates is (gates and not only)
        assert (found.minutes_to_go, found.leans_to_fail) == ((9.0, True) if outcome is OPEN else (0.0, False))
    assert not opinion(rule, OPEN, "", leans_to_fail=True).leans_to_fail


def test_one_period_of_fifty_that_is_no_measured_time_may_be_just_what_lacks() -> None:
    """Of 250 minutes five are lost; and bad periods at the end are told as what they are."""
    rules = (Rule.latency(percentile=50), Rule.utilization(resource="memory"))
    some = with_numbers(recording(50), lambda n: {"MemoryUtilization": None} if n == 20 else {})
    assert judge(some, replace(QUICK, rules=rules, min_duration_minutes=245)).outcome is PASS
    late = judge(some, replace(QUICK, rules=rules, min_duration_minutes=250))
    assert late.reason.startswith("without 1 period in which it is far worse or a figure is missing: measured 4.08 h")
    # One of fifty completes nothing, one of fewer may have: the test is judged without it.
    for periods, outcome in ((50, PASS), (49, OPEN)):
        some = with_numbers(recording(periods), lambda n: {"MemoryUtilization": None} if n == 20 else {})
        enough = round(sum(one.shadow.numbers["Invocations"] for one in some.periods))
        asked = replace(QUICK, rules=rules, min_duration_minutes=200, min_requests=enough)
        assert judge(some, asked).outcome is outcome
    bad_end = recording(50)
    last = bad_end.periods[-1]
    slower = {**last.shadow.distributions["ModelLatency"], "p50": 45_000.0}
    bad_end = replace(
        bad_end,
        periods=(*bad_end.periods[:-1], replace(last, shadow=Side(last.shadow.numbers, {"ModelLatency": slower}))),
    )
    found = judge(bad_end, replace(QUICK, rules=rules, min_duration_minutes=250))
    assert found.reason.startswith(
        "without the last 1 period, in which the shadow is worse than allowed: measured 4.08 h of 4.17 h"
    )


def test_requests_to_go_come_at_the_pace_so_far() -> None:
    """Of twenty periods, a tenth more takes two."""
    policy = replace(QUICK, rules=(Rule.average(),), min_requests=33_000)
    assert judge(recording(20), policy).minutes_to_go == pytest.approx(10)
    assert judge(recording(22), policy).reason.startswith("the deciding rule holds over 110 min and 33,000 requests")


def test_a_verdict_is_plain_json() -> None:
    """Each finding by its rule, with and without an outcome."""
    rule = Rule.average()
    some = (Finding(rule, PASS, True, "why", {"periods": 3}), Finding(rule, None, False, "not judged: x", {}))
    told = verdict_text.as_json(recording(1), Verdict(OPEN, "reason", some, ("note",), 5.0))
    assert told.items() >= {"period_seconds": 300, "periods": 1}.items()
    assert {name: told[name] for name in ("verdict", "reason", "minutes_to_go", "findings", "notes")} == {
        "verdict": "INCONCLUSIVE",
        "reason": "reason",
        "minutes_to_go": 5.0,
        "findings": [
            {"rule": rule.id, "outcome": "PASS", "gates": True, "reason": "why", "numbers": {"periods": 3}},
            {"rule": rule.id, "outcome": None, "gates": False, "reason": "not judged: x", "numbers": {}},
        ],
        "notes": ["note"],
    }
