"""Every threshold at its edge: just below, at, and just above it."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace

import pytest

from shadow_ops.contract.policy import DEFAULT_RULES, GatePolicy
from shadow_ops.contract.rules import AverageRule, ErrorRateRule, LatencyRule, Rule, UtilizationRule
from shadow_ops.judge import copies, episodes, judge, little, periods, rates, vetoes
from shadow_ops.judge.copies import Copies, Fault, fault_of
from shadow_ops.judge.differences import Differences, differences_of
from shadow_ops.judge.drift import NO_DRIFT, Drift, divisor
from shadow_ops.judge.episodes import Block
from shadow_ops.judge.opinion import FEWEST_PERIODS, lasting, needs_of, signed
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Outcome
from shadow_ops.measure.recording import Recording, Side
from tests.ops.judge.samples import QUICK, START, recording, with_shadow

FIVE = datetime.timedelta(minutes=5)


def starts(count: int) -> list[datetime.datetime]:
    """Periods of five minutes."""
    return [START + number * FIVE for number in range(count)]


def flags(count: int, of: int) -> list[bool]:
    """So many at the end of so many."""
    return [False] * (of - count) + [True] * count


@pytest.mark.parametrize(
    ("due", "got", "fault"),
    [
        # 90 % of 9,999, less four standard deviations (400), is 8,599.1; 110 % and as many more are 11,398.9.
        (9_999, 8_600, None),
        (9_999, 8_599, Fault.LOST),
        (9_999, 11_398, None),
        (9_999, 11_399, Fault.SURPLUS),
        (9.99, 0, None),
        (10, 0, Fault.SILENT),
        (0, 4, None),
        (0, 5, Fault.SURPLUS),
    ],
)
def test_a_count_is_strange_beyond_a_tenth_and_chance(due: float, got: float, fault: Fault | None) -> None:
    """None at all is silence from ten on."""
    assert fault_of(due, got) is fault


@pytest.mark.parametrize(("last", "strange"), [(0, False), (4, False), (12, True)])
def test_the_last_hour_of_counts_is_looked_at_by_itself(last: int, strange: bool) -> None:
    """Twelve periods with a quarter too few, each within chance, are too few together."""
    counts = Copies(starts(100), [100] * 100, [100 if n < 100 - last else 72 for n in range(100)], 5)
    said = copies.why_not_counted(counts, "shadow")
    assert (said is not None and "in the last 12 periods" in said) is strange


@pytest.mark.parametrize(("few", "said"), [(5, None), (6, "in 6 of the last 288 periods")])
def test_a_fiftieth_of_a_days_strange_periods_is_too_many(few: int, said: str | None) -> None:
    """Of 288, five are forgiven."""
    got = [500 if n % 45 == 20 and n // 45 < few else 1000 for n in range(288)]
    counts = Copies(starts(288), [1000] * 288, got, 5)
    found = copies.why_not_counted(counts, "shadow")
    assert found is said is None or (found is not None and said is not None and said in found)


@pytest.mark.parametrize(("few", "is_told"), [(2, False), (3, True)])
def test_two_strange_periods_of_a_short_test_are_forgiven(few: int, is_told: bool) -> None:
    """Of sixty, three are a twentieth and no chance."""
    counts = Copies(starts(60), [1000] * 60, [400 if n % 17 == 3 and n // 17 < few else 1000 for n in range(60)], 5)
    assert (copies.why_not_counted(counts, "shadow") is not None) is is_told


@pytest.mark.parametrize(("silent", "is_told"), [(1, False), (2, True)])
def test_two_silent_periods_at_the_end_are_silence(silent: int, is_told: bool) -> None:
    """And the text says since when."""
    counts = Copies(starts(100), [50] * 100, [50 if n < 100 - silent else 0 for n in range(100)], 5)
    said = copies.why_not_counted(counts, "shadow")
    assert (said is not None) is is_told
    if said is not None:
        assert "since 2026-11-02 08:10 UTC" in said


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


@pytest.mark.parametrize(
    ("drift", "less", "usual"),
    [
        (Drift(0.0, 0.5, 1000), 1.5, True),
        (Drift(0.0, 0.5, 1000), 1.51, False),
        (Drift(0.0007, 0.5, 1000), 1.0, True),
        (Drift(0.00072, 0.5, 1000), 1.0, False),
    ],
)
def test_usual_drift_is_below_eight_percent_and_little_of_the_noise(drift: Drift, less: float, usual: bool) -> None:
    """Three times its standard deviation, with ten periods of the usual 0.0006 before anything was seen."""
    assert drift.is_usual(less) is usual


def test_the_margin_of_drift_begins_at_what_is_usual_and_learns() -> None:
    """Three times 2.45 % before anything is seen; half-way to what is seen after ten periods."""
    assert pytest.approx(3 * math.sqrt(0.0006)) == NO_DRIFT.margin
    assert Drift(0.0018, 0.5, 10).margin == pytest.approx(3 * math.sqrt(0.0012))
    assert (Drift(0.1, 0.7, 9).lasts, Drift(0.1, 0.71, 9).lasts) == (False, True)


def test_evidence_counts_less_by_drifts_share_and_memory() -> None:
    """1 + 2 x share / (1 - memory), where a series of noise 0.01 has a drift of a quarter of that."""
    series = [0.1 if number % 2 else -0.1 for number in range(72)]
    assert divisor(series, Drift(0.0025, 0.5, 72)) == pytest.approx(1 + 2 * 0.25 / 0.5)
    assert divisor(series, Drift(0.0025, 0.0, 72)) == 1
    assert divisor(series[:2], Drift(0.0025, 0.5, 72)) == 1


@pytest.mark.parametrize(
    ("tests", "fail"), [(1, math.log(20 / 0.25)), (2, math.log(20 / 0.25)), (5, math.log(4 * 20 / 0.25))]
)
def test_the_allowance_is_shared_three_quarters_to_the_first(tests: int, fail: float) -> None:
    """And the last quarter among all others; a PASS shares nothing, the ends of an interval share one allowance."""
    needs = needs_of(GatePolicy(), tests)
    assert needs.fail == pytest.approx(fail)
    assert needs.fail_first == pytest.approx(math.log(20 / 0.75))
    assert needs.hold == pytest.approx(math.log(20))
    assert needs.ends == pytest.approx(math.log(40))


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1.99, "120 s"),
        (2, "2 min"),
        (119.5, "120 min"),
        (120, "2 h"),
        (2879, "48 h"),
        (2880, "2 days"),
        (3600, "2.5 days"),
    ],
)
def test_a_time_is_told_in_the_unit_that_fits(minutes: float, text: str) -> None:
    """Rounded up where it is short."""
    assert lasting(minutes) == text
    assert (signed(-0.04), signed(0.05), signed(-0.06)) == ("+0.0", "+0.1", "-0.1")


def samples_at(copies_a_day: float) -> Samples:
    """A day with so many copies."""
    each = round(copies_a_day / 288)
    return samples_of(recording(288, copies=each), QUICK)


@pytest.mark.parametrize(
    ("copies", "minutes", "few", "waits"),
    [
        (125, 5, False, True),
        (124, 5, False, False),
        (125, 5, True, False),
        (125, 40, False, True),
        (125, 41, False, False),
        (348, 60, False, True),
        (346, 60, False, False),
    ],
)
def test_a_pass_waits_for_a_percentile_that_two_days_can_answer(
    copies: int, minutes: float, few: bool, waits: bool
) -> None:
    """36 periods of enough requests a day, or a hundred times as many requests where periods are long."""
    rule = next(one for one in DEFAULT_RULES if one.id == "latency-p99")
    assert little.holds_up(rule, samples_at(copies * 288), minutes, few=few) is waits


@pytest.mark.parametrize(
    ("a_day", "rate", "points"),
    [
        (25_000, 0.0, 0.1),
        (24_000, 0.0, 2500 / 24_000),
        (35_999, 0.04, 550 * math.sqrt(0.04 / 35_999)),
        (36_000, 0.04, 550 * math.sqrt(0.08 / 36_000)),
        (20, 0.0, 100),
    ],
)
def test_errors_may_differ_by_what_the_traffic_can_tell(a_day: float, rate: float, points: float) -> None:
    """25 a day, or 5.5 standard deviations of a day, or of two at less traffic; what the rule says where it is more."""
    assert little.points_told(ErrorRateRule(errors="4xx"), a_day, rate) == pytest.approx(points)
    assert little.points_told(ErrorRateRule(errors="4xx", max_increase_points=0.2), a_day, rate) == 0.2


@pytest.mark.parametrize(("per_minute", "seconds"), [(200, 300), (199, 900), (67, 900), (66, 3600)])
def test_periods_grow_where_a_percentile_has_too_few_requests(per_minute: float, seconds: int) -> None:
    """1,000 of them for p99."""
    assert periods.choose_period(per_minute, GatePolicy()) == seconds


def blocks(*errors: tuple[float, float], requests: float = 1000) -> list[Block]:
    """Periods of which the shadow and production have so many errors."""
    counts = (Counts(ours, requests, theirs, requests) for ours, theirs in errors)
    return [Block(start, one) for start, one in zip(starts(len(errors)), counts, strict=True)]


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


@pytest.mark.parametrize(
    ("hits", "trials", "share", "evidence"), [(0, 0, 0.1, 0.0), (3, 10, 0.3, -1.24), (9, 10, 0.3, 6.02)]
)
def test_evidence_against_a_share_is_that_of_two_mixtures(
    hits: float, trials: float, share: float, evidence: float
) -> None:
    """A flat one (1/2, 1/2), and one that believes in shares as small as the one in question."""

    def beta(a: float, b: float) -> float:
        return math.gamma(a) * math.gamma(b) / math.gamma(a + b)

    found = rates.log_evidence_against_share(hits, trials, share)
    if trials:
        mixed = [beta(hits + 0.5, trials - hits + b) / beta(0.5, b) for b in (0.5, 0.5 / share)]
        likelihood = share**hits * (1 - share) ** (trials - hits)
        assert found == pytest.approx(math.log(sum(mixed) / 2 / likelihood))
    assert found == pytest.approx(evidence, abs=0.01)


def test_evidence_of_a_ratio_is_a_mixture_of_twenty() -> None:
    """From 1.1 to 100 times the tolerated 1.2, evenly by their logarithms."""
    some = [Counts(9, 1000, 3, 2000), Counts(4, 500, 0, 900)]
    coins = 0.0
    for step in range(20):
        multiple = 1.1 * (100 / 1.1) ** (step / 19)
        won = 1.0
        for one in some:
            base, grown = 1.2 * one.shadow + one.production, 1.2 * multiple * one.shadow + one.production
            won *= multiple**one.shadow_errors * (base / grown) ** (one.shadow_errors + one.production_errors)
        coins += won / 20
    assert rates.log_evidence_of_ratio(some) == pytest.approx(math.log(coins))
    assert rates.TOLERATED_RATIO == 1.2


def test_the_default_policy_is_what_the_page_says() -> None:
    """Each number of it."""
    usual = GatePolicy()
    assert (usual.confidence_percent, usual.min_duration_minutes, usual.min_requests) == (95, 1440, 1000)
    assert (usual.warm_up_minutes, usual.period_seconds, FEWEST_PERIODS) == (60, None, 12)
    assert [
        (one.id, getattr(one, "max_increase_percent", None), getattr(one, "max_percent", None)) for one in usual.rules
    ] == [
        ("latency-p50", 5, None),
        ("latency-p90", 5, None),
        ("latency-p99", 5, None),
        ("latency-average", 5, None),
        ("error-rate-5xx", None, 5),
        ("error-rate-model", None, 5),
        ("error-rate-4xx", None, None),
        ("utilization-cpu", None, 80),
        ("utilization-gpu", None, 80),
        ("utilization-memory", None, 90),
        ("utilization-gpu-memory", None, 95),
        ("utilization-disk", None, 75),
    ]
    assert [one.max_increase_points for one in usual.of(ErrorRateRule)] == [0.1, 0.1, 0.1]
    assert (LatencyRule().percentile, AverageRule().requests_needed, UtilizationRule().max_percent) == (99, 10, 80)


@pytest.mark.parametrize(("periods_", "outcome"), [(11, Outcome.INCONCLUSIVE), (12, Outcome.PASS)])
def test_a_pass_takes_twelve_periods_and_the_time_and_the_requests_that_are_wanted(
    periods_: int, outcome: Outcome
) -> None:
    """Not one less of either."""
    rules = (Rule.average(),)
    some = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0)
    assert judge(recording(periods_), some).outcome is outcome
    timed = GatePolicy(rules=rules, min_duration_minutes=periods_ * 5, warm_up_minutes=0)
    assert judge(recording(periods_), timed).outcome is outcome
    late = GatePolicy(rules=rules, min_duration_minutes=periods_ * 5 + 0.1, warm_up_minutes=0)
    assert judge(recording(periods_), late).outcome is Outcome.INCONCLUSIVE
    counted = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0, min_requests=1500 * periods_)
    assert judge(recording(periods_), counted).outcome is outcome
    more = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0, min_requests=1500 * periods_ + 1)
    assert judge(recording(periods_), more).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("full", "of", "outcome"),
    [(5, 100, Outcome.PASS), (6, 100, Outcome.INCONCLUSIVE), (14, 100, Outcome.INCONCLUSIVE), (20, 100, Outcome.FAIL)],
)
def test_a_twentieth_of_the_periods_may_be_above_a_limit(full: int, of: int, outcome: Outcome) -> None:
    """At the limit itself isn't above it; surely more than a twentieth fails."""
    rules = (Rule.utilization(resource="memory", max_percent=90),)
    policy = GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0)
    marked = {number * of // full for number in range(full)}

    def some(number: int, one: Side) -> Side:
        return Side({**one.numbers, "MemoryUtilization": 90.1 if number in marked else 90.0}, one.distributions)

    found = judge(with_shadow(recording(of), some), policy)
    # More than a fiftieth of a day is a peak too, and takes a PASS away before.
    assert (found.outcome is Outcome.FAIL) is (outcome is Outcome.FAIL)
    assert found.findings[0].numbers["periods_above"] == full


def without(given: Recording, name: str, since: int) -> Recording:
    """The recording without a metric, or a percentile, of the shadow from some period on."""

    def cut(number: int, one: Side) -> Side:
        if number < since:
            return one
        latency = {key: value for key, value in one.distributions["ModelLatency"].items() if key != name}
        return Side({key: value for key, value in one.numbers.items() if key != name}, {"ModelLatency": latency})

    return with_shadow(given, cut)


def test_what_is_missing_is_told_with_whose_it_is_and_in_how_many_periods() -> None:
    """The shadow's alone: production has it."""
    said = judge(without(recording(40), "p50", 10), QUICK).findings[0].reason
    assert said == "p50 latency of the shadow is missing in 30 of 40 periods"
    said = next(
        one.reason
        for one in judge(without(recording(40), "MemoryUtilization", 10), QUICK).findings
        if one.rule.id == "utilization-memory"
    )
    assert said == "Memory: MemoryUtilization of the shadow is missing in 30 of 40 periods"


@pytest.mark.parametrize(("errors", "told"), [(0.0, True), (0.009, True)])
def test_a_bound_that_is_not_surely_kept_yet_says_how_long_it_takes(errors: float, told: bool) -> None:
    """Below it, at the pace of what passes."""
    rules = (Rule.error_rate(errors="5xx", max_increase_points=None, max_percent=1 if errors else 0.02),)
    found = judge(recording(16, errors=errors), GatePolicy(rules=rules, min_duration_minutes=0, warm_up_minutes=0))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert (found.minutes_to_go is not None) is told


@pytest.mark.parametrize(
    ("rate", "own", "outcome"),
    [
        (0.04, False, Outcome.PASS),
        (0.05, False, Outcome.PASS),
        (0.09, False, Outcome.PASS),
        (0.04, True, Outcome.PASS),
        (0.05, True, Outcome.INCONCLUSIVE),
        (0.09, True, Outcome.FAIL),
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


@pytest.mark.parametrize(("ours", "outcome"), [(0.061, Outcome.PASS), (0.09, Outcome.FAIL)])
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


def test_a_peak_on_both_sides_of_the_end_of_a_day_is_one() -> None:
    """As a cold start of two hours is, days later; half a day apart they are two."""
    for apart, is_told in ((20, False), (144, False), (145, True)):
        worse = [False] * (3 * 288)
        for number in (0, 1, 2, 3, 4, 5, apart - 6, apart - 5, apart - 4, apart - 3, apart - 2, apart - 1, apart):
            worse[288 - 6 + number] = True
        assert bool(vetoes.peaks_of(worse, [False] * len(worse), 5).when) is is_told


@pytest.mark.parametrize(("every", "count", "apart"), [(1, 1, 5), (1, 30, 5), (12, 30, 60)])
def test_periods_to_go_are_as_far_apart_as_those_that_could_be_used(every: int, count: int, apart: float) -> None:
    """One in twelve of five minutes each: an hour each, for the time that is told."""
    some = starts(count * every)[::every]
    assert Differences(tuple(some), (1.0,) * count, (1.0,) * count, (), 5, 0, 0).apart == apart
    whole = samples_of(recording(40), QUICK)
    assert whole.judged_minutes == 200
    assert replace(whole, fine=replace(whole.fine, periods=whole.periods[::39])).judged_minutes == 200
    assert replace(whole, fine=replace(whole.fine, periods=())).judged_minutes == 0


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


@pytest.mark.parametrize(("percent", "is_told"), [(90.1, True), (90, False)])
def test_a_quarter_of_an_hour_of_nearly_full_memory_is_a_peak(percent: float, is_told: bool) -> None:
    """Of 80 % that are allowed, 90 are half of the way to full."""
    some = with_shadow(
        recording(300),
        lambda n, one: Side({**one.numbers, "MemoryUtilization": percent if n in range(150, 153) else 40.0}),
    )
    said = judge(some, replace(QUICK, rules=(Rule.utilization(resource="memory"),))).outcome
    assert said is (Outcome.INCONCLUSIVE if is_told else Outcome.PASS)


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


@pytest.mark.parametrize(("copies", "blocks"), [(69, 0), (70, 20), (75, 20)])
def test_neighbours_together_give_a_percentile_where_a_share_is_copied(copies: int, blocks: int) -> None:
    """Seventy of the hundred requests that a p90 takes, of many more on production; of fewer it comes out too low."""
    some = recording(40, copies=copies, sampling_percent=25)
    found = differences_of(Rule.latency(percentile=90), samples_of(some, QUICK))
    assert (len(found) if found.blocks else 0) == blocks
