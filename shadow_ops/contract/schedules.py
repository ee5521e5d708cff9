"""The grammar of scheduled actions: ``at(...)``, ``rate(...)`` and ``cron(...)``, told without asking the service.

Sources: API member PutScheduledActionRequest.Schedule, and the Application Auto Scaling User Guide, "Schedule recurring
scaling actions using cron expressions".
"""

from __future__ import annotations

import calendar
import datetime
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from shadow_ops.contract.time_zones import TIME_ZONES

_RATE = re.compile(r"rate\(([1-9]\d*) (minutes?|hours?|days?)\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")


@dataclass(frozen=True)
class _Field:
    what: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    # What stands for the whole field beside *, or after a value.
    special: re.Pattern[str] = re.compile(r"(?!)")

    def mistake(self, text: str) -> str | None:
        """What is wrong with the field; None if nothing is."""
        if text == "*" or self.special.fullmatch(text.upper()):
            return None
        for part in text.split(","):
            span, slash, step = part.partition("/")
            ends = span.split("-")
            if slash and not (re.fullmatch(r"\d{1,4}", step) and int(step) > 0):
                return f"{self.what} {text!r} has a step that is no number above 0"
            if (span != "*" or not slash) and (len(ends) > 2 or any(self._value(end) is None for end in ends)):
                named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
                return f"{self.what} {text!r} must be {self.lowest} to {self.highest}{named}"
        return None

    def values(self, text: str) -> set[int]:
        """What the field stands for, one without a mistake; what is special may be any."""
        found: set[int] = set()
        for part in text.split(","):
            span, slash, step = part.partition("/")
            first, to, last = span.partition("-")
            start, end = self._value(first) or self.lowest, self._value(last or first)
            if end is None or (slash and not to):
                end = self.highest
            # What ends before it begins goes on from the lowest.
            whole = range(start, end + 1) or [*range(start, self.highest + 1), *range(self.lowest, end + 1)]
            found.update(whole[:: int(step or 1)])
        return found

    def _value(self, text: str) -> int | None:
        if text.upper() in self.names:
            return self.lowest + self.names.index(text.upper())
        number = int(text) if re.fullmatch(r"\d{1,4}", text) else None
        return number if number is not None and self.lowest <= number <= self.highest else None


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=re.compile(r"\?|L|LW|([1-9]|[12]\d|3[01])W")),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 1, 7, _DAYS, re.compile(rf"\?|L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])")),
    _Field("year", 1970, 2199),
)


def schedule_mistake(text: str) -> str | None:
    """What the service would refuse in a schedule, as a sentence; None if nothing."""
    if text.startswith("rate("):
        return _rate_mistake(text)
    if text.startswith("at("):
        return _at_mistake(text)
    if text.startswith("cron("):
        return _cron_mistake(text)
    return "a schedule is cron(...), rate(...) or at(...)"


def time_zone_mistake(name: str) -> str | None:
    """What the service would refuse in the name of a time zone; None if nothing."""
    return None if name in TIME_ZONES else "a time zone is an IANA name like Europe/Berlin or Etc/UTC"


def comes_due(schedule: Mapping[str, Any], since: datetime.datetime) -> bool:
    """Whether a scheduled action does anything from a time on; one with a mistake is taken for one that does.

    Args:
        schedule: Its members, as PutScheduledAction takes them; times as ISO text.
        since: The time.
    """
    text, end = str(schedule["Schedule"]), schedule.get("EndTime")
    if end is not None and _instant(end) <= since:
        return False
    at, cron = _AT.fullmatch(text), _CRON.fullmatch(text)
    if schedule_mistake(text) is not None:
        return True
    try:
        there = since.astimezone(ZoneInfo(schedule.get("Timezone") or "UTC"))
    except (KeyError, ValueError, OSError):
        # Without the zone's data: where it is earliest on earth.
        there = since.astimezone(datetime.timezone(-datetime.timedelta(hours=12)))
    local = there.replace(tzinfo=None)
    if at is not None:
        return datetime.datetime.fromisoformat(at[1]) > local
    return cron is None or _comes(cron[1].split(), local)


def _instant(text: str) -> datetime.datetime:
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


def _comes(cron: Iterable[str], since: datetime.datetime = datetime.datetime.min) -> bool:
    """Whether a cron expression's fields have a moment after a time; where it says L, W or #, on any day."""
    minutes, hours, days, months, weekdays, years = map(_Field.values, _FIELDS, cron)
    latest = datetime.time(max(hours), max(minutes))
    for year, month in itertools.product(sorted(years), months):
        first, length = calendar.monthrange(year, month)
        for day in days.intersection(range(1, length + 1)):
            # Monday is 0 there, and 2 here.
            due = datetime.datetime.combine(datetime.date(year, month, day), latest)
            if (first + day) % 7 + 1 in weekdays and due > since:
                return True
    return False


def _rate_mistake(text: str) -> str | None:
    found = _RATE.fullmatch(text)
    if found is None or (found[1] == "1") == found[2].endswith("s"):
        return (
            "a rate is like rate(1 hour), rate(2 hours): a number above 0, and minute, hour or day that agrees with it"
        )
    return None


def _at_mistake(text: str) -> str | None:
    wrong = "a time is like at(2026-12-24T18:00:00), without a zone: that is the time zone's own field"
    found = _AT.fullmatch(text)
    if found is None:
        return wrong
    try:
        datetime.datetime.fromisoformat(found[1])
    except ValueError:
        return wrong
    return None


def _cron_mistake(text: str) -> str | None:
    found = _CRON.fullmatch(text)
    fields = found[1].split() if found is not None else []
    if len(fields) != len(_FIELDS):
        return (
            f"cron has six fields, this has {len(fields)}: minutes, hours, day of month, month, day of week, year, "
            "like cron(0 7 ? * MON-FRI *)"
        )
    mistakes = [field.mistake(one) for field, one in zip(_FIELDS, fields, strict=True)]
    wrong = next((one for one in mistakes if one is not None), None)
    if wrong is None and (fields[2] == "?") == (fields[4] == "?"):
        return "either the day of month or the day of week must be ?, and not both"
    if wrong is None and not _comes(fields):
        return "it never comes due, because there is no such day"
    return wrong
