"""Simulated shadow tests: what CloudWatch would say of two variants that serve the same requests.

Every request has a log-normal latency, 60 % of whose variance both variants share (the payload's), and three in two
hundred requests take an exponential while longer. A period's percentiles are order statistics of such draws. Over
them lie the day's load (a sine and slow noise, the same for both) and each variant's own slow noise, sd 2 %. Errors
are drawn per period; half of production's are the request's fault and hit the copy too.

Drawing every request of a day a few thousand times takes too long, so a few hundred periods are drawn request by
request for each traffic, and tests put together from them. Beyond `_MOST_REQUESTS` a period's percentiles are drawn
from that many requests, and their scatter shrunk by the square root.
"""

from __future__ import annotations

import datetime
import math
import random
from dataclasses import dataclass

from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.judge import choose_period
from shadow_ops.measure.recording import Period, Recording, Side

_SPREAD = 0.35
_SHARED = 0.6
# The tail makes the ratio of two p99 of 1,500 requests each scatter by about 7 %.
_SLOW_SHARE, _SLOW_MS = 0.015, 70.0
_MOST_REQUESTS = 6000
_POOL_REQUESTS = 1_500_000
_NOISE_SD, _NOISE_MEMORY = 0.02, 0.9
_LOAD_SD, _LOAD_MEMORY, _DAY_SWING = 0.08, 0.9, 0.15
_ERROR_RATE = 0.001
_HARDWARE = Instances("ml.m5.xlarge", 2, 4, 0)
PERCENTILES = (50, 90, 99)


@dataclass(frozen=True)
class Traffic:
    """How many requests, how many of them copied, and for how long a test runs."""

    per_minute: int
    sampling_percent: float
    hours: float

    @property
    def period_seconds(self) -> int:
        """Length of the periods that the gate would choose."""
        return choose_period(self.per_minute * self.sampling_percent / 100, GatePolicy())

    @property
    def requests(self) -> int:
        """Of production in a period, on average."""
        return self.per_minute * self.period_seconds // 60

    @property
    def periods(self) -> int:
        """In a test."""
        return int(self.hours * 3600 / self.period_seconds)


@dataclass(frozen=True)
class Change:
    """What is different about the shadow: factors on its percentiles and on its rate of 5xx errors."""

    title: str
    p50: float = 1.0
    p90: float = 1.0
    p99: float = 1.0
    errors: float = 1.0


Quantiles = tuple[tuple[float, ...], tuple[float, ...]]


def pool(traffic: Traffic, seed: int) -> list[Quantiles]:
    """Periods drawn request by request: log percentiles of production and shadow, around the true ones."""
    draw = random.Random(seed)
    truth = _log_percentiles(sorted(_latency(draw, draw.gauss(0, 1), _slow(draw)) for _ in range(200_000)))
    requests = min(traffic.requests, max(_MOST_REQUESTS, 20_000 if traffic.sampling_percent < 100 else 0))
    shrink = math.sqrt(requests / traffic.requests)
    copies = round(requests * traffic.sampling_percent / 100)
    return [
        _period(draw, requests, copies, shrink, truth) for _ in range(max(60, min(400, _POOL_REQUESTS // requests)))
    ]


def recording(traffic: Traffic, change: Change, periods: list[Quantiles], seed: int) -> Recording:
    """A test put together from drawn periods, with load, noise and errors over them."""
    draw = random.Random(seed)
    minutes = traffic.period_seconds // 60
    load, ours, theirs = (
        _slow_noise(draw, traffic.periods, minutes, sd, memory)
        for sd, memory in ((_LOAD_SD, _LOAD_MEMORY), (_NOISE_SD, _NOISE_MEMORY), (_NOISE_SD, _NOISE_MEMORY))
    )
    began = draw.random()
    # Of four cores, at the share of the traffic that is copied: 40 % of the instance at all of it.
    cpu = 160 * traffic.sampling_percent / 100
    factors = [math.log(one) for one in (change.p50, change.p90, change.p99)]
    found = []
    start = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    for number in range(traffic.periods):
        production, shadow = draw.choice(periods)
        if traffic.sampling_percent == 100 and draw.random() < 0.5:
            # Equal variants: without this the pool's own luck would favour the same one in every test.
            production, shadow = shadow, production
        day = _DAY_SWING * math.sin(2 * math.pi * (began + number * traffic.period_seconds / 86_400))
        common = day + load[number]
        requests = _poisson(draw, traffic.requests * (1 + day))
        copies = min(requests, _poisson(draw, requests * traffic.sampling_percent / 100))
        if traffic.sampling_percent == 100:
            copies = requests
        both = _poisson(draw, copies * _ERROR_RATE / 2)
        own = both + _poisson(draw, copies * _ERROR_RATE * max(0.0, change.errors - 0.5))
        other = both + _poisson(draw, requests * _ERROR_RATE - copies * _ERROR_RATE / 2)
        found.append(
            Period(
                start + datetime.timedelta(seconds=number * traffic.period_seconds),
                _side(requests, other, [one + common + ours[number] for one in production], cpu),
                _side(
                    copies,
                    own,
                    [one + factor + common + theirs[number] for one, factor in zip(shadow, factors, strict=True)],
                    cpu,
                ),
            )
        )
    names = ("churn", "production", "shadow")
    hardware = (_HARDWARE, _HARDWARE, _HARDWARE)
    return Recording(*names, traffic.sampling_percent, traffic.period_seconds, tuple(found), *hardware)


def _side(requests: int, errors: int, logs: list[float], cpu: float) -> Side:
    latency = {f"p{one}": 50_000 * math.exp(log) for one, log in zip(PERCENTILES, logs, strict=True)}
    return Side(
        {
            "Invocations": requests,
            "Invocation4XXErrors": 0,
            "Invocation5XXErrors": min(errors, requests),
            "InvocationModelErrors": min(errors, requests),
            "CPUUtilization": cpu,
            "MemoryUtilization": 40,
            "DiskUtilization": 20,
        },
        {"ModelLatency": {"count": requests, **latency}},
    )


def _period(draw: random.Random, requests: int, copies: int, shrink: float, truth: tuple[float, ...]) -> Quantiles:
    production, shadow = [], []
    for number in range(requests):
        payload, slow = draw.gauss(0, 1), _slow(draw)
        production.append(_latency(draw, payload, slow))
        if number < copies:
            shadow.append(_latency(draw, payload, slow))
    sides = (_log_percentiles(sorted(production)), _log_percentiles(sorted(shadow)))
    one, other = (tuple(t + shrink * (log - t) for log, t in zip(side, truth, strict=True)) for side in sides)
    return one, other


def _slow(draw: random.Random) -> bool:
    return draw.random() < _SLOW_SHARE


def _latency(draw: random.Random, payload: float, slow: bool) -> float:
    log = _SPREAD * (math.sqrt(_SHARED) * payload + math.sqrt(1 - _SHARED) * draw.gauss(0, 1))
    return math.exp(log) + (draw.expovariate(50 / _SLOW_MS) if slow else 0.0)


def _log_percentiles(latencies: list[float]) -> tuple[float, ...]:
    last = len(latencies) - 1
    return tuple(math.log(latencies[round(last * one / 100)]) for one in PERCENTILES)


def _slow_noise(draw: random.Random, periods: int, minutes: int, sd: float, memory: float) -> list[float]:
    state, fresh = draw.gauss(0, sd), sd * math.sqrt(1 - memory * memory)
    found = []
    for _ in range(periods):
        sum_of_period = 0.0
        for _ in range(minutes):
            state = memory * state + draw.gauss(0, fresh)
            sum_of_period += state
        found.append(sum_of_period / minutes)
    return found


def _poisson(draw: random.Random, mean: float) -> int:
    if mean > 60:
        return max(0, round(draw.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-max(mean, 0.0))
    product = draw.random()
    while product > left:
        count += 1
        product *= draw.random()
    return count
