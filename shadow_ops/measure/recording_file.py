"""Recordings as files: JSON with CloudWatch's own names and units, readable and writable by hand.

docs/recording.md describes the format. What is wrong with a file is said in one line per mistake, with its place.
"""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from shadow_ops.contract.catalogue import ERROR_METRICS
from shadow_ops.contract.instances import Instances
from shadow_ops.contract.policy import GatePolicy
from shadow_ops.contract.problems import InvalidValueError
from shadow_ops.contract.reading import json_of, read_text
from shadow_ops.measure.recording import Coarse, Period, Recording, Side

_REQUIRED = ("endpoint", "production_variant", "shadow_variant", "sampling_percent", "period_seconds", "periods")
_INSTANCES = {"production_instances": "production", "shadow_instances": "shadow", "promoted_instances": "promoted"}
_KNOWN = (*_REQUIRED, *_INSTANCES, "policy", "coarse", "until", "answers")
_DISTRIBUTIONS = ("ModelLatency", "OverheadLatency")
_COUNTS = ("Invocations", *(one.name for one in ERROR_METRICS.values()))
_LONGEST_PERIOD = 86_400
# CloudWatch is younger than the one, and the end of a last period is before the end of Python's calendar.
_FIRST_YEAR, _LAST_YEAR = 2000, 2999
# Nothing that is measured lies beyond; products and squares of what lies within are numbers still.
_SMALLEST, _LARGEST = 1e-12, 1e18


def load(path: str | Path) -> Recording:
    """Read a recording from a file.

    Raises:
        InvalidValueError: If it can't be read, or isn't a recording; one line names the place.
    """
    return loads(read_text(Path(path)), str(path))


def loads(text: str, where: str = "recording") -> Recording:
    """Read a recording from text.

    Args:
        text: JSON.
        where: Named in mistakes, such as the file.

    Raises:
        InvalidValueError: If it isn't a recording; one line names the place.
    """
    is_cut = text.lstrip().startswith("{") and not text.rstrip().endswith("}")
    fix = "is it cut off?" if is_cut else "see docs/recording.md"
    fields = _object(json_of(text, where, unique=True, nan=True, fix=fix), where)
    _check_keys(fields, _KNOWN, where)
    for name in _REQUIRED:
        if name not in fields:
            raise InvalidValueError((f"{where}: {name!r} is missing; see docs/recording.md",))
    sampling = _number(fields["sampling_percent"], f"{where}: sampling_percent")
    if not 0 < sampling <= 100:
        _refuse(f"{where}: sampling_percent", "be above 0 and at most 100", sampling)
    seconds = _seconds(fields["period_seconds"], f"{where}: period_seconds")
    endpoint, production, shadow = (_name(fields[one], f"{where}: {one}") for one in _REQUIRED[:3])
    if production == shadow:
        _refuse(f"{where}: shadow_variant", "be another than the production variant", shadow)
    periods = _periods(fields["periods"], seconds, f"{where}: periods")
    until = _start(fields["until"], f"{where}: until") if "until" in fields else None
    if until is not None and periods and until < periods[-1].start:
        _refuse(f"{where}: until", "be after the last period's start", fields["until"], "it is up to when was read")
    known = {of: _instances(fields[one], f"{where}: {one}") for one, of in _INSTANCES.items() if one in fields}
    return Recording(
        endpoint=endpoint,
        production_variant=production,
        shadow_variant=shadow,
        sampling_percent=sampling,
        period_seconds=seconds,
        periods=periods,
        coarse=_coarse(fields.get("coarse", []), where),
        answers=_longer(fields["answers"], f"{where}: answers") if "answers" in fields else None,
        until=until,
        policy=GatePolicy.from_json(fields["policy"], f"{where}: policy") if "policy" in fields else None,
        **known,
    )


def dumps(recording: Recording) -> str:
    """Write a recording as text, one line per period; `loads` reads it back as it was."""
    head: dict[str, Any] = {
        "endpoint": recording.endpoint,
        "production_variant": recording.production_variant,
        "shadow_variant": recording.shadow_variant,
        "sampling_percent": recording.sampling_percent,
        "period_seconds": recording.period_seconds,
    }
    for name, attribute in _INSTANCES.items():
        instances: Instances | None = getattr(recording, attribute)
        if instances is not None:
            values = {
                "instance_type": instances.instance_type,
                "count": instances.count,
                "vcpus": instances.vcpus,
                "gpus": instances.gpus,
            }
            head[name] = {key: value for key, value in values.items() if value is not None}
    if recording.until is not None:
        head["until"] = _utc(recording.until)
    if recording.policy is not None:
        head["policy"] = recording.policy.to_json()
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    if recording.coarse:
        listed = ",\n    ".join(map(_listed_longer, recording.coarse))
        lines.append(f'  "coarse": [\n    {listed}\n  ],')
    if recording.answers is not None:
        lines.append(f'  "answers": {_listed_longer(recording.answers)},')
    return "\n".join(["{", *lines, f'  "periods": {_listed(recording.periods, "    ", "  ")}', "}"]) + "\n"


def _listed_longer(one: Coarse) -> str:
    return f'{{"period_seconds": {one.period_seconds}, "periods": {_listed(one.periods, "      ", "    ")}}}'


def _listed(periods: Sequence[Period], inner: str, outer: str) -> str:
    lines = ",\n".join(f"{inner}{json.dumps(_period_to_json(one))}" for one in periods)
    return f"[\n{lines}\n{outer}]" if lines else "[]"


def _period_to_json(period: Period) -> dict[str, Any]:
    return {
        "start": _utc(period.start),
        "production": _side_to_json(period.production),
        "shadow": _side_to_json(period.shadow),
    }


def _utc(time: datetime.datetime) -> str:
    return time.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def _side_to_json(side: Side) -> dict[str, Any]:
    return {**side.numbers, **{name: dict(values) for name, values in side.distributions.items()}}


def _coarse(data: object, where: str) -> tuple[Coarse, ...]:
    if not isinstance(data, list):
        _refuse(f"{where}: coarse", "be a list", data)
    return tuple(_longer(one, f"{where}: coarse[{number}]") for number, one in enumerate(data))


def _longer(data: object, place: str) -> Coarse:
    fields = _object(data, place)
    if set(fields) != {"period_seconds", "periods"}:
        _refuse(place, "have period_seconds and periods, and nothing else", sorted(fields))
    seconds = _seconds(fields["period_seconds"], f"{place}.period_seconds")
    return Coarse(seconds, _periods(fields["periods"], seconds, f"{place}.periods"))


def _seconds(data: object, place: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 0 < data <= _LONGEST_PERIOD:
        _refuse(place, f"be a whole number from 1 to {_LONGEST_PERIOD}", data)
    return data


def _periods(data: object, seconds: int, where: str) -> tuple[Period, ...]:
    if not isinstance(data, list):
        _refuse(where, "be a list", data)
    periods: list[Period] = []
    for number, one in enumerate(data):
        place = f"{where}[{number}]"
        fields = _object(one, place)
        _check_keys(fields, ("start", "production", "shadow"), place)
        start = _start(fields.get("start"), f"{place}.start")
        if periods:
            _check_order(periods[-1].start, start, seconds, place)
        sides = {name: _side(fields.get(name, {}), f"{place}.{name}") for name in ("production", "shadow")}
        periods.append(Period(start, **sides))
    return tuple(periods)


def _check_order(before: datetime.datetime, start: datetime.datetime, seconds: int, place: str) -> None:
    apart = (start - before).total_seconds()
    if apart == 0:
        _refuse(f"{place}.start", "be a period that isn't there yet", start.isoformat(), "it is there twice")
    if apart < 0:
        _refuse(f"{place}.start", f"be after {before.isoformat()}", start.isoformat(), "put the periods in order")
    if apart < seconds:
        fix = "the periods overlap"
        _refuse(f"{place}.start", f"be at least {seconds} s after {before.isoformat()}", start.isoformat(), fix)


def _start(data: object, place: str) -> datetime.datetime:
    rule = "be a time in UTC such as 2026-11-24T20:05:00Z"
    if not isinstance(data, str):
        _refuse(place, rule, data)
    try:
        start = datetime.datetime.fromisoformat(data)
    except ValueError:
        _refuse(place, rule, data)
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        _refuse(place, f"be a time in the years {_FIRST_YEAR} to {_LAST_YEAR}", data)
    if start.tzinfo is None:
        _refuse(place, rule, data, "end it with Z")
    try:
        return start.astimezone(datetime.UTC)
    except OverflowError:
        _refuse(place, rule, data)


def _side(data: object, place: str) -> Side:
    numbers: dict[str, float] = {}
    distributions: dict[str, Mapping[str, float]] = {}
    for name, value in _object(data, place).items():
        if not name.isprintable():
            _refuse(place, "have names that can be printed", name)
        if name in _DISTRIBUTIONS:
            statistics = _object(value, f"{place}.{name}").items()
            if not all(key.isprintable() for key, _ in statistics):
                _refuse(f"{place}.{name}", "have names that can be printed", [key for key, _ in statistics])
            distributions[name] = {
                key: one if _is_number(one) else _number(one, f"{place}.{name}.{key}") for key, one in statistics
            }
            _check_percentiles(distributions[name], f"{place}.{name}")
        else:
            # A place is put into words for a mistake only: a recording has a million numbers.
            numbers[name] = value if _is_number(value) else _number(value, f"{place}.{name}")
            if name in _COUNTS and numbers[name] % 1 != 0:
                _refuse(f"{place}.{name}", "be a whole number", value, "write CloudWatch's Sum, not its Average")
    return Side(numbers, distributions)


def _check_percentiles(values: Mapping[str, float], place: str) -> None:
    for lower, higher in _ascending(tuple(values)):
        if values[higher] < values[lower]:
            _refuse(f"{place}.{higher}", f"be at least {lower}, {values[lower]:g}", values[higher])


@lru_cache(maxsize=64)
def _ascending(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Neighbouring percentiles, the lower first: the same for all periods of a recording."""
    found: list[tuple[float, str]] = []
    for name in names:
        try:
            found.append((float(name.removeprefix("p")), name))
        except ValueError:
            continue
    return tuple((lower, higher) for (_, lower), (_, higher) in itertools.pairwise(sorted(found)))


def _instances(data: object, place: str) -> Instances:
    fields = _object(data, place)
    _check_keys(fields, ("instance_type", "count", "vcpus", "gpus"), place)
    return Instances(
        instance_type=_name(fields.get("instance_type"), f"{place}.instance_type"),
        count=_whole(fields.get("count"), f"{place}.count"),
        vcpus=_whole(fields["vcpus"], f"{place}.vcpus") if fields.get("vcpus") is not None else None,
        gpus=_whole(fields["gpus"], f"{place}.gpus") if fields.get("gpus") is not None else None,
    )


def _check_keys(fields: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    for name in fields:
        if name not in allowed:
            raise InvalidValueError((f"{place}: unknown key {name!r}; allowed are {', '.join(allowed)}",))


def _object(data: object, place: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        _refuse(place, "be an object", data)
    return data


def _name(data: object, place: str) -> str:
    if not isinstance(data, str) or not data.strip():
        _refuse(place, "be a name", data)
    return data


def _whole(data: object, place: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= _LARGEST:
        _refuse(place, "be a whole number of at least 0", data)
    return data


def _is_number(data: object) -> bool:
    return type(data) in (float, int) and (data == 0 or _SMALLEST <= data <= _LARGEST)  # type: ignore[operator] # a number, as was asked


def _number(data: object, place: str) -> float:
    fix = "leave out what there is no data of" if data is None or data != data else None
    if isinstance(data, bool) or not isinstance(data, int | float) or not _is_number(data):
        _refuse(place, f"be a number of at least 0, and from {_SMALLEST:g} to {_LARGEST:g} if more", data, fix)
    return data


def _refuse(place: str, must: str, got: object, fix: str | None = None) -> NoReturn:
    shown = repr(got).replace("\n", "\\n")
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    line = f"{place} must {must}, got {shown}"
    raise InvalidValueError((line if fix is None else f"{line}; {fix}",))
