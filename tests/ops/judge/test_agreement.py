"""How many captured answers agree: judged hour by hour, surely, as it is now, and never on answers that don't join."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import agreement, judge, rates
from shadow_ops.judge.agreement import Stretch, judge_agreement, share_text
from shadow_ops.judge.opinion import Needs
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Finding, Outcome
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from tests.ops.judge.samples import FAIL, HOUR, NEEDS, OPEN, PASS, QUICK, START, above, recording

Share = Callable[[int], float]


def policy(**rule: float | bool) -> GatePolicy:
    """The rule alone."""
    return GatePolicy(rules=[Rule.agreement(**rule)], min_duration_minutes=60, warm_up_minutes=0)  # type: ignore[arg-type] # its numbers


def answers(
    differing: float | Share,
    hours: int = 24,
    pairs: int = 1000,
    *,
    unjoined: int = 0,
    noise: float | None = None,
    draw: random.Random | None = None,
) -> Recording:
    """A test of whole hours; so many of each hour's pairs differ."""
    listed = []
    for number in range(hours):
        share = differing(number) if callable(differing) else differing
        many = round(pairs * share) if draw is None else sum(draw.random() < share for _ in range(pairs))
        counted = {"ComparedAnswers": pairs, "AgreeingAnswers": pairs - many, "UnjoinedAnswers": unjoined}
        if noise is not None:
            counted |= {"RepeatedAnswers": pairs, "SteadyAnswers": pairs - round(pairs * noise)}
        listed.append(Period(START + number * HOUR, Side(), Side({name: float(one) for name, one in counted.items()})))
    return replace(recording(periods=hours * 12), answers=Coarse(3600, tuple(listed)))


def found(seen: Recording, **rule: float | bool) -> Finding:
    """What the rule comes to."""
    [finding] = judge(seen, policy(**rule)).findings
    return finding


@pytest.mark.parametrize(
    ("differing", "outcome"), [(0.0, PASS), (0.004, PASS), (0.0095, OPEN), (0.0105, OPEN), (0.02, FAIL), (1.0, FAIL)]
)
def test_a_share_is_judged_when_it_is_sure(differing: float, outcome: Outcome) -> None:
    """Of 99 in a hundred that must agree, over a day; near to it nothing is said."""
    finding = found(answers(differing))
    assert finding.outcome is outcome, finding.reason
    assert finding.numbers["agreement_percent"] == pytest.approx(100 - differing * 100, abs=0.06)


def test_the_sentence_has_the_figures() -> None:
    """As a person reads it, and as a promotion is refused with it."""
    said = found(answers(0.1)).reason
    assert said.startswith("Answers: 90.00 % of 24,000 pairs agree (95 % sure: 89.")
    assert said.endswith(", required 99 %")


@pytest.mark.parametrize("seen", [replace(answers(0), answers=None), answers(0, hours=0), recording(periods=40)])
def test_fails_open_without_answers(seen: Recording) -> None:
    """Nothing captured, nothing counted yet: no PASS, and it is said who counts when."""
    verdict = judge(seen, policy())
    assert verdict.outcome is OPEN
    assert all("the watch does it once an hour is over" in one.reason for one in verdict.findings)


@pytest.mark.parametrize(("unjoined", "outcome"), [(50, PASS), (60, OPEN)])
def test_too_few_joined_is_no_evidence(unjoined: int, outcome: Outcome) -> None:
    """Below 95 % those that could be joined may not stand for the others, whatever they say."""
    assert found(answers(0, unjoined=unjoined)).outcome is outcome
    if outcome is OPEN:
        finding = found(answers(0.5, unjoined=unjoined))
        assert finding.outcome is OPEN
        assert "only 94.34 % of the answers could be joined, 95 % are needed; send an InferenceId" in finding.reason


def test_two_hours_are_too_few() -> None:
    """One may be a single caller's bad hour."""
    assert [found(answers(0.5, hours=hours)).outcome for hours in (1, 2, 3)] == [OPEN, OPEN, FAIL]
    assert [found(answers(0, hours=hours)).outcome for hours in (1, 2, 3)] == [OPEN, OPEN, PASS]


def test_one_bad_hour_fails_nobody_and_passes_nobody_today() -> None:
    """By its size it would; without it the others hold. A day after, it is forgotten."""
    bad = answers(lambda hour: 0.9 if hour == 20 else 0.0, hours=24)
    assert found(bad).outcome is OPEN
    later = answers(lambda hour: 0.2 if hour == 2 else 0.0, hours=100)
    assert found(later).outcome is PASS


@pytest.mark.parametrize("since", [97, 99])
def test_what_has_become_worse_does_not_hold_now(since: int) -> None:
    """After days that agree, one hour or three that don't: no PASS, and since when."""
    finding = found(answers(lambda hour: 0.1 if hour >= since else 0.0, hours=100))
    assert finding.outcome is OPEN
    assert "not now: " in finding.reason


def test_an_hour_a_day_that_differs_does_not_hold() -> None:
    """A caller that comes at night."""
    finding = found(answers(lambda hour: 0.15 if hour % 24 == 3 else 0.0, hours=24 * 5 + 9))
    assert finding.outcome is OPEN
    assert "not now: 85.00 % agree in 1 period of the last day" in finding.reason


def test_hours_that_differ_by_more_than_chance_say_less() -> None:
    """A thousand pairs of one caller are one opinion."""
    calm = found(answers(0.006, hours=12))
    wild = found(answers(lambda hour: 0.012 if hour % 2 else 0.0, hours=12))
    assert (calm.outcome, wild.outcome) == (PASS, OPEN)
    width = [one.numbers["high_percent"] - one.numbers["low_percent"] for one in (calm, wild)]  # type: ignore[operator] # numbers
    assert width[1] > 1.5 * width[0]


def test_noise_is_subtracted_where_the_rule_says_so() -> None:
    """A model that answers 3 % of repeated requests otherwise can't agree in 99; its candidate differs in no more."""
    seen = answers(0.03, noise=0.03)
    assert found(seen).outcome is FAIL
    less = found(seen, less_noise=True)
    assert less.outcome is PASS
    assert less.numbers["noise_percent"] == pytest.approx(3)
    assert "less what production differs from itself" in less.reason
    assert found(answers(0.03), less_noise=True).outcome is FAIL, "without repeated requests nothing is known of noise"
    assert found(answers(0.08, noise=0.03), less_noise=True).outcome is FAIL


def test_who_looks_every_hour_is_wrong_no_more_often() -> None:
    """At exactly what is allowed, of 60 tests with a look at each of 48 hours a few are judged at all."""
    wrong = 0
    for seed in range(60):
        whole = answers(0.01, hours=48, pairs=200, draw=random.Random(seed))
        assert whole.answers is not None
        for hours in range(3, 49, 3):
            part = replace(whole, answers=replace(whole.answers, periods=whole.answers.periods[:hours]))
            outcome = found(part).outcome
            if outcome is not OPEN:
                wrong += 1
                break
    assert wrong <= 6


def test_a_bad_end_completes_no_pass() -> None:
    """What is worse than allowed may take a PASS away, never give one by its time."""
    seen = answers(lambda hour: 0.03 if hour >= 23 else 0.0, hours=24)
    wanted = replace(policy(), min_duration_minutes=23.5 * 60)
    verdict = judge(seen, wanted)
    assert verdict.outcome is OPEN


@pytest.mark.parametrize(("compared", "outcome"), [(24, PASS), (21, PASS), (20, OPEN), (3, OPEN)])
def test_who_has_not_compared_for_more_than_three_hours_of_requests_does_not_know(
    compared: int, outcome: Outcome
) -> None:
    """The capture has stopped, or the watch: what agreed before says nothing of now."""
    whole = answers(0.001)
    assert whole.answers is not None
    seen = replace(whole, answers=replace(whole.answers, periods=whole.answers.periods[:compared]))
    finding = found(seen)
    assert finding.outcome is outcome
    assert ("no answers compared since" in finding.reason) is (outcome is OPEN)


def test_a_night_without_requests_needs_no_answers() -> None:
    """Nothing was asked, so there was nothing to compare."""
    day = answers(0.001, hours=12)
    idle = recording(periods=24 * 12).periods[12 * 12 :]
    silent = tuple(replace(one, production=Side({"Invocations": 0.0}), shadow=Side()) for one in idle)
    assert found(replace(day, periods=(*day.periods, *silent))).outcome is PASS


@pytest.mark.parametrize(("since", "outcome"), [(24, PASS), (21, OPEN), (23, OPEN)])
def test_answers_that_hardly_join_lately_do_not_hold(since: int, outcome: Outcome) -> None:
    """However many joined in the days before."""
    whole = answers(0.001)
    assert whole.answers is not None
    spoiled = [
        replace(one, shadow=Side({**one.shadow.numbers, "UnjoinedAnswers": 400.0})) if number >= since else one
        for number, one in enumerate(whole.answers.periods)
    ]
    finding = found(replace(whole, answers=replace(whole.answers, periods=tuple(spoiled))))
    assert finding.outcome is outcome
    assert ("could be joined in the last 3 stretches" in finding.reason) is (outcome is OPEN)


@given(st.floats(0, 100), st.sampled_from([1.0, 95.0, 99.0, 99.9]))
@example(99.9999, 99.0)
@example(100 - 1e-13, 99.0)
@example(98.996, 99.0)
@example(5e-324, 99.0)
def test_a_share_is_never_rounded_to_all_none_or_the_limit(percent: float, limit: float) -> None:
    """One pair of a million that differs is no full agreement; 98.996 % aren't the 99 % that are asked for."""
    text = share_text(percent, limit)
    for bound in (0, 100, limit):
        assert (float(text) > bound, float(text) < bound) == (percent > bound, percent < bound)
    assert float(text) == pytest.approx(percent, abs=0.00501)
    assert share_text(100.0) == "100.00"


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
