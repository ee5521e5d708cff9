"""How many captured answers agree: judged hour by hour, surely, as it is now, and never on answers that don't join."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import judge
from shadow_ops.judge.agreement import share_text
from shadow_ops.judge.verdict import Finding, Outcome
from shadow_ops.measure.recording import Coarse, Period, Recording, Side
from tests.ops.judge.samples import START, recording

HOUR = datetime.timedelta(hours=1)
PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
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
