"""From what each rule says to one verdict."""

from __future__ import annotations

from shadow_ops.contract.policy import GatePolicy, share_bound
from shadow_ops.contract.rules import Rule
from shadow_ops.judge.kinds import JUDGES
from shadow_ops.judge.opinion import FEWEST_PERIODS, Needs, Opinion, counted, lasting, longest, needs_of, plain
from shadow_ops.judge.samples import Samples, samples_of
from shadow_ops.judge.verdict import Outcome, Verdict
from shadow_ops.measure.recording import Recording

# Share of the periods in which a shadow may have been silent though copies were due.
_TOLERATED_SILENCE = 0.05


def judge(recording: Recording, policy: GatePolicy) -> Verdict:
    """Judge a shadow test.

    The same recording and policy always give the same verdict. It may be asked as often as one likes.

    Args:
        recording: What was seen, in order of time.
        policy: What must hold.
    """
    samples = samples_of(recording, policy)
    needs = needs_of(policy, _tests(policy, samples))
    first = _first(policy)
    opinions = [_judged(rule, samples, needs, rule is first) for rule in policy.rules]
    findings = tuple(one.finding for one in opinions)
    deciding = [one for one in opinions if one.finding.gates and one.finding.outcome is not None]
    notes = (*_notes(recording, samples), *(note for one in opinions for note in one.notes))
    failing = [one for one in deciding if one.finding.outcome is Outcome.FAIL]
    if failing:
        reason = "; ".join(one.finding.reason for one in failing)
        return Verdict(Outcome.FAIL, reason, findings, notes)
    missing, minutes = _missing(recording, policy, samples, deciding)
    if missing:
        text = "; ".join(missing)
        if minutes is not None:
            text = f"{text}; about {lasting(minutes)} to go"
        return Verdict(Outcome.INCONCLUSIVE, text, findings, notes, minutes)
    rules = "the deciding rule holds" if len(deciding) == 1 else f"all {len(deciding)} deciding rules hold"
    reason = f"{rules} over {lasting(samples.minutes)} and {samples.shadow_requests:,.0f} requests to the shadow"
    return Verdict(Outcome.PASS, reason, findings, notes)


def _first(policy: GatePolicy) -> Rule | None:
    """The rule that gets half of the allowance for being wrong: the highest percentile that decides."""
    percentiles = [rule for rule in policy.gating_rules if rule.requests_needed > 1]
    return max(percentiles, key=lambda rule: rule.requests_needed, default=None)


def _judged(rule: Rule, samples: Samples, needs: Needs, is_first: bool) -> Opinion:
    return JUDGES[type(rule)].judge(rule, samples, needs, needs.fail_first if is_first else needs.fail)


def _tests(policy: GatePolicy, samples: Samples) -> int:
    """How many tests may fail the shadow, one per bound."""
    return sum(len(rule.bounds) for rule in policy.gating_rules if JUDGES[type(rule)].may_fail(rule, samples))


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
    open_rules = [one for one in deciding if one.finding.outcome is Outcome.INCONCLUSIVE]
    if open_rules:
        names = ", ".join(one.finding.rule.id for one in open_rules)
        missing.append(f"undecided: {len(open_rules)} of {counted(len(deciding), 'rule')} ({names})")
        minutes.extend(one.minutes_to_go for one in open_rules)
    if samples.minutes < policy.min_duration_minutes:
        missing.append(f"measured {lasting(samples.minutes)} of {lasting(policy.min_duration_minutes)}")
        minutes.append(policy.min_duration_minutes - samples.minutes)
    if samples.shadow_requests < policy.min_requests:
        missing.append(f"the shadow got {samples.shadow_requests:,.0f} of {policy.min_requests:,} requests")
        rate = samples.shadow_requests / samples.minutes if samples.minutes > 0 else 0
        minutes.append((policy.min_requests - samples.shadow_requests) / rate if rate > 0 else None)
    if samples.paired < FEWEST_PERIODS:
        missing.append(f"{samples.paired} of {FEWEST_PERIODS} periods with data of both variants")
        minutes.append((FEWEST_PERIODS - samples.paired) * samples.period_minutes)
    return missing, longest(minutes)


def _silence(recording: Recording, samples: Samples) -> str | None:
    """Which side says nothing, or too little; None if both speak as they should."""
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
    if samples.ends_silent:
        return f"the shadow variant {shadow!r} has fallen silent, while copies of requests are due"
    if samples.silent > _TOLERATED_SILENCE * len(samples.periods):
        text = f"in {samples.silent} of {counted(len(samples.periods), 'period')}, while copies of requests were due"
        return f"no requests of the shadow variant {shadow!r} {text}"
    if _gets_too_little(samples):
        return f"the shadow variant {shadow!r} got too little: {_shares(samples)}"
    return None


def _gets_too_little(samples: Samples) -> bool:
    return samples.shadow_requests < share_bound(samples.sampling_percent).limit / 100 * samples.production_requests


def _shares(samples: Samples) -> str:
    got = samples.shadow_requests / samples.production_requests * 100
    return f"{got:.3g} % of production's requests, where {plain(samples.sampling_percent)} % are to be copied"


def _notes(recording: Recording, samples: Samples) -> tuple[str, ...]:
    notes: list[str] = []
    if samples.warm_up:
        notes.append(f"{counted(samples.warm_up, 'period')} of warm-up not judged")
    if samples.gaps:
        notes.append(f"{counted(samples.gaps, 'period')} without data of either variant left out")
    if samples.unpaired:
        notes.append(f"{counted(samples.unpaired, 'period')} with data of one variant only not compared")
    if samples.silent:
        shadow = recording.shadow_variant
        notes.append(f"{counted(samples.silent, 'period')} in which {shadow!r} got none of the copies that were due")
    if samples.production_requests > 0 and samples.shadow_requests > 0 and _gets_too_little(samples):
        notes.append(f"the shadow got {_shares(samples)}")
    return tuple(notes)
