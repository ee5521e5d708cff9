"""Read back what the watch counted of captured answers and files."""

from __future__ import annotations

import datetime

from shadow_ops.aws.boto import Client
from shadow_ops.contract.catalogue import ANSWERS, CAPTURE
from shadow_ops.measure.metric_data import Series, kept_period, read_series, whole_periods
from shadow_ops.measure.recording import Coarse, Period, Side


def read_answers(
    cloudwatch: Client,
    endpoint: str,
    variants: tuple[str, str],
    config: str | None,
    stretch_seconds: int,
    since: datetime.datetime,
    now: datetime.datetime,
) -> Coarse:
    """What was counted, a period for each stretch; that in which the test began is one too.

    Args:
        cloudwatch: The client.
        endpoint: The endpoint's name.
        variants: Names of production and of the shadow.
        config: The endpoint config whose figures alone are wanted; None for all under the variants' names.
        stretch_seconds: How long a stretch is.
        since: When the test began.
        now: The time.

    Raises:
        MetricQueryError: If CloudWatch couldn't answer.
        ClientError: If the call is refused.
    """
    seconds = kept_period(stretch_seconds, since, now)
    begun = since - datetime.timedelta(seconds=since.timestamp() % seconds)
    span = whole_periods(begun, now + datetime.timedelta(seconds=seconds), seconds)
    # The newest file is a variant's, whatever config wrote it.
    wanted = [
        Series(endpoint, variant, one, one.statistics[0], None if one in CAPTURE else config)
        for variant, metrics in zip(variants, (CAPTURE, (*ANSWERS, *CAPTURE)), strict=True)
        for one in metrics
    ]
    sides: tuple[dict[datetime.datetime, dict[str, float]], ...] = ({}, {})
    for series, points in read_series(cloudwatch, wanted, span).items():
        for time, value in points.items():
            start = time - datetime.timedelta(seconds=time.timestamp() % seconds)
            sides[variants.index(series.variant)].setdefault(start, {})[series.metric.name] = value
    starts = sorted({*sides[0], *sides[1]})
    return Coarse(seconds, tuple(Period(one, *(Side(side.get(one, {})) for side in sides)) for one in starts))
