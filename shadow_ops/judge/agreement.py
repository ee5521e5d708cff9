"""Judges how many captured answers agree: by the stretches of time that the watch has counted."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from shadow_ops.contract import catalogue
from shadow_ops.contract.rules import AgreementRule
from shadow_ops.judge import rates, vetoes
from shadow_ops.judge.opinion import Needs, Opinion, lasting, opinion, plain
from shadow_ops.judge.rates import Counts
from shadow_ops.judge.samples import Samples
from shadow_ops.judge.verdict import Outcome

MIN_JOINED_PERCENT = 95
"""Below this share of the smaller side's answers, those that could be joined may not stand for the others."""

FEWEST_STRETCHES = 3
"""So many stretches a verdict needs: one may be a single caller's bad hour."""

# The last stretch, the last three, the last twelve: how many of the worst are spared, and how many standard deviations
# beyond what is allowed the others must be.
_LATELY = ((1, 0, 4.0), (3, 1, 1.5), (12, 1, 1.5))
_PEAK_SURE, _FEWEST_MORE = 4.0, 3
_STEPS, _LONGEST_ESTIMATE = 40, 8


@dataclass(frozen=True)
class Stretch:
    """What was counted in a stretch of time.

    Attributes:
        start: When it begins.
        compared: Pairs.
        differing: Those that don't agree.
        unjoined: Answers of the side with fewer that are in no pair.
        repeated: Production's answers to repeated requests.
        unsteady: Those that are otherwise than usually.
    """

    start: datetime.datetime
    compared: float
    differing: float
    unjoined: float
    repeated: float = 0
    unsteady: float = 0


def judge_agreement(rule: AgreementRule, samples: Samples, needs: Needs) -> Opinion:
    """Judge how many captured answers agree.

    Args:
        rule: The rule.
        samples: What is judged.
        needs: How much evidence decides.
    """
    each = 60.0 if samples.answers is None else samples.answers.period_seconds / 60
    seen = [one for one in _stretches(samples) if one.compared + one.unjoined > 0]
    compared, unjoined = (math.fsum(getattr(one, name) for one in seen) for name in ("compared", "unjoined"))
    numbers: dict[str, float | int | None] = {"pairs": compared, "unjoined": unjoined, "stretches": len(seen)}
    if not seen:
        why = "no captured answers have been compared yet: the watch does it once an hour is over"
        return opinion(rule, Outcome.INCONCLUSIVE, f"Answers: {why}", numbers)
    joined = compared / (compared + unjoined) * 100
    numbers["joined_percent"] = joined
    if joined < MIN_JOINED_PERCENT:
        few = f"{few_joined(joined)}, {MIN_JOINED_PERCENT} % are needed"
        fix = "send an InferenceId with each request, and capture all of them"
        return opinion(rule, Outcome.INCONCLUSIVE, f"Answers: {few}; {fix}", numbers)
    counts, limit = _counts(seen), 1 - rule.min_percent / 100
    less_noise = rule.less_noise and counts.production > 0
    if not less_noise:
        counts = replace(counts, production_errors=0, production=1)
    allowed = limit + counts.production_errors / counts.production
    # One bad hour that is over tells nothing of how hours usually differ.
    usual = sorted(seen, key=lambda one: _beyond(one, allowed))[:-1]
    spread = _spread(usual)

    def evidence(one: Counts, excess: float) -> float:
        if less_noise:
            return rates.log_evidence_against_excess(one, excess, limit) / spread
        return rates.log_evidence_against_share(one.shadow_errors, one.shadow, excess) / spread

    low, high = (
        interval(lambda one: evidence(counts, one), counts.excess, needs.ends)
        if needs.intervals
        else (counts.excess, counts.excess)
    )
    shares = (_agreeing(one, rule.min_percent) for one in (max(0.0, counts.excess), high, low))
    said = (
        f"Answers: {next(shares)} % of {compared:,.0f} pairs agree"
        f"{', less what production differs from itself' if less_noise else ''} "
        f"({plain(needs.confidence_percent)} % sure: {' to '.join(shares)}), "
        f"required {plain(rule.min_percent)} %"
    )
    numbers |= {
        "agreement_percent": (1 - counts.excess) * 100,
        "low_percent": (1 - high) * 100,
        "high_percent": (1 - low) * 100,
        "min_percent": rule.min_percent,
        "noise_percent": counts.production_errors / counts.production * 100 if less_noise else None,
    }
    rest = _counts(usual)
    rest = rest if less_noise and rest.production > 0 else replace(rest, production_errors=0, production=1)
    beyond = sum(_beyond(one, allowed) > 0 for one in seen)
    outcome: Outcome = Outcome.INCONCLUSIVE
    if len(seen) >= FEWEST_STRETCHES:
        if rest.shadow > 0 and rest.excess > limit and evidence(rest, limit) >= needs.fail and beyond * 2 > len(seen):
            outcome = Outcome.FAIL
        elif counts.excess < limit and evidence(counts, limit) >= needs.hold:
            outcome = Outcome.PASS
    minutes: float | None = None
    if outcome is Outcome.INCONCLUSIVE:
        minutes = _to_go(len(seen), each, evidence(counts, limit), needs.hold)
        said += "; above what is allowed, but not surely" if counts.excess > limit else "; not enough pairs to be sure"
    now = None if outcome is Outcome.FAIL else _not_now(seen, allowed, each) or _unknown_now(seen, samples, each)
    if now is not None:
        outcome, minutes, said = Outcome.INCONCLUSIVE, None, f"{said}; not now: {now}"
    bad = {one.start for one in seen if _beyond(one, allowed) >= _FEWEST_MORE}
    length = datetime.timedelta(minutes=each)
    within = frozenset(one.start for one in samples.periods if any(b <= one.start < b + length for b in bad))
    return opinion(rule, outcome, said, numbers, minutes, not_now=now, bad=within)


def _stretches(samples: Samples) -> list[Stretch]:
    found = []
    for one in () if samples.answers is None else samples.answers.periods:
        shadow = one.shadow.numbers
        compared = shadow.get(catalogue.COMPARED_ANSWERS.name)
        agreeing = shadow.get(catalogue.AGREEING_ANSWERS.name)
        if compared is not None and agreeing is not None:
            repeated = shadow.get(catalogue.REPEATED_ANSWERS.name, 0.0)
            unsteady = max(0.0, repeated - shadow.get(catalogue.STEADY_ANSWERS.name, repeated))
            unjoined = shadow.get(catalogue.UNJOINED_ANSWERS.name, 0.0)
            differing = max(0.0, compared - agreeing)
            found.append(Stretch(one.start, compared, differing, unjoined, repeated, unsteady))
    return found


def _counts(seen: Sequence[Stretch]) -> Counts:
    """Differing pairs, and what production differs from itself."""
    return Counts(
        math.fsum(one.differing for one in seen),
        math.fsum(one.compared for one in seen),
        math.fsum(one.unsteady for one in seen),
        math.fsum(one.repeated for one in seen),
    )


def _spread(seen: Sequence[Stretch]) -> float:
    """How many times as much the stretches differ as independent pairs would: so many pairs say no more than one."""
    full = [one for one in seen if one.compared]
    if len(full) < 2:
        return 1.0
    usual = math.fsum(one.differing for one in full) / math.fsum(one.compared for one in full)
    if not 0 < usual < 1:
        return 1.0
    apart = math.fsum((one.differing - usual * one.compared) ** 2 / one.compared for one in full)
    return max(1.0, apart / (usual * (1 - usual)) / (len(full) - 1))


def interval(evidence: Callable[[float], float], seen: float, needed: float) -> tuple[float, float]:
    """All shares around the one that was seen without so much evidence against them."""

    def end(outside: float) -> float:
        if evidence(outside) < needed:
            return outside
        inside = seen
        for _ in range(_STEPS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if evidence(middle) < needed else (inside, middle)
        return outside

    return end(0.0), end(1.0)


def _beyond(one: Stretch, limit: float) -> float:
    return one.differing - limit * one.compared


def _surely_beyond(some: Sequence[Stretch], limit: float, sure: float) -> bool:
    expected = limit * math.fsum(one.compared for one in some)
    differing = math.fsum(one.differing for one in some)
    return differing - expected >= _FEWEST_MORE + sure * math.sqrt(expected)


def _not_now(seen: Sequence[Stretch], limit: float, minutes: float) -> str | None:
    """What keeps the rule from holding now; see `vetoes`."""
    for last, spared, sure in _LATELY:
        some = sorted(seen[-last:], key=lambda one: _beyond(one, limit))
        if len(some) > spared and _surely_beyond(some[: len(some) - spared], limit, sure):
            share = math.fsum(one.differing for one in some) / math.fsum(one.compared for one in some)
            begun = vetoes.clock(seen[-last:][0].start)
            some_of = "stretch" if len(some) == 1 else f"{len(some)} stretches"
            return f"{_agreeing(share)} % agree in the last {some_of} of answers, since {begun}"
    worse = [_surely_beyond([one], limit, _PEAK_SURE) for one in seen]
    peaks = vetoes.peaks_of(worse, [False] * len(seen), minutes)
    if not peaks.when:
        return None
    some = [seen[number] for number in peaks.when]
    share = math.fsum(one.differing for one in some) / math.fsum(one.compared for one in some)
    return f"{_agreeing(share)} % agree in {peaks.text([one.start for one in seen])}"


def _unknown_now(seen: Sequence[Stretch], samples: Samples, minutes: float) -> str | None:
    """Whether nobody can tell of the last three stretches, because they weren't compared or hardly joined."""
    end = seen[-1].start + datetime.timedelta(minutes=minutes)
    fine = samples.fine
    since = sum(asked and start >= end for start, asked in zip(fine.starts, fine.busy[1], strict=True))
    without = since * samples.period_minutes
    if without > FEWEST_STRETCHES * max(minutes, samples.period_minutes):
        return f"no answers compared since {vetoes.clock(end)}, {lasting(without)} in which the shadow had requests"
    last = seen[-FEWEST_STRETCHES:]
    compared, unjoined = (math.fsum(getattr(one, name) for one in last) for name in ("compared", "unjoined"))
    joined = compared / (compared + unjoined) * 100
    if joined >= MIN_JOINED_PERCENT:
        return None
    some = f"last {len(last)} stretches of answers, since {vetoes.clock(last[0].start)}"
    return f"{few_joined(joined)} in the {some}"


def _to_go(stretches: int, minutes: float, won: float, needed: float) -> float | None:
    wanted = stretches * needed / won if won > 0 else math.inf
    wanted = max(wanted, float(FEWEST_STRETCHES))
    return (
        None
        if wanted > _LONGEST_ESTIMATE * max(stretches, 1) + FEWEST_STRETCHES
        else (max(wanted - stretches, 1.0) * minutes)
    )


def share_text(percent: float, *limits: float) -> str:
    """A share with two decimals, or as many as it takes to lie on its side of all, of none and of some limits."""
    for digits in range(2, 16):
        text = f"{percent:.{digits}f}"
        if all((percent > one, percent < one) == (float(text) > one, float(text) < one) for one in (0, 100, *limits)):
            return text
    return repr(percent)


def few_joined(percent: float) -> str:
    """That too few answers could be joined."""
    return f"only {share_text(percent, MIN_JOINED_PERCENT)} % of the answers could be joined"


def _agreeing(differing: float, *limits: float) -> str:
    return share_text((1 - differing) * 100, *limits)
