"""The grammar of schedules, as the API reference of PutScheduledAction and the scheduler's guide describe it."""

from __future__ import annotations

import re
import zoneinfo
from datetime import datetime

from local_aws.errors import validation

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Minutes, hours, day of month, month, day of week, year: lowest and highest value, and names of values.
_FIELDS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, ()),
)
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")


def check_schedule(schedule: str, timezone: str | None) -> None:
    """Refuse a schedule that Application Auto Scaling can't read.

    Args:
        schedule: ``at(yyyy-mm-ddThh:mm:ss)``, ``rate(value unit)`` or ``cron(six fields)``.
        timezone: The time zone's name; None is UTC.

    Raises:
        ServiceError: ``ValidationException``.
    """
    if not (_is_at(schedule) or _is_rate(schedule) or _is_cron(schedule)):
        raise validation(f"Invalid schedule: {schedule}")
    if timezone is not None and timezone not in zoneinfo.available_timezones():
        raise validation(f"Invalid time zone: {timezone}")


def _is_at(schedule: str) -> bool:
    try:
        datetime.strptime(schedule, "at(%Y-%m-%dT%H:%M:%S)")  # the zone is a member of its own
    except ValueError:
        return False
    return True


def _is_rate(schedule: str) -> bool:
    match = _RATE.fullmatch(schedule)
    # "rate(1 day)", "rate(2 days)": the unit agrees with the number.
    return match is not None and int(match[1]) > 0 and (match[1] == "1") == (match[3] == "")


def _is_cron(schedule: str) -> bool:
    if not (schedule.startswith("cron(") and schedule.endswith(")")):
        return False
    fields = schedule[5:-1].split(" ")
    if len(fields) != len(_FIELDS):
        return False
    day_of_month, day_of_week = fields[2], fields[4]
    # One of the two days has to be left open.
    return (day_of_month == "?") != (day_of_week == "?") and all(
        _fits(field, place, *limits) for place, (field, limits) in enumerate(zip(fields, _FIELDS, strict=True))
    )


def _fits(field: str, place: int, low: int, high: int, names: tuple[str, ...]) -> bool:
    if field in ("*", "?"):
        return field == "*" or place in (2, 4)
    if place == 2 and re.fullmatch(r"L|LW|\d+W", field):
        return field[0] == "L" or 1 <= int(field[:-1]) <= high
    if place == 4 and (match := re.fullmatch(r"(\w+?)(L|#[1-5])", field)):
        field = match[1]

    def value(text: str) -> int | None:
        if text.upper() in names:
            return low + names.index(text.upper())
        return int(text) if text.isdigit() and low <= int(text) <= high else None

    for part in field.split(","):
        span, _, step = part.partition("/")
        if "/" in part and not (step.isdigit() and int(step) > 0):
            return False
        ends = ["*"] if span == "*" and step else span.split("-")
        if len(ends) > 2 or any(value(end) is None for end in ends if end != "*"):
            return False
    return True
