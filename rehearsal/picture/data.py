"""What a dashboard shows, read from CloudWatch: the points of its series and the states of its alarms."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.picture.board import Series, Widget
from shadow_ops.aws.boto import Client

_NAMES_PER_CALL = 100
_GENERATED = re.compile(r".+?-(?P<id>[A-Za-z0-9]+?)[0-9A-F]{8}-[0-9A-Za-z]{8,}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z]{2})(?=[0-9])")
_VERSION = re.compile(r"v\d+[0-9a-f]{6}$")
_SORTED = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


@dataclass(frozen=True)
class Span:
    """A span of time, and the periods it is drawn in.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        period_seconds: In place of the widgets' own periods. None leaves those.
    """

    start: datetime.datetime
    end: datetime.datetime
    period_seconds: int | None = None


@dataclass(frozen=True)
class Line:
    """The points of a series.

    Attributes:
        series: What they are of.
        times: When each period begins.
        values: One per period that has one.
        period: Seconds of a period.
    """

    series: Series
    times: tuple[datetime.datetime, ...]
    values: tuple[float, ...]
    period: int


@dataclass(frozen=True)
class Alarm:
    """An alarm's state.

    Attributes:
        name: Its name.
        state: ``ALARM``, ``OK`` or ``INSUFFICIENT_DATA``.
        reason: Why, as CloudWatch says.
    """

    name: str
    state: str
    reason: str


def short_names(names: Sequence[str]) -> list[str]:
    """Alarms' names without what CloudFormation puts around them, where it does so with all of them.

    Of ``stack-AlarmsShadowLatencyP990A1B2C3D-1A2B3C4D5E6F`` and its like that is the stack's name, what their logical
    ids begin with, and two hashes; and of those that go with a candidate a version such as v2 and its hash.
    """
    found = [_GENERATED.fullmatch(name) for name in names]
    ids = [match["id"] for match in found if match is not None]
    if len(ids) < len(names):
        return list(names)
    words = [_HUMP.split(_VERSION.sub("", one)) for one in ids]
    while len(words) > 1 and all(len(one) > 1 for one in words) and len({one[0] for one in words}) == 1:
        words = [one[1:] for one in words]
    return [" ".join(one).lower() for one in words]


def lines(cloudwatch: Client, widget: Widget, span: Span) -> list[Line]:
    """The lines of a metric widget, computed by CloudWatch itself."""
    whole = whole_range_period(span) if widget.whole_range else None
    periods = {one.id: whole or span.period_seconds or one.period for one in widget.series}
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[_query(one, periods[one.id]) for one in widget.series],
        StartTime=span.start,
        EndTime=span.end,
        ScanBy="TimestampAscending",
    )
    found = {one["Id"]: one for one in answer["MetricDataResults"]}
    drawn = [_line(one, found[one.id], periods[one.id]) for one in widget.series if one.visible]
    return drawn if span.period_seconds is None or widget.whole_range else [_whole(line, span) for line in drawn]


def whole_range_period(span: Span) -> int:
    """The shortest period of whole minutes into one of which the span falls as a whole: periods begin at multiples."""
    start, end = int(span.start.timestamp()), int(span.end.timestamp())
    period = -(-max(end - start, 60) // 60) * 60
    while start // period != (end - 1) // period:
        period += 60
    return period


def alarms(cloudwatch: Client, arns: Sequence[str]) -> list[Alarm]:
    """The states of alarms, those in ALARM first; an alarm that isn't there has none and is left out."""
    names = [arn.rpartition(":alarm:")[2] for arn in arns]
    found: list[Alarm] = []
    for first in range(0, len(names), _NAMES_PER_CALL):
        answer = cloudwatch.describe_alarms(
            AlarmNames=names[first : first + _NAMES_PER_CALL], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
        )
        found += _states([*answer.get("CompositeAlarms", ()), *answer.get("MetricAlarms", ())])
    return sorted(found, key=lambda one: (_SORTED.get(one.state, 3), one.name))


def _line(series: Series, found: Any, period: int) -> Line:  # noqa: ANN401 - of an answer of CloudWatch
    return Line(series, tuple(found["Timestamps"]), tuple(found["Values"]), period)


def _whole(line: Line, span: Span) -> Line:
    """A line without the periods that the span cuts: of a short rehearsal they would look like a drop in traffic."""
    period = datetime.timedelta(seconds=line.period)
    kept = [
        (time, value)
        for time, value in zip(line.times, line.values, strict=True)
        if time >= span.start and time + period <= span.end
    ]
    return Line(line.series, tuple(time for time, _ in kept), tuple(value for _, value in kept), line.period)


def _states(answers: Iterable[Any]) -> list[Alarm]:
    return [Alarm(one["AlarmName"], one["StateValue"], one.get("StateReason", "")) for one in answers]


def _query(series: Series, period: int) -> dict[str, Any]:
    query: dict[str, Any] = {"Id": series.id, "Label": series.label, "ReturnData": series.visible}
    if series.expression is not None:
        return {**query, "Expression": series.expression}
    dimensions = [{"Name": name, "Value": value} for name, value in series.dimensions.items()]
    metric = {"Namespace": series.namespace, "MetricName": series.name, "Dimensions": dimensions}
    return {**query, "MetricStat": {"Metric": metric, "Period": period, "Stat": series.statistic}}
