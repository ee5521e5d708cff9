"""Evidence about shares of requests, valid however often one looks.

Each function returns the natural logarithm of an e-value: how many times better a mixture of explanations, fixed
beforehand, predicted the counts than the best explanation that the hypothesis allows. Under the hypothesis it ever
reaches x with a probability of at most 1/x (Ville's inequality; universal inference for the two-sided case).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

TOLERATED_RATIO = 1.2
"""An error rate less than a fifth above production's never fails a shadow: errors come in clusters (one caller's bad
hour, one slow dependency), which makes two equal variants differ by more than independent requests would."""

# Multiples of the tolerated ratio that the mixture believes in, from just above it to a hundredfold.
_MULTIPLES = [1.1 * (100 / 1.1) ** (step / 19) for step in range(20)]
_STEPS = 50
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Counts:
    """Errors and requests of both variants.

    Attributes:
        shadow_errors: Of the shadow's requests.
        shadow: The shadow's requests.
        production_errors: Of production's requests.
        production: Production's requests.
    """

    shadow_errors: float
    shadow: float
    production_errors: float
    production: float

    @property
    def excess(self) -> float:
        """How far the shadow's share is above production's, -1 to 1; needs requests on both sides."""
        return self.shadow_errors / self.shadow - self.production_errors / self.production

    @property
    def swapped(self) -> Counts:
        """The variants the other way round."""
        return Counts(self.production_errors, self.production, self.shadow_errors, self.shadow)

    def times(self, factor: float) -> Counts:
        """The same shares of more requests."""
        return Counts(
            self.shadow_errors * factor,
            self.shadow * factor,
            self.production_errors * factor,
            self.production * factor,
        )


def total(counts: Iterable[Counts]) -> Counts:
    """The counts of several periods together."""
    sums = [0.0, 0.0, 0.0, 0.0]
    for one in counts:
        sums[0] += one.shadow_errors
        sums[1] += one.shadow
        sums[2] += one.production_errors
        sums[3] += one.production
    return Counts(*sums)


def log_evidence_of_ratio(periods: Iterable[Counts]) -> float:
    """Evidence that the shadow's rate is more than `TOLERATED_RATIO` times production's.

    Given how many errors a period had in all, their split depends on the ratio of the rates and on the numbers of
    requests alone: the rate may change from period to period, and so may the share that is sampled.
    """
    logs = [0.0] * len(_MULTIPLES)
    for one in periods:
        errors = one.shadow_errors + one.production_errors
        if errors == 0:
            continue
        base = TOLERATED_RATIO * one.shadow + one.production
        for place, multiple in enumerate(_MULTIPLES):
            grown = TOLERATED_RATIO * multiple * one.shadow + one.production
            logs[place] += one.shadow_errors * math.log(multiple) - errors * math.log(grown / base)
    return _log_mean(logs)


def log_evidence_below_ratio(counts: Counts, ratio: float) -> float:
    """Evidence that the shadow's rate is less than so many times production's; 0 if it isn't observed to be.

    Given how many errors there are in all, how many of them are the shadow's depends on the ratio alone.
    """
    errors = counts.shadow_errors + counts.production_errors
    split = ratio * counts.shadow / (ratio * counts.shadow + counts.production)
    if errors == 0 or counts.shadow_errors >= split * errors:
        return 0.0
    # Half of the mixture believes in what matters most here: that the two are equal.
    equal = counts.shadow / (counts.shadow + counts.production)
    of_equal = _log_likelihood(counts.shadow_errors, errors, equal) - _log_likelihood(
        counts.shadow_errors, errors, split
    )
    return _log_mean([log_evidence_against_share(counts.shadow_errors, errors, split), of_equal])


def log_evidence_against_excess(counts: Counts, excess: float, scale: float) -> float:
    """Evidence that the shadow's share is not exactly so far above production's.

    Args:
        counts: Of all periods together, with requests on both sides.
        excess: The difference of the shares, -1 to 1.
        scale: A share that is typical of what matters here, such as the excess allowed; it sharpens the evidence of
            rates that small, and must not be chosen by the data.
    """
    k, n, i, m = counts.shadow_errors, counts.shadow, counts.production_errors, counts.production
    alternatives = []
    for b in (0.5, max(0.5, 0.5 / max(scale, _SMALLEST))):
        alternatives.append(_log_beta_mixture(k, n, b) + _log_beta_mixture(i, m, b))
        alternatives.append(_log_beta_mixture(k + i, n + m, b))
    return _log_mean(alternatives) - _best_at_excess(counts, excess)


def interval_of_excess(counts: Counts, needed: float, scale: float) -> tuple[float, float]:
    """All differences of the shares without that much evidence against them."""

    def end(inside: float, outside: float) -> float:
        for _ in range(_STEPS):
            if abs(outside - inside) < 1e-6:
                break
            middle = (inside + outside) / 2
            if log_evidence_against_excess(counts, middle, scale) < needed:
                inside = middle
            else:
                outside = middle
        return outside

    return end(counts.excess, -1.0), end(counts.excess, 1.0)


def log_evidence_against_share(hits: float, trials: float, share: float) -> float:
    """Evidence that the probability of a hit is not exactly `share`."""
    if trials == 0:
        return 0.0
    b = max(0.5, 0.5 / max(share, _SMALLEST))
    mixed = _log_mean([_log_beta_mixture(hits, trials, 0.5), _log_beta_mixture(hits, trials, b)])
    return mixed - _log_likelihood(hits, trials, share)


def _log_beta_mixture(hits: float, trials: float, b: float) -> float:
    return _log_beta(hits + 0.5, trials - hits + b) - _log_beta(0.5, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_likelihood(hits: float, trials: float, share: float) -> float:
    found = 0.0
    for count, probability in ((hits, share), (trials - hits, 1 - share)):
        if count > 0:
            found += count * math.log(probability) if probability > 0 else -math.inf
    return found


def _best_at_excess(counts: Counts, excess: float) -> float:
    """Log likelihood of the best pair of shares that differ by exactly `excess`."""
    k, n, i, m = counts.shadow_errors, counts.shadow, counts.production_errors, counts.production
    low, high = max(0.0, -excess), min(1.0, 1 - excess)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        shifted = middle + excess
        slope = (
            k / max(shifted, _SMALLEST)
            - (n - k) / max(1 - shifted, _SMALLEST)
            + i / max(middle, _SMALLEST)
            - (m - i) / max(1 - middle, _SMALLEST)
        )
        if slope > 0:
            low = middle
        else:
            high = middle
    # The likelihood has one hill, so its top is at one of the two ends of what is left, to within the resolution.
    return max(
        _log_likelihood(k, n, min(1.0, max(0.0, one + excess))) + _log_likelihood(i, m, one) for one in (low, high)
    )


def _log_mean(logs: list[float]) -> float:
    most = max(logs)
    return most + math.log(math.fsum(math.exp(one - most) for one in logs) / len(logs))
