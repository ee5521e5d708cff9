"""How often answers agree, as surely as it can be said, however often one looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shadow_ops.judge.agreement import MIN_JOINED_PERCENT, few_joined, interval, share_text
from shadow_ops.judge.opinion import plain
from shadow_ops.judge.rates import log_evidence_against_share


@dataclass(frozen=True)
class Agreement:
    """A share of pairs.

    Attributes:
        compared: Pairs compared.
        agreeing: Those that agree.
        low_percent: The share that agrees is at least this.
        high_percent: And at most this.
    """

    compared: int
    agreeing: int
    low_percent: float
    high_percent: float

    @property
    def percent(self) -> float | None:
        """The share of the pairs that were compared; None without any."""
        return self.agreeing / self.compared * 100 if self.compared else None


def agreement(compared: int, agreeing: int, confidence_percent: float) -> Agreement:
    """The share that agrees, with an interval that holds at every look, not just at one.

    Requests are taken as independent: where agreement differs by the hour, the truth is less sure than the interval.
    """
    if not compared:
        return Agreement(0, 0, 0, 100)
    low, high = interval(
        lambda share: log_evidence_against_share(agreeing, compared, share),
        agreeing / compared,
        -math.log(1 - confidence_percent / 100),
    )
    return Agreement(compared, agreeing, low * 100, high * 100)


def verdict(found: Agreement, joined_percent: float | None, min_percent: float) -> tuple[str, str]:
    """Whether enough answers agree: PASS, FAIL or INCONCLUSIVE, and why.

    Args:
        found: The share that agrees.
        joined_percent: Share of the smaller side's answers that are in a pair; None without answers.
        min_percent: What must agree.
    """
    if found.percent is None or joined_percent is None:
        why = "no answer of one variant could be joined with one of the other, or none has the part that is compared"
        return "INCONCLUSIVE", why
    shares = found.percent, found.low_percent, found.high_percent
    share, low, high = (share_text(one, min_percent) for one in shares)
    said = f"{share} % agree ({low}…{high}), required {plain(min_percent)} %"
    if joined_percent < MIN_JOINED_PERCENT:
        joined = f"{few_joined(joined_percent)}, {MIN_JOINED_PERCENT} % are needed"
        return "INCONCLUSIVE", f"{joined}; of those {said}"
    if found.low_percent >= min_percent:
        return "PASS", said
    return ("FAIL", said) if found.high_percent < min_percent else ("INCONCLUSIVE", f"{said}: too close to tell")
