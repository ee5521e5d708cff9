"""Simulated shadow tests: what CloudWatch would say of two variants that serve the same requests.

Every request has a log-normal latency, 60 % of whose variance both variants share (the payload's), and three in two
hundred requests take an exponential while longer. A period's percentiles are order statistics of such draws. Over
them lie the day's load (a sine and slow noise, the same for both) and each variant's own slow noise, sd 2 %. Errors
are drawn per period; half of production's are the request's fault and hit the copy too.

Drawing every request of a week takes too long, so a few hundred periods are drawn request by request for each traffic,
and tests put together from them. The same seed makes the same test.
"""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from shadow_ops.contract.instances import Instances
from shadow_ops.measure.recording import Period, Recording, Side

START = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
HARDWARE = Instances("ml.m5.xlarge", 2, 4, 0)
PERCENTILES = (50, 90, 99)

_SPREAD, _SHARED = 0.35, 0.6
# The tail makes the ratio of two p99 of 1,500 requests each scatter by about 7 %.
_SLOW_SHARE, _SLOW = 0.015, 1.4
# A period of more requests is drawn from so many, and its scatter shrunk by the square root.
_MOST_REQUESTS, _POOL_REQUESTS, _MOST_IN_POOL = 6000, 600_000, 400
_LOAD_SD, _LOAD_MEMORY, _DAY_SWING = 0.08, 0.6, 0.15
_MORNING = 6


@dataclass(frozen=True)
class Now:
    """How a variant serves at one moment, beside its usual.

    Attributes:
        latency: Times the latency of every request.
        tail: Times p99 alone.
        errors: Times the share of requests that fail.
        failing: A share of requests that fail beside these.
        got: Share of the requests that are due to it which it gets; 0 is silent.
        cpu: Percent of the instance at all the traffic.
    """

    latency: float = 1.0
    tail: float = 1.0
    errors: float = 1.0
    failing: float = 0.0
    got: float = 1.0
    cpu: float = 40.0


USUAL = Now()


def usual(_hour: float) -> Now:
    """A variant that stays as it is."""
    return USUAL


Course = Callable[[float], Now]
"""How a variant serves, by the hours since the test began."""


@dataclass(frozen=True)
class Traffic:
    """An endpoint.

    Attributes:
        per_minute: Requests, on average over the hours in which there are any.
        sampling_percent: Share of them that is copied.
        seconds: Length of a period.
        error_rate: Share of the requests that fail on either variant.
        drift: Standard deviation of each variant's own slow noise, in the log of its latency.
        memory: How much of that noise is left after five minutes, as a correlation.
        open_hours: Hours a day in which there are requests.
        night: From midnight to six o'clock, how many times the requests of the day there are.
        bursts_a_day: Episodes of five minutes in which a fifth of the requests fail, each variant having its own.
        averages: Whether CloudWatch's averages are in the recording.
    """

    per_minute: float = 300
    sampling_percent: float = 100
    seconds: int = 300
    error_rate: float = 0.001
    drift: float = 0.02
    memory: float = 0.6
    open_hours: float = 24
    night: float = 1
    bursts_a_day: float = 0
    averages: bool = True


def simulated(
    traffic: Traffic, hours: float, seed: int, *, shadow: Course = usual, production: Course = usual
) -> Recording:
    """A test.

    Args:
        traffic: The endpoint.
        hours: How long it runs.
        seed: The same seed makes the same test.
        shadow: How the shadow serves.
        production: How production serves.
    """
    draw = random.Random(seed)
    length = traffic.seconds / 3600
    periods = math.floor(hours / length)
    five = max(1.0, traffic.seconds / 300)
    drifts = [_slow_noise(draw, periods, traffic.drift, traffic.memory**five) for _ in range(2)]
    load = _slow_noise(draw, periods, _LOAD_SD, _LOAD_MEMORY**five)
    courses = (_with_bursts(draw, traffic, hours, production), _with_bursts(draw, traffic, hours, shadow))
    mean = traffic.per_minute * traffic.seconds / 60
    pool = _pool(max(1, round(mean)), max(1, round(mean * traffic.sampling_percent / 100)))
    began = draw.random()
    found = []
    for number in range(periods):
        hour = number * length
        theirs, ours = courses[0](hour), courses[1](hour)
        day = _DAY_SWING * math.sin(2 * math.pi * (began + hour / 24))
        requests = 0
        if hour % 24 < traffic.open_hours:
            asleep = traffic.night if hour % 24 < _MORNING else 1
            requests = _poisson(draw, mean * (1 + day) * asleep * theirs.got)
        copies = (
            requests if traffic.sampling_percent == 100 else _poisson(draw, requests * traffic.sampling_percent / 100)
        )
        copies = copies if ours.got == 1 else _poisson(draw, copies * ours.got)
        shared = _poisson(draw, min(copies, requests) * traffic.error_rate / 2)
        logs = draw.choice(pool)
        # Equal variants: without this the pool's own luck would favour the same one in every test.
        sides = logs if traffic.sampling_percent < 100 or draw.random() < 0.5 else logs[::-1]
        made = []
        for now, count, drift, log in zip((theirs, ours), (requests, copies), drifts, sides, strict=True):
            own = _poisson(draw, count * max(0.0, traffic.error_rate * (now.errors - 0.5) + now.failing))
            common = day + load[number] + drift[number] + math.log(now.latency)
            # What wasn't copied fails by itself as often.
            if count > copies:
                own += _poisson(draw, (count - copies) * traffic.error_rate / 2)
            made.append(_side(traffic, now, count, min(count, shared + own), [one + common for one in log]))
        found.append(Period(START + datetime.timedelta(hours=hour), made[0], made[1]))
    names = ("churn", "production", "shadow")
    return Recording(*names, traffic.sampling_percent, traffic.seconds, tuple(found), HARDWARE, HARDWARE, HARDWARE)


def _side(traffic: Traffic, now: Now, requests: int, errors: int, logs: list[float]) -> Side:
    cpu = now.cpu * HARDWARE.vcpus * traffic.sampling_percent / 100 if HARDWARE.vcpus else now.cpu
    host = {"CPUUtilization": cpu, "MemoryUtilization": 40.0, "DiskUtilization": 20.0}
    if requests == 0:
        return Side(host)
    latency = {f"p{one}": 50_000 * math.exp(log) for one, log in zip(PERCENTILES, logs[:-1], strict=True)}
    latency["p99"] *= now.tail
    if traffic.averages:
        latency["avg"] = 50_000 * math.exp(logs[-1])
    counts = {
        "Invocations": float(requests),
        "Invocation4XXErrors": 0.0,
        "Invocation5XXErrors": float(errors),
        "InvocationModelErrors": float(errors),
    }
    return Side({**counts, **host}, {"ModelLatency": {"count": float(requests), **latency}})


def _with_bursts(draw: random.Random, traffic: Traffic, hours: float, course: Course) -> Course:
    if traffic.bursts_a_day == 0:
        return course
    count = _poisson(draw, traffic.bursts_a_day * hours / 24)
    begin = {math.floor(draw.uniform(0, hours) * 12) for _ in range(count)}

    def burst(hour: float) -> Now:
        now = course(hour)
        is_in = math.floor(hour * 12 + 1e-9) in begin
        return Now(now.latency, now.tail, now.errors, 0.2, now.got, now.cpu) if is_in else now

    return burst


Sides = tuple[tuple[float, ...], tuple[float, ...]]


@lru_cache(maxsize=32)
def _pool(requests: int, copies: int) -> list[Sides]:
    """Periods drawn request by request: log percentiles and average of production and shadow."""
    draw = random.Random(requests * 1009 + copies)
    normals = _normals(draw)
    truth = _figures(_latencies(draw, normals, 100_000, 0)[0])
    few = min(requests, _MOST_REQUESTS if copies == requests else 4 * _MOST_REQUESTS)
    shrink, copied = math.sqrt(few / requests), max(1, round(few * copies / requests))
    found = []
    for _ in range(max(60, min(_MOST_IN_POOL, _POOL_REQUESTS // few))):
        one, other = (
            tuple(usually + shrink * (log - usually) for log, usually in zip(_figures(side), truth, strict=True))
            for side in _latencies(draw, normals, few, copied)
        )
        found.append((one, other))
    return found


def _latencies(
    draw: random.Random, normals: Iterator[float], requests: int, copies: int
) -> tuple[list[float], list[float]]:
    """Latencies of some requests, and of copies of the first of them; millions are drawn, so little is called."""
    production, shadow = [], []
    theirs, own, exp, uniform = math.sqrt(_SHARED), math.sqrt(1 - _SHARED), math.exp, draw.random
    for number in range(requests):
        payload, slow = theirs * next(normals), uniform() < _SLOW_SHARE
        latency = exp(_SPREAD * (payload + own * next(normals)))
        production.append(latency + draw.expovariate(1 / _SLOW) if slow else latency)
        if number < copies:
            latency = exp(_SPREAD * (payload + own * next(normals)))
            shadow.append(latency + draw.expovariate(1 / _SLOW) if slow else latency)
    return production, shadow


def _normals(draw: random.Random) -> Iterator[float]:
    """What `draw.gauss(0, 1)` would return again and again, in half of its time."""
    uniform, log, sqrt, cos, sin = draw.random, math.log, math.sqrt, math.cos, math.sin
    while True:
        angle, radius = uniform() * math.tau, sqrt(-2.0 * log(1.0 - uniform()))
        yield cos(angle) * radius
        yield sin(angle) * radius


def _figures(latencies: list[float]) -> tuple[float, ...]:
    ordered, last = sorted(latencies), len(latencies) - 1
    percentiles = (math.log(ordered[round(last * one / 100)]) for one in PERCENTILES)
    return (*percentiles, math.log(math.fsum(ordered) / len(ordered)))


def _slow_noise(draw: random.Random, periods: int, sd: float, memory: float) -> list[float]:
    state, fresh = draw.gauss(0, sd), sd * math.sqrt(1 - memory * memory)
    found = []
    for _ in range(periods):
        found.append(state)
        state = memory * state + draw.gauss(0, fresh)
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
