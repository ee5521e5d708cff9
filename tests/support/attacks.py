"""Shadow tests on which a gate is easily wrong, by kind: what happens, when it is asked, and what it should say."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shadow_ops.measure.recording import Recording
from tests.support.traffic import USUAL, Course, Now, Traffic, simulated, usual

ENDPOINT = Traffic()
NIGHTS = Traffic(night=0.1)
WEEK = 168.0
# A day of measured time begins after the first sixth of the warm-up and ends with the last whole period.
DAY = 25.0


@dataclass(frozen=True)
class Attack:
    """A kind of test.

    Attributes:
        title: What happens.
        hours: When the gate is asked, in hours since the test began.
        aim: Of `want`, how much is wanted at the end: a share from 0 to 1.
        want: What is counted: ``pass`` and ``fail`` at the last time, ``ever fail`` and ``ever pass`` at any.
        at_most: Whether the aim is the most, rather than the least.
        traffic: The endpoint.
        shadow: How the shadow serves.
        production: How production serves.
    """

    title: str
    hours: tuple[float, ...]
    want: str
    aim: float
    at_most: bool = False
    traffic: Traffic = ENDPOINT
    shadow: Course = usual
    production: Course = usual

    def recording(self, seed: int) -> Recording:
        """A test of this kind."""
        return simulated(self.traffic, self.hours[-1], seed, shadow=self.shadow, production=self.production)


def hourly(last: float, first: float = 1.0) -> tuple[float, ...]:
    """Every hour."""
    return tuple(first + number for number in range(int(last - first) + 1))


def after(hours: float, now: Now) -> Course:
    """From some time on."""
    return lambda hour: now if hour >= hours else USUAL


def until(hours: float, now: Now) -> Course:
    """At first."""
    return lambda hour: now if hour < hours else USUAL


def daily(first: float, hours: float, now: Now) -> Course:
    """At some time of each day."""
    return lambda hour: now if first <= hour % 24 < first + hours else USUAL


def between(first: float, last: float, now: Now) -> Course:
    """For a while."""
    return lambda hour: now if first <= hour < last else USUAL


def leak(percent_an_hour: float, since: float) -> Course:
    """Slower by so much from hour to hour."""
    return lambda hour: replace(USUAL, latency=1 + percent_an_hour / 100 * max(0.0, hour - since))


def constant(now: Now) -> Course:
    """All the time."""
    return lambda _hour: now


def _steps() -> list[Attack]:
    found = []
    for good, name in ((30.0, "a day"), (WEEK, "a week")):
        for times in (1.2, 1.5, 10):
            now = Now(latency=times)
            title = f"good for {name}, then x{times:g}, an hour later"
            found.append(
                Attack(title, (good + 1,), "pass", 0.05 if times >= 1.5 else 0.5, True, shadow=after(good, now))
            )
        for errors in (5, 40):
            title = f"good for {name}, then errors x{errors}, an hour later"
            now = Now(errors=errors)
            found.append(Attack(title, (good + 1,), "pass", 0.05, True, shadow=after(good, now)))
    return found


def _equal() -> list[Attack]:
    found = []
    for rate, hours, aim in ((6, 48.0, 0.8), (15, 48.0, 0.8), (60, DAY, 0.9), (300, DAY, 0.9), (1000, DAY, 0.9)):
        for seconds in (300, 3600) if rate < 300 else (300,):
            traffic = Traffic(rate, seconds=seconds, averages=seconds == 300)
            each = "" if seconds == 300 else ", hourly, no averages"
            found.append(Attack(f"equal, {rate} a minute{each}", (hours,), "pass", aim, traffic=traffic))
    found.append(Attack("equal, 4 % errors", (DAY,), "pass", 0.9, traffic=Traffic(error_rate=0.04)))
    found.append(Attack("equal, half copied", (DAY,), "pass", 0.9, traffic=Traffic(1000, 50)))
    office = Traffic(open_hours=9)
    found.append(Attack("equal, a tenth of the requests at night", (DAY,), "pass", 0.9, traffic=NIGHTS))
    found.append(Attack("equal, nine hours a day", (81.0,), "pass", 0.9, traffic=office))
    for percent, memory in ((2, 0.8), (2, 0.95), (5, 0.8), (5, 0.95), (8, 0.8), (8, 0.95)):
        aim = 0.01 if percent < 5 else 0.05
        traffic = Traffic(drift=percent / 100, memory=memory)
        found.append(
            Attack(f"equal, drift {percent} %/{memory}", hourly(WEEK), "ever fail", aim, True, traffic=traffic)
        )
    found += [
        Attack(f"equal for a week, {rate} a minute", hourly(WEEK), "ever fail", 0.01, True, traffic=Traffic(rate))
        for rate in (60, 1000)
    ]
    found += [
        Attack(
            f"equal, {many} bursts of errors a day each",
            hourly(WEEK),
            "ever fail",
            0.01,
            True,
            Traffic(bursts_a_day=many),
        )
        for many in (1, 3, 10)
    ]
    return found


def _worse() -> list[Attack]:
    slower, tail = constant(Now(latency=1.1)), constant(Now(tail=1.1))
    much, every = constant(Now(latency=1.5)), hourly(73.0, DAY)[::6]
    office = Traffic(open_hours=9)
    both = constant(Now(latency=1.5, failing=0.02))
    found = [
        Attack("all +10 %", every, "ever pass", 0.0, True, shadow=slower),
        Attack("p99 +10 %", every, "ever pass", 0.0, True, shadow=tail),
        Attack("p99 +10 %, found", (2.5,), "fail", 0.5, shadow=tail),
        Attack("all +10 %, found", (2.5,), "fail", 0.5, shadow=slower),
        Attack("errors x5, found", (4.0,), "fail", 0.5, shadow=constant(Now(errors=5))),
        Attack("nine hours a day, x1.5 and 2 % errors", (WEEK,), "fail", 0.95, traffic=office, shadow=both),
    ]
    for rate in (6, 15, 60):
        here = Traffic(rate)
        found += [
            Attack(f"all +10 %, {rate} a minute", every, "ever pass", 0.0, True, here, slower),
            Attack(f"all x1.5, {rate} a minute", (24.0,), "fail", 0.9, False, here, much),
        ]
    return found


def _sometimes_worse() -> list[Attack]:
    peaks, now = hourly(49.0, DAY), 31.0
    found = [
        Attack(f"{percent:g} % slower an hour since hour 20", (hour,), "pass", 0.1, True, shadow=leak(percent, 20))
        for percent, hour in ((1.0, 32.0), (2.0, 30.0), (5.0, 27.0))
    ]
    found += [
        Attack(f"x{times:g} for {hours} h a day", peaks, "ever pass", 0.05, True, shadow=_peak(hours, times))
        for hours in (1, 2, 3)
        for times in (1.5, 3.0)
    ]
    found += [
        Attack(f"cold start of {minutes} min at x2", _early(), "ever fail", 0.05, True, shadow=_cold(minutes))
        for minutes in (30, 60, 120)
    ]
    found += [
        Attack(f"{100 - got * 100:g} % of the copies lost for an hour", (now,), "pass", 0.05, True, shadow=_lost(got))
        for got in (0.85, 0.5, 0.0)
    ]
    lost, night = between(29, 29 + 70 / 60, Now(got=0.85)), daily(2, 1, Now(errors=5))
    found += [
        Attack("15 % of the copies lost for 70 min, hours ago", (36.0,), "pass", 0.05, True, shadow=lost),
        Attack("errors x5 for 1 h a night, a tenth of the requests", (WEEK,), "pass", 0.05, True, NIGHTS, night),
    ]
    incident, slow = between(10, 11, Now(failing=0.25)), between(8, 18, Now(latency=2))
    titles = ("production has an hour of 25 % errors, shadow x18", "production is x2 slower for 10 h, shadow +20 %")
    return [
        *found,
        Attack("errors x20 for 1 h a day", peaks, "ever pass", 0.05, True, shadow=daily(14, 1, Now(errors=20))),
        Attack(titles[0], peaks, "ever pass", 0.05, True, shadow=constant(Now(errors=18)), production=incident),
        Attack(titles[1], peaks, "ever pass", 0.05, True, shadow=_hidden_by(slow), production=slow),
        Attack("twice the copies for an hour", (now,), "pass", 0.05, True, shadow=after(30, Now(got=2.0))),
        Attack("CPU full for an hour", (now,), "pass", 0.05, True, shadow=after(30, Now(cpu=100))),
    ]


def _peak(hours: float, times: float) -> Course:
    return daily(14, hours, Now(latency=times))


def _early() -> tuple[float, ...]:
    """Every quarter of an hour for four hours."""
    return tuple(0.5 + number / 4 for number in range(15))


def _cold(minutes: float) -> Course:
    return until(minutes / 60, Now(latency=2))


def _lost(got: float) -> Course:
    return after(30, Now(got=got))


def _hidden_by(slow: Course) -> Course:
    """A fifth slower than production's usual, and as slow as production where that is slower still."""
    return lambda hour: Now(latency=max(slow(hour).latency, 1.2))


ATTACKS: tuple[Attack, ...] = (*_equal(), *_steps(), *_worse(), *_sometimes_worse())
"""Every kind."""
