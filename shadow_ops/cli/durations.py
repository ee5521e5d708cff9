"""Durations as people write them: ``90s``, ``30m``, ``24h``, ``2d``."""

from __future__ import annotations

import datetime
import re

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# CloudWatch keeps nothing longer, and no shadow test is that old.
_LONGEST = datetime.timedelta(days=455)


class Duration(click.ParamType[datetime.timedelta]):
    """An option's value that is a duration.

    Args:
        held: Whether it is held to what CloudWatch keeps; else the command holds it to bounds of its own.
    """

    name = "duration"

    def __init__(self, *, held: bool = True) -> None:
        self._held = held

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime.timedelta:
        """Read a duration.

        Raises:
            BadParameter: If it isn't one, or is out of bounds.
        """
        if isinstance(value, datetime.timedelta):
            return value
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is not a duration: write 90s, 30m, 24h or 2d", param, ctx)
        duration = datetime.timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
        if self._held and not datetime.timedelta(0) < duration <= _LONGEST:
            self.fail(f"{value!r} must be above 0 and at most {_LONGEST.days}d", param, ctx)
        return duration


def now() -> datetime.datetime:
    """The time, in UTC: the only place where the command line asks for it."""
    return datetime.datetime.now(datetime.UTC)


def exactly(duration: datetime.timedelta) -> str:
    """A duration as it could have been written, to the last digit, such as ``60.000001d``."""
    seconds = duration.total_seconds()
    unit = next((one for one in "dhm" if seconds >= _SECONDS[one]), "s")
    return f"{seconds / _SECONDS[unit]:.12g}{unit}"


def spoken(duration: datetime.timedelta) -> str:
    """A duration for people, in its two largest units, such as ``1 d 3 h``."""
    seconds = max(0, round(duration.total_seconds()))
    parts: list[tuple[int, str]] = []
    for unit in "dhms":
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count > 0 or parts:
            parts.append((count, "min" if unit == "m" else unit))
    said = [f"{count} {unit}" for count, unit in parts[:2] if count > 0]
    return " ".join(said) or "0 s"
