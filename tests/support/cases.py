"""Recordings of the kinds that are in tests/ops/judge/recordings, each another: times, rates, sizes and noise vary.

``python -m tests.support.cases --each 10`` judges so many of each kind and prints those of which the judge says
something else than a careful engineer would; the tests take one of each.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import judge
from shadow_ops.judge.verdict import Verdict
from shadow_ops.measure.recording import Recording
from tests.support.attacks import after, between, constant, daily, leak, until
from tests.support.traffic import USUAL, Course, Now, Traffic, simulated, usual

RATES = (60, 300)
"""Requests a minute; each other one takes a pool of its own."""


@dataclass(frozen=True)
class Case:
    """A recording, and what should be said of it.

    Attributes:
        expected: ``PASS``, ``FAIL``, ``not PASS`` or ``not FAIL``.
        traffic: The endpoint.
        hours: How long the test has run.
        seed: Of its noise.
        shadow: How the shadow serves.
        production: How production serves.
    """

    expected: str
    traffic: Traffic
    hours: float
    seed: int
    shadow: Course = usual
    production: Course = usual

    def recording(self) -> Recording:
        """What was seen."""
        return simulated(self.traffic, self.hours, self.seed, shadow=self.shadow, production=self.production)

    def is_right(self, verdict: Verdict) -> bool:
        """Whether a verdict is what was expected."""
        outcome = str(verdict.outcome)
        unwanted = self.expected.removeprefix("not ")
        return outcome != unwanted if self.expected.startswith("not ") else outcome == self.expected


def _traffic(draw: random.Random, **more: float) -> Traffic:
    drift, memory = draw.uniform(0.005, 0.025), draw.uniform(0.4, 0.8)
    return Traffic(**{"per_minute": draw.choice(RATES), "drift": drift, "memory": memory, **more})  # type: ignore[arg-type] # by name, all are numbers


def _late(draw: random.Random, now: Now, good: float, lasts: float) -> Case:
    return Case("not PASS", _traffic(draw, per_minute=300), good + lasts, draw.randrange(10**6), after(good, now))


def _slow_late(draw: random.Random) -> Case:
    return _late(draw, Now(latency=draw.uniform(1.5, 12)), draw.uniform(72, 168), draw.uniform(1.2, 14))


def _failing_late(draw: random.Random) -> Case:
    return _late(draw, Now(failing=draw.uniform(0.01, 0.05)), draw.uniform(72, 168), draw.uniform(1.2, 6))


def _slow_daily(draw: random.Random) -> Case:
    peak = daily(draw.uniform(1, 20), draw.uniform(1, 3), Now(latency=draw.uniform(1.6, 11)))
    return Case("not PASS", _traffic(draw, per_minute=300), draw.choice([48.0, 72.0]), draw.randrange(10**6), peak)


def _incident(draw: random.Random) -> Case:
    first = draw.uniform(3, 18)
    theirs = between(first, first + draw.uniform(0.5, 1.5), Now(failing=draw.uniform(0.1, 0.4)))
    ours = constant(Now(errors=draw.uniform(12, 25)))
    return Case("not PASS", _traffic(draw, per_minute=300), draw.uniform(24.5, 30), draw.randrange(10**6), ours, theirs)


def _slow_production(draw: random.Random) -> Case:
    first, worse = draw.uniform(2, 10), draw.uniform(1.15, 1.4)
    slow = between(first, first + draw.uniform(6, 10), Now(latency=draw.uniform(1.6, 3)))

    def hidden(hour: float) -> Now:
        return Now(latency=max(slow(hour).latency, worse))

    return Case("not PASS", _traffic(draw), draw.uniform(24.5, 30), draw.randrange(10**6), hidden, slow)


def _lost(draw: random.Random) -> Case:
    got = draw.uniform(0.4, 0.85)
    where = draw.choice([constant(Now(got=got)), after(draw.uniform(20, 23), Now(got=got))])
    return Case("not PASS", _traffic(draw), draw.uniform(24.5, 30), draw.randrange(10**6), where)


def _dead(draw: random.Random) -> Case:
    hours = draw.uniform(25, 40)
    return Case(
        "not PASS", _traffic(draw), hours, draw.randrange(10**6), after(hours - draw.uniform(0.5, 3), Now(got=0))
    )


def _full(draw: random.Random) -> Case:
    hours, full = draw.uniform(25, 40), Now(cpu=draw.uniform(85, 100))
    return Case("not PASS", _traffic(draw), hours, draw.randrange(10**6), after(hours - draw.uniform(1, 3), full))


def _office(draw: random.Random, expected: str, now: Now) -> Case:
    traffic = _traffic(draw, open_hours=draw.choice([8, 9, 10]), per_minute=300)
    return Case(expected, traffic, 7 * 24.0, draw.randrange(10**6), constant(now))


def _office_equal(draw: random.Random) -> Case:
    return _office(draw, "PASS", USUAL)


def _office_worse(draw: random.Random) -> Case:
    return _office(draw, "FAIL", Now(latency=draw.uniform(1.3, 1.8), failing=draw.uniform(0.01, 0.03)))


def _few_requests(draw: random.Random) -> Case:
    hourly = draw.random() < 0.5
    traffic = Traffic(6, seconds=3600 if hourly else 300, averages=not hourly, drift=draw.uniform(0.005, 0.025))
    return Case("PASS", traffic, draw.uniform(72, 168), draw.randrange(10**6))


def _many_errors(draw: random.Random) -> Case:
    return Case(
        "PASS", _traffic(draw, error_rate=draw.uniform(0.02, 0.09)), draw.uniform(48, 90), draw.randrange(10**6)
    )


def _bursts(draw: random.Random) -> Case:
    traffic = _traffic(draw, per_minute=300, bursts_a_day=draw.uniform(1, 10))
    return Case("not FAIL", traffic, draw.uniform(4, 40), draw.randrange(10**6))


def _cold_start(draw: random.Random) -> Case:
    cold = draw.uniform(0.5, 1.0)
    slow = until(cold, Now(latency=draw.uniform(1.5, 3)))
    return Case("not FAIL", _traffic(draw, per_minute=300), draw.uniform(0.7, 1.6), draw.randrange(10**6), slow)


def _leak(draw: random.Random) -> Case:
    since = draw.uniform(5, 20)
    hours = since + draw.uniform(14, 20)
    return Case("FAIL", _traffic(draw, per_minute=300), hours, draw.randrange(10**6), leak(draw.uniform(4, 8), since))


def _more_errors_late(draw: random.Random) -> Case:
    good, usually = draw.uniform(8.2, 10) * 24, draw.uniform(0.03, 0.05)
    more = after(good, Now(failing=usually * draw.uniform(0.38, 0.45)))
    traffic = _traffic(draw, per_minute=300, error_rate=usually)
    return Case("not PASS", traffic, good + draw.uniform(1, 1.2), draw.randrange(10**6), more)


def _some_errors(draw: random.Random) -> Case:
    traffic = _traffic(draw, per_minute=60, error_rate=draw.uniform(0.005, 0.02))
    return Case("PASS", traffic, draw.uniform(36, 60), draw.randrange(10**6))


def _long_cold_start(draw: random.Random) -> Case:
    cold = draw.uniform(2.1, 2.8)
    slow = until(cold, Now(latency=draw.uniform(1.5, 3)))
    # A day ends in the middle of it, counted back from now.
    return Case("PASS", _traffic(draw, per_minute=300), 48 + (1 + cold) / 2, draw.randrange(10**6), slow)


def _equal(draw: random.Random) -> Case:
    return Case("PASS", _traffic(draw, per_minute=300), draw.uniform(25.5, 60), draw.randrange(10**6))


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "good for days, then slow": _slow_late,
    "good for days, then failing": _failing_late,
    "slow for hours each day": _slow_daily,
    "production has an incident, the shadow fails": _incident,
    "production is slow for hours, the shadow always": _slow_production,
    "copies are lost": _lost,
    "the shadow is silent": _dead,
    "the processor is full": _full,
    "office hours, equal": _office_equal,
    "office hours, worse": _office_worse,
    "few requests, equal": _few_requests,
    "many errors, equal": _many_errors,
    "bursts of errors on either side": _bursts,
    "cold start": _cold_start,
    "a leak": _leak,
    "many errors for days, then half again": _more_errors_late,
    "some errors, little traffic": _some_errors,
    "a long cold start, days later": _long_cold_start,
    "equal": _equal,
}
"""Each kind: from a source of chance to a case."""


def case(kind: str, number: int) -> Case:
    """One of a kind; the same number is the same case."""
    return KINDS[kind](random.Random(f"{kind} {number}"))


def wrong(each: int) -> Iterator[str]:
    """Of so many of each kind, those of which something else is said."""
    for kind in KINDS:
        for number in range(each):
            one = case(kind, number)
            said = judge(one.recording(), GatePolicy(), intervals=False)
            if not one.is_right(said):
                yield f"{kind} {number}: {said.outcome} instead of {one.expected}: {said.reason}"


def main() -> int:
    """Print what is wrong; returns 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=10, help="how many of each kind (default 10)")
    found = list(wrong(parser.parse_args().each))
    sys.stdout.write("\n".join([*found, f"{len(found)} wrong", ""]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
