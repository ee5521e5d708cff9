"""From what each rule says to one verdict."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.rules import Rule
from shadow_ops.judge import absent, copies, readback, until, vetoes
from shadow_ops.judge.kinds import JUDGES
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs, Opinion, counted, lasting, longest, needs_of
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Period, Recording

# Of all periods.
_FEW_SHARE = 0.02


def judge(recording: Recording, policy: GatePolicy, *, intervals: bool = True) -> Verdict:
    """Judge a shadow test.

    The same recording and policy always give the same verdict. It may be asked as often as one likes.

    Args:
        recording: What was seen, in order of time.
        policy: What must hold.
        intervals: Whether intervals are wanted. They take most of the time and change no verdict.
    """
    samples = samples_of(recording, policy)
    verdict, opinions = _judged(recording, policy, samples, intervals)
    if verdict.outcome is not Outcome.PASS:
        return verdict
    # What is worse than allowed may take a PASS away, never complete one: not by its time, nor by its requests.
    before, bad = _without_bad_end(recording, samples, opinions)
    rest, unmeasured = _without_unmeasured(before, opinions)
    if not bad and not unmeasured:
        return verdict
    lost = unmeasured * samples.period_minutes
    if (
        not bad
        and unmeasured <= _FEW_SHARE * len(samples.periods)
        and samples.minutes - lost >= policy.min_duration_minutes
    ):
        # So few complete nothing; asking twice takes twice as long.
        return verdict
    counts = samples_of(rest, policy)
    if unmeasured:
        # A gap in time would count as a night does.
        minutes = (samples_of(before, policy) if bad else samples).minutes - lost
        counts = dataclasses.replace(counts, minutes=max(0.0, minutes))
    earlier, _ = _judged(rest, policy, counts, intervals=False)
    if earlier.outcome is Outcome.PASS:
        return verdict
    which = [f"the last {counted(bad, 'period')}, in which the shadow is worse than allowed"] if bad else []
    if unmeasured:
        which.append(f"{counted(unmeasured, 'period')} in which it is far worse or a figure is missing")
    text = f"without {', and '.join(which)}: {earlier.reason}"
    return Verdict(Outcome.INCONCLUSIVE, text, verdict.findings, verdict.notes, earlier.minutes_to_go)


def _judged(
    recording: Recording, policy: GatePolicy, samples: Samples, intervals: bool
) -> tuple[Verdict, list[Opinion]]:
    needs = needs_of(policy, _tests(policy, samples), intervals=intervals)
    first = _first(policy)
    opinions = [_opinion(rule, samples, needs, rule is first) for rule in policy.rules]
    findings = tuple(one.finding for one in opinions)
    deciding = [one for one in opinions if one.finding.gates]
    notes = tuple(note for one in opinions for note in one.notes)
    failing = [one for one in deciding if one.finding.outcome is Outcome.FAIL]
    impossible = readback.why_impossible(samples)
    if impossible is not None:
        return Verdict(Outcome.INCONCLUSIVE, impossible, findings, notes), opinions
    if failing:
        reason = "; ".join(one.finding.reason for one in failing)
        return Verdict(Outcome.FAIL, reason, findings, notes), opinions
    missing, minutes = _missing(recording, policy, samples, deciding)
    if missing:
        text = "; ".join(missing)
        if samples.quiet_since is not None:
            text = f"{text}; no requests since {vetoes.clock(samples.quiet_since)}"
        if minutes is not None:
            text = f"{text}; about {lasting(minutes)} to go{'' if samples.quiet_since is None else ' once there are'}"
        return Verdict(Outcome.INCONCLUSIVE, text, findings, notes, minutes), opinions
    rules = "the deciding rule holds" if len(deciding) == 1 else f"all {len(deciding)} deciding rules hold"
    reason = f"{rules} over {lasting(samples.minutes)} and {samples.shadow_requests:,.0f} requests to the shadow"
    return Verdict(Outcome.PASS, reason, findings, notes), opinions


def _first(policy: GatePolicy) -> Rule | None:
    """The rule that gets most of the allowance for being wrong: the highest percentile that decides, if any does."""
    return max(policy.gating_rules, key=lambda rule: rule.requests_needed, default=None)


def _opinion(rule: Rule, samples: Samples, needs: Needs, is_first: bool) -> Opinion:
    of_its_kind = JUDGES[type(rule)]
    found = of_its_kind.judge(rule, samples, needs, needs.fail_first if is_first else needs.fail)
    return absent.checked(found, samples, of_its_kind.figures(rule))


def _tests(policy: GatePolicy, samples: Samples) -> int:
    """How many tests may fail the shadow, one per bound."""
    return sum(len(rule.bounds) for rule in policy.gating_rules if JUDGES[type(rule)].may_fail(rule, samples))


def _without_bad_end(recording: Recording, samples: Samples, opinions: list[Opinion]) -> tuple[Recording, int]:
    """The recording without its last periods, as far as each is worse than allowed, and how many those are."""
    due = samples.copies
    bad = {start for start, fault in zip(due.starts, due.own_faults, strict=True) if fault is not None}
    bad.update(*(one.bad | one.unmeasured for one in opinions if one.finding.gates))
    kept = [*samples.periods]
    while kept and kept[-1].start in bad:
        kept.pop()
    if not kept:
        return dataclasses.replace(recording, periods=(), coarse=(), answers=None), len(samples.periods)
    last = kept[-1].start

    def kept_of(periods: tuple[Period, ...]) -> tuple[Period, ...]:
        return tuple(one for one in periods if one.start <= last)

    coarse = tuple(dataclasses.replace(one, periods=kept_of(one.periods)) for one in recording.coarse)
    answers = recording.answers
    if answers is not None:
        answers = dataclasses.replace(answers, periods=kept_of(answers.periods))
    before = dataclasses.replace(recording, periods=kept_of(recording.periods), coarse=coarse, answers=answers)
    return before, len(samples.periods) - len(kept)


def _without_unmeasured(recording: Recording, opinions: list[Opinion]) -> tuple[Recording, int]:
    """The recording without the periods that are no measured time to some rule, and how many those are."""
    out = frozenset().union(*(one.unmeasured for one in opinions if one.finding.gates))
    kept = tuple(one for one in recording.periods if one.start not in out)
    return dataclasses.replace(recording, periods=kept), len(recording.periods) - len(kept)


def _missing(
    recording: Recording, policy: GatePolicy, samples: Samples, deciding: list[Opinion]
) -> tuple[list[str], float | None]:
    """What a PASS lacks, each in words, and how long it will take; None if that can't be told."""
    nothing = _silence(recording, samples)
    if nothing is not None:
        return [nothing], None
    missing: list[str] = []
    minutes: list[float | None] = []
    if not deciding:
        missing.append("no rule that decides could be judged")
        minutes.append(None)
    not_now: dict[str, list[str]] = defaultdict(list)
    for one in deciding:
        if one.not_now is not None:
            not_now[one.not_now].append(one.finding.rule.id)
    if not_now:
        each = [f"{', '.join(names)} {text}" for text, names in not_now.items()]
        missing.append(f"not now: {'; '.join(each)}")
        minutes.append(None)
    open_rules = [one for one in deciding if one.finding.outcome is Outcome.INCONCLUSIVE and one.not_now is None]
    if open_rules:
        names = ", ".join(one.finding.rule.id for one in open_rules)
        missing.append(f"undecided: {len(open_rules)} of {counted(len(deciding), 'rule')} ({names})")
        minutes.append(_all_decided(open_rules))
    if samples.minutes < policy.min_duration_minutes:
        missing.append(f"measured {lasting(samples.minutes)} of {lasting(policy.min_duration_minutes)}")
        minutes.append(policy.min_duration_minutes - samples.minutes)
    if samples.shadow_requests < policy.min_requests:
        missing.append(f"the shadow got {samples.shadow_requests:,.0f} of {policy.min_requests:,} requests")
        # Of no minute there is no pace.
        minutes.append((policy.min_requests / samples.shadow_requests - 1) * samples.minutes or None)
    if samples.paired < FEWEST_PERIODS:
        missing.append(f"{samples.paired} of {FEWEST_PERIODS} periods with data of both variants")
        minutes.append((FEWEST_PERIODS - samples.paired) * samples.period_minutes)
    failing = [one.minutes_to_go for one in open_rules if one.leans_to_fail and one.minutes_to_go is not None]
    if failing:
        return missing, min(failing) * (until.SEEN_SOONER if len(failing) > 1 else 1.0)
    return missing, longest(minutes)


def _all_decided(rules: Sequence[Opinion]) -> float | None:
    """How much longer it takes until all of them are decided; None if that can't be told."""
    known = [(one.finding.rule, one.minutes_to_go) for one in rules if one.minutes_to_go is not None]
    return until.all_of(known) if len(known) == len(rules) else None


def _silence(recording: Recording, samples: Samples) -> str | None:
    """Which side says nothing, or something that can't be; None if both speak as they should."""
    shadow, production = recording.shadow_variant, recording.production_variant
    if not samples.periods:
        if samples.warm_up:
            return f"no data yet after the warm-up of the shadow variant {shadow!r}"
        if any(one.production.numbers or one.production.distributions for one in recording.periods):
            return f"no data of the shadow variant {shadow!r}, while the production variant {production!r} has some"
        return f"no data of either variant, {production!r} and {shadow!r}"
    if samples.production_requests == 0:
        return f"no requests of the production variant {production!r} are known"
    if samples.shadow_requests == 0:
        return f"no requests of the shadow variant {shadow!r} are known"
    return copies.why_not_counted(samples.copies, shadow)
